"""A server that means harm: what it sends is refused, or kept as it is and shown escaped."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.calls import command, files
from tests.scenarios.world import World
from tribe_po.errors import ExitCode
from tribe_po.sandbox.faults import Fault, Status

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal may obey, line feed and tab excepted."""

NAMES = {
    "clears the screen": "Ond \x1b[2J AS",
    "sets the title": "Ond \x1b]0;du er eid\x07 AS",
    "a C1 control": "Ond \x9b2J AS",
    "overwrites the line": "Ond AS\rSnill AS",
    "a line of its own": "Ond AS\r\nSet-Cookie: a=b\r\n\r\n",
    "rings": "Ond \x07 AS",
    "erases": "Ond AS\x08\x08\x7f",
    "turns the direction": "Ond \u202eSA lliS AS",
    "rich's markup": "[bold red]Ond[/bold red] [link=http://evil.example]AS[/link]",
    "a quote for OData": "Ond' or 1 eq 1 or Name eq ' AS",
    "a path": "../../Suppliers/1?x=y#z",
    "nothing to see": "\u200b",
    "very long": "Ond " * 60 + "AS",
}


@pytest.fixture
def keyed(w: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose keys the commands have, and whose servers are not waited for."""
    for name, text in w.environment.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr("tribe_po.transport.stop.Stop.sleep", lambda *_: None)
    return w


def shown(*arguments: str) -> str:
    """What a command prints, which must not steer a terminal."""
    result = command(*arguments)
    printed = str(result.stdout + result.stderr)
    found = STEERING.search(printed)
    assert found is None, f"{found!r} in the output of {' '.join(arguments)}"
    assert "Traceback" not in printed
    assert result.exit_code != ExitCode.BUG
    return printed


@pytest.mark.parametrize("sort", NAMES)
def test_a_name_from_poweroffice(keyed: World, sort: str) -> None:
    w, name = keyed, NAMES[sort]
    w.company(name, EmailAddress="post@ond.example")
    w.company("Fjord Kaffe AS")
    shown("init-sync", "--dry-run")
    shown("init-sync", "--yes", "--verbose", "--output", "json")
    for link in [one for one in w.memory().links.values() if "Fjord" not in one.label]:
        w.poweroffice.edit_customer(int(link.poweroffice_id), EmailAddress="ny@ond.example")
        w.tribe.edit(link.tribe_relation_id, EmailAddress="annen@ond.example")
        w.later()
    for arguments in (
        ("pull-relations", "--full", "--output", "table"),
        ("push-relations", "--output", "json"),
        ("status",),
        ("status", "--output", "json"),
        ("quarantine", "list"),
        ("conflicts", "list"),
        ("audit",),
        ("audit", "--output", "json"),
        ("runs",),
        ("check",),
        ("state", "verify"),
        ("state", "export"),
    ):
        shown(*arguments)
    assert "Fjord Kaffe AS" in [one["Name"] for one in _organizations(w)]
    assert w.state.read_bytes().isascii()


def _organizations(w: World) -> list[dict[str, Any]]:
    return [one["Organization"] for one in w.tribe.customers()]


@pytest.mark.parametrize("sort", NAMES)
def test_a_name_from_tribe(keyed: World, sort: str) -> None:
    w = keyed
    w.company("Fjord Kaffe AS")
    shown("init-sync", "--yes")
    w.later()
    w.tribe_customer(NAMES[sort], EmailAddress="post@ond.example")
    w.tribe_customer("Skog Bygg AS")
    for arguments in (
        ("push-relations", "--dry-run"),
        ("push-relations", "--output", "json"),
        ("push-relations", "--output", "table", "--verbose"),
        ("quarantine", "list", "--output", "json"),
        ("explain", w.tribe.customers()[0]["ID"]),
    ):
        shown(*arguments)
    assert "Skog Bygg AS" in [one["Name"] for one in w.poweroffice.customers()]


@pytest.mark.parametrize("sort", ["clears the screen", "a line of its own", "a C1 control"])
@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
def test_an_error_text(keyed: World, status: int, sort: str) -> None:
    w = keyed
    w.company("Fjord Kaffe AS")
    said = json.dumps({"title": NAMES[sort], "detail": NAMES[sort], "message": NAMES[sort]})
    w.sandbox.faults.add(Fault(None, None, "/[CR]", Status(status, said), times=100))
    shown("init-sync", "--yes", "--verbose")
    w.sandbox.faults.clear()
    w.sandbox.faults.add(Fault("tribe", "POST", "/Relation", Status(status, said), times=100))
    shown("init-sync", "--yes", "--output", "json")
    shown("quarantine", "list")


def _deep(depth: int) -> str:
    return '{"value": ' + "[" * depth + "]" * depth + "}"


BODIES: dict[str, Callable[[], Status]] = {
    "deep lists": lambda: Status(200, _deep(100_000)),
    "deep objects": lambda: Status(200, '{"a":' * 100_000 + "1" + "}" * 100_000),
    "just deep enough to be read": lambda: Status(200, _deep(400)),
    "a number that fills the memory": lambda: Status(200, '{"value": [{"ID": 1e999999999}]}'),
    "a number of 100 000 digits": lambda: Status(200, '{"value": [{"ID": ' + "9" * 100_000 + "}]}"),
    "a gzip bomb": lambda: Status(
        200, gzip.compress(b"[" + b" " * 100 * 2**20 + b"]"), {"Content-Encoding": "gzip"}
    ),
    "no gzip": lambda: Status(200, b"[]", {"Content-Encoding": "gzip"}),
    "NaN": lambda: Status(200, '{"value": [{"ID": NaN}]}'),
    "half a character": lambda: Status(200, '{"value": [{"ID": "\\ud800"}]}'),
    "a list of texts": lambda: Status(200, '["a", "b"]'),
    "a text": lambda: Status(200, '"a"'),
    "a number": lambda: Status(200, "1"),
    "null": lambda: Status(200, "null"),
    "rows that are null": lambda: Status(200, '{"value": [null, 1, "x"]}'),
    "members of other types": lambda: Status(
        200, '{"value": [{"ID": {"a": 1}, "Name": ["x"], "Organization": 7}]}'
    ),
    "XML": lambda: Status(200, "<a/>", content_type="application/xml"),
    "a picture": lambda: Status(200, b"\x89PNG\r\n\x1a\n" + bytes(64), content_type="image/png"),
    "no content type": lambda: Status(200, "<", content_type=""),
    "a content type that steers": lambda: Status(200, "<", content_type="text/\x1b[2Jhtml"),
    "UTF-16": lambda: Status(200, '{"value": []}'.encode("utf-16")),
    "script": lambda: Status(200, ")]}',\n[]"),
}


@pytest.mark.parametrize("system", ["poweroffice", "tribe"])
@pytest.mark.parametrize("sort", BODIES)
def test_an_answer_that_is_none(keyed: World, system: Any, sort: str) -> None:
    """The pass ends with an error that tells what to do, writes nothing and keeps the state."""
    w = keyed
    w.company("Fjord Kaffe AS")
    shown("init-sync", "--yes")
    w.later()
    w.sandbox.requests.clear()
    links = w.links()
    path = r"/(Customers|Suppliers)$" if system == "poweroffice" else r"/Relationship_"
    w.sandbox.faults.add(Fault(system, "GET", path, BODIES[sort](), times=100))
    result = command("pull-relations", "--full", "--output", "table")
    assert result.exit_code in (
        ExitCode.TEMPORARY,
        ExitCode.REFUSED,
        ExitCode.NOT_ALLOWED,
        ExitCode.SETTINGS,
    ), result.stderr
    assert 3 <= len(result.stderr.strip().splitlines()) <= 6
    assert STEERING.search(result.stdout + result.stderr) is None
    assert w.wrote() == []
    assert w.links() == links
    w.sandbox.faults.clear()
    assert command("pull-relations", "--full").exit_code == 0
    assert w.wrote() == []


@pytest.mark.parametrize("sort", ["deep lists", "a gzip bomb", "a number that fills the memory"])
def test_a_token_answer_that_is_none(keyed: World, sort: str) -> None:
    w = keyed
    w.sandbox.faults.add(Fault(None, "POST", "/[Tt]oken", BODIES[sort](), times=100))
    result = command("init-sync", "--yes")
    assert result.exit_code in (ExitCode.TEMPORARY, ExitCode.NOT_ALLOWED)
    assert w.wrote() == []
    assert "tribe-po.json" not in files(w)
