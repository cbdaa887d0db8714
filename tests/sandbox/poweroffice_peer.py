"""A bare client of the imitated PowerOffice Go, for the tests of the imitation itself."""

import json
from datetime import UTC, datetime
from typing import Any

import requests

from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.server import Sandbox

START = datetime(2026, 9, 1, 6, 0, tzinfo=UTC)
ADDRESS = {"AddressLine1": "Storgata 1", "ZipCode": "0155", "City": "Oslo"}


class Peer:
    """A started sandbox whose clock stands still, and a session that holds a token for it."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock(START)
        self.sandbox = Sandbox(self.clock, **({"requests_per_second": None} | options))
        self.sandbox.start()
        self.tenant = self.sandbox.poweroffice
        self.settings = self.sandbox.environment()
        self.session = requests.Session()
        self.session.headers["Ocp-Apim-Subscription-Key"] = self.tenant.keys.subscription
        self.authorize()

    def close(self) -> None:
        self.session.close()
        self.sandbox.stop()

    def token(self, **changes: Any) -> requests.Response:
        request: dict[str, Any] = {
            "data": {"grant_type": "client_credentials"},
            "auth": (self.tenant.keys.app, self.tenant.keys.client),
        }
        request["headers"] = {"Ocp-Apim-Subscription-Key": self.tenant.keys.subscription}
        url = self.settings["POWEROFFICE_TOKEN_URL"]
        return requests.post(url, timeout=5, **(request | changes))

    def authorize(self) -> None:
        self.session.headers["Authorization"] = f"Bearer {self.tenant.issue_token()}"

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:
        url = self.settings["POWEROFFICE_API_URL"] + path
        return self.session.request(method, url, timeout=5, **request)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.ask("GET", path, params=query)

    def ids(self, path: str, **query: Any) -> list[int]:
        """Return the Ids that a list answers, in its order."""
        answer = self.get(path, **query)
        assert answer.status_code in (200, 204), answer.text
        return [row["Id"] for row in answer.json()] if answer.content else []

    def post(self, path: str, **members: Any) -> requests.Response:
        return self.ask("POST", path, json=members)

    def patch(self, path: str, *operations: dict[str, Any]) -> requests.Response:
        return self.ask(
            "PATCH",
            path,
            data=json.dumps(operations),
            headers={"Content-Type": "application/json-patch+json"},
        )


def operation(op: str, path: str, *value: object) -> dict[str, Any]:
    """Return a JSON Patch operation, with a value if one is given."""
    return {"op": op, "path": path} | ({"value": value[0]} if value else {})


def assert_problem(answer: requests.Response, status: int, *fragments: str) -> None:
    """Assert ProblemDetails in lower case whose detail contains the fragments."""
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    for fragment in fragments:
        assert fragment in problem["detail"]
