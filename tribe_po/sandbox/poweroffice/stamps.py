"""Timestamps as PowerOffice Go writes them: seven fraction digits and +00:00 (section 5)."""

import re
from datetime import UTC, datetime

_FRACTION = re.compile(r"(?<=:\d\d)\.(\d{1,7})")


def stamp(moment: datetime) -> str:
    """Return `moment` with seven fraction digits.

    The seventh digit is not 0 unless all others are, so that a client which cuts a stamp to
    microseconds asks for the same row again and again, as it would from the real server.
    """
    utc = moment.astimezone(UTC)
    tick = utc.microsecond % 9 + 1 if utc.microsecond else 0
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond:06d}{tick}+00:00"


def canonical(text: str) -> str:
    """Return a timestamp from a query in the form of `stamp`; such texts sort by time.

    A missing offset means UTC. Raise ValueError if it is no ISO 8601 timestamp.
    """
    fraction = _FRACTION.search(text)
    digits = fraction[1].ljust(7, "0") if fraction else "0000000"
    moment = datetime.fromisoformat(_FRACTION.sub("", text))
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{digits}+00:00"
