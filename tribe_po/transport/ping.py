"""A short message to a monitoring service, which is no part of the work."""

from __future__ import annotations

import requests

TIMEOUT = 5.0
"""Seconds to connect, and again for the answer."""


def ping(url: str, text: str) -> str | None:
    """POST the text; None when it was taken, else why not, in words that hold no URL.

    No redirect is followed, and nothing is tried twice.
    """
    try:
        with requests.post(
            url,
            data=text.encode(),
            headers={"User-Agent": "tribe-po", "Content-Type": "text/plain; charset=utf-8"},
            timeout=TIMEOUT,
            allow_redirects=False,
            stream=True,  # nothing in the answer's body matters
        ) as answer:
            return None if answer.ok and not answer.is_redirect else f"status {answer.status_code}"
    except requests.Timeout:
        return f"no answer within {TIMEOUT:g} s"
    except requests.ConnectionError:
        return "no connection"
    except (requests.RequestException, ValueError) as error:
        return type(error).__name__
