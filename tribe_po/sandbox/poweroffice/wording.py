"""How answers of the imitated PowerOffice Go say what others say otherwise."""

import json
import re

import flask
from flask import Response

from tribe_po.sandbox.poweroffice.errors import ProblemError
from tribe_po.sandbox.poweroffice.routing import empty_response, json_response
from tribe_po.sandbox.poweroffice.switches import Switches

_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{7})\+00:00")


def worded(response: Response, switches: Switches) -> Response:
    """An answer that is no refusal, as this environment gives it."""
    match flask.request.method:
        case "POST" if not switches.post_body:
            return empty_response(response.status_code)
        case "PATCH" if not switches.patch_body:
            return empty_response(204)
    if response.is_json and switches.unknown_members:
        response.set_data(json.dumps(_with_more(response.get_json()), ensure_ascii=False))
    if response.is_json and (switches.fraction_digits, switches.offset) != (7, "+00:00"):
        text = response.get_data(as_text=True)
        response.set_data(_STAMP.sub(lambda found: _stamp(found, switches), text))
    return response


def refused(error: ProblemError, switches: Switches) -> Response:
    """A refusal: ProblemDetails, or nothing but the status."""
    body = error.body()
    if body is None or switches.problem_members == "none":
        return empty_response(error.status)
    if switches.problem_members == "pascal":
        body = {name.capitalize(): value for name, value in body.items()}
    return json_response(error.status, body)


def _stamp(found: re.Match[str], switches: Switches) -> str:
    digits = found[2][: switches.fraction_digits]
    return f"{found[1]}{'.' if digits else ''}{digits}{switches.offset}"


def _with_more(body: object) -> object:
    if isinstance(body, list):
        return [_with_more(item) for item in body]
    if not isinstance(body, dict):
        return body
    return {"AddedLater": {"Kind": "Unheard"}, **{n: _with_more(v) for n, v in body.items()}}
