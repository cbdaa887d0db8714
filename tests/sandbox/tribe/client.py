"""Talks to an imitated Tribe tenant through Flask's test client, with a token of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.routes import blueprint
from tribe_po.sandbox.tribe.tenant import TribeTenant

CUSTOMER = "Relationship_Organization_CommercialRelationship_Customer"
LEAD = "Relationship_Organization_CommercialRelationship_Lead"
PERSON_CUSTOMER = "Relationship_Person_CommercialRelationship_Customer"
SUPPLIER = "Relationship_Organization_Supplier"
ORGANIZATION = "Relation_Organization"
PERSON = "Relation_Person"
INVOICE = "Activity_Invoice"
INVOICE_PHASE = "Datastore_Phase_ActivityInvoice"
ROOT = "/tribe/v1/odata/"
NOBODY = "00000000-0000-4000-8000-000000000000"


class TribeClient:
    """A tenant, its clock, and requests to it."""

    def __init__(self, **dialect: Any) -> None:
        self.clock = ManualClock(datetime(2026, 3, 1, 8, tzinfo=UTC))
        self.tenant = TribeTenant(self.clock, TribeDialect(**dialect))
        app = Flask("tribe")
        app.register_blueprint(blueprint(self.tenant), url_prefix="/tribe")
        self.http: FlaskClient = app.test_client()
        self.own = {"ID": self.tenant.own_organization_id}
        self.authorization = f"Bearer {self.token().get_json()['access_token']}"

    def token(self, **form: str) -> TestResponse:
        """Ask for a token; `form` overrides and adds fields, an empty text removes one."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.tenant.client_id,
            "client_secret": self.tenant.client_secret,
            "scope": "read write offline",
        } | form
        return self.http.post("/tribe/oauth2/token", data={k: v for k, v in fields.items() if v})

    def send(self, method: str, path: str, body: Any = None) -> TestResponse:
        """Any request to a path below the API root."""
        return self.http.open(
            ROOT + path,
            method=method,
            json=body,
            headers={"Authorization": self.authorization},
        )

    def get(self, path: str, **options: str) -> TestResponse:
        """GET with query options by name without the dollar, percent-encoded."""
        query = "&".join(f"${name}={quote(value)}" for name, value in options.items())
        return self.send("GET", f"{path}?{query}" if query else path)

    def rows(self, path: str, **options: str) -> list[dict[str, Any]]:
        """The rows of a collection; fails on any other answer than 200."""
        answer = self.get(path, **options)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        rows: list[dict[str, Any]] = answer.get_json()["value"]
        return rows

    def entity(self, path: str, **options: str) -> dict[str, Any]:
        """One entity; fails on any other answer than 200."""
        answer = self.get(path, **options)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def link(self, path: str, condition: str) -> dict[str, str]:
        """The link to the only record of a set for which the condition holds."""
        [row] = self.rows(path, filter=condition, select="ID")
        return {"ID": row["ID"]}

    def draft(self, *lines: dict[str, Any], **fields: Any) -> str:
        """The ID of a new draft invoice for a new customer with 20 days to pay."""
        organization = self.tenant.add_organization(Name="Alfa AS")
        customer = self.tenant.add_customer(organization, PaymentTermInDays=20)
        return self.tenant.add_invoice(customer, lines, **fields)

    def names(self, **options: str) -> list[str]:
        """The names of the organisations that match, sorted."""
        return sorted(row["Name"] for row in self.rows(ORGANIZATION, **options))

    def refusal(self, answer: TestResponse, status: int) -> str:
        """The OData message of a refusal with this status."""
        assert answer.status_code == status, answer.get_data(as_text=True)
        error = answer.get_json()["error"]
        assert set(error) == {"code", "message"}
        message: str = error["message"]
        return message
