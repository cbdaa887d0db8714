"""A bare client of the imitated PowerOffice Go, for the tests of the imitation itself."""

import json
from datetime import UTC, datetime, timedelta
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


class Shop(Peer):
    """A peer with a customer and three products: 25 %, 12 % and without VAT."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tenant.switches.allow_send_invoice = True
        self.customer = self.tenant.add_customer(
            Name="Fjord Kaffe AS", InvoiceEmailAddress="faktura@fjordkaffe.example", PaymentTerm=14
        )
        self.hour = self.tenant.add_product(
            Code="HOUR", Name="Time", UnitPrice=1250, ProductType="Service", UnitOfMeasureCode="HUR"
        )
        self.travel = self.tenant.add_product(
            Code="TRAVEL", Name="Reise", UnitPrice=500, StandardSalesAccount=3020
        )
        self.export = self.tenant.add_product(
            Code="EXPORT", Name="Eksport", UnitPrice=80, StandardSalesAccount=3100
        )

    def order(self, *lines: dict[str, Any], **members: Any) -> dict[str, Any]:
        """Post an order (by default of one hour) and return its DTO."""
        body = {"CustomerId": self.customer} | members
        body["SalesOrderLines"] = list(lines) or [{"ProductId": self.hour, "Quantity": 1}]
        answer = self.post("/SalesOrders/Complete", **body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def send(self, order_id: str, **request: Any) -> requests.Response:
        return self.post(f"/SalesOrders/{order_id}/createAndSendInvoice", **request)

    def issue(self, *lines: dict[str, Any], **members: Any) -> str:
        """Post and send an order, wait for the queue, and return the Id of the invoice."""
        order_id = str(self.order(*lines, **members)["Id"])
        assert self.send(order_id).status_code == 202
        self.wait(2)
        return order_id

    def wait(self, seconds: float) -> None:
        """Move the clock, and renew the token, which may have ended meanwhile."""
        self.clock.advance(timedelta(seconds=seconds))
        self.authorize()

    def state(self, order_id: str) -> dict[str, Any]:
        rows = self.get("/SalesOrders/sentState", id=order_id).json()
        assert len(rows) == 1
        return dict(rows[0])


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
