"""The least that could do the same work: hand-written clients of both systems.

They know the field to look at, where every record is and that nothing goes wrong: no state, no
merging, no plan, no marks to find again, no second look. What they ask for is what the contracts
leave no way around. `python -m bench.floor WORK FILE` reads the settings from the environment, and
who is whom from FILE; it prints how many requests it made.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from tribe_po.transport.pace import SharedPace

IN_FLIGHT = 4
PAGE = 100
CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
POLLED = (
    "Relationship_Person_CommercialRelationship_Customer",
    "Relationship_Organization_Supplier",
    "Address",
)
"""What else is looked at: a change of an address moves no other date (tribe.md section 4.7)."""


class Floor:
    """Both systems, with one session a thread, tokens fetched once, and PowerOffice's pace."""

    def __init__(self, since: str, rate: float | None) -> None:
        self.since = since
        self._local = threading.local()
        self._pace = SharedPace(Path("floor-pace"), rate) if rate else None
        self._tribe = f"{os.environ['TRIBECRM_API_URL']}/v1/odata"
        self._poweroffice = os.environ["POWEROFFICE_API_URL"]
        self._subscription = {
            "Ocp-Apim-Subscription-Key": os.environ["POWEROFFICE_SUBSCRIPTION_KEY"]
        }
        self._tokens = {True: self._poweroffice_token(), False: self._tribe_token()}
        self.made = 0

    def tribe(self, method: str, path: str, body: Any = None) -> Any:
        """One request to Tribe."""
        return self._send(method, f"{self._tribe}/{path}", body, False)

    def poweroffice(self, method: str, path: str, body: Any = None) -> Any:
        """One request to PowerOffice, at its pace."""
        if self._pace:
            self._pace.wait()
        return self._send(method, f"{self._poweroffice}/{path}", body, True)

    def changed_in_tribe(self, entity_set: str, more: str = "") -> list[dict[str, Any]]:
        """The rows of a set that changed. Only an empty page is the last one (tribe.md section
        4.5): the server may give fewer rows than it is asked for."""
        condition = (
            f"(CreationDate%20ge%20{self.since})%20or%20(LastMutationDate%20ge%20{self.since})"
        )
        if entity_set == CUSTOMERS:
            condition += (
                f"%20or%20(Organization/CreationDate%20ge%20{self.since})"
                f"%20or%20(Organization/LastMutationDate%20ge%20{self.since})"
            )
        found: list[dict[str, Any]] = []
        while True:
            page = self.tribe(
                "GET",
                f"{entity_set}?$filter={condition}{more}"
                f"&$orderby=CreationDate%20asc,ID%20asc&$top={PAGE}&$skip={len(found)}",
            )
            found += page["value"]
            if not page["value"]:
                return found

    def changed_in_poweroffice(self, path: str) -> list[dict[str, Any]]:
        """The rows of a list that changed; up to 5000 come at once."""
        rows = self.poweroffice(
            "GET", f"{path}?lastChangedDateTimeOffsetGreaterThan={self.since}&PageSize=5000"
        )
        return rows or []

    def each(self, work: Callable[[Any], None], items: Iterable[Any]) -> None:
        """Do some work with several items at once."""
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            list(pool.map(work, items))

    def _send(self, method: str, url: str, body: Any, paced: bool) -> Any:
        headers = {"Authorization": f"Bearer {self._tokens[paced]}", **self._subscription}
        if method == "PATCH":
            headers["Content-Type"] = "application/json-patch+json"
        while True:
            answer = self._session().request(method, url, json=body, headers=headers, timeout=60)
            self.made += 1
            if answer.status_code != 429:
                break
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session

    def _poweroffice_token(self) -> str:
        environment = os.environ
        answer = requests.post(
            environment["POWEROFFICE_TOKEN_URL"],
            {"grant_type": "client_credentials"},
            auth=(environment["POWEROFFICE_APP_KEY"], environment["POWEROFFICE_CLIENT_KEY"]),
            headers=self._subscription,
            timeout=60,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def _tribe_token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": os.environ["TRIBECRM_CLIENT_ID"],
            "client_secret": os.environ["TRIBECRM_CLIENT_SECRET"],
        }
        answer = requests.post(f"{os.environ['TRIBECRM_AUTH_URL']}/oauth2/token", form, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["access_token"])


def push_relations(floor: Floor, known: dict[str, Any]) -> None:
    """Look for changes in Tribe; write each one's e-mail to PowerOffice, or create it there and
    bring its number back. `known` has PowerOffice's id by Tribe's."""
    expand = "&$expand=Organization($select=ID,Name,EmailAddress)"
    rows = floor.changed_in_tribe(CUSTOMERS, expand)
    for entity_set in POLLED:
        floor.changed_in_tribe(entity_set)

    def write(row: dict[str, Any]) -> None:
        organization = row["Organization"]
        identifier, email = known.get(organization["ID"]), organization["EmailAddress"]
        if identifier:
            patch = [{"op": "replace", "path": "/EmailAddress", "value": email}]
            floor.poweroffice("PATCH", f"Customers/{identifier}", patch)
            return
        body = {"Name": organization["Name"], "EmailAddress": email}
        with one_at_a_time:
            number = str(floor.poweroffice("POST", "Customers", body)["Number"])
        floor.tribe("PUT", f"Relation_Organization({organization['ID']})", {"DebtorNumber": number})

    one_at_a_time = threading.Lock()  # poweroffice.md section 3: 503 otherwise
    floor.each(write, rows)


def pull_relations(floor: Floor, known: dict[str, Any]) -> None:
    """Look for changes in PowerOffice; write each one's e-mail to Tribe, or create it there."""
    rows = floor.changed_in_poweroffice("Customers")
    floor.changed_in_poweroffice("Suppliers")
    own = known["own"]
    by_id = {identifier: organization for organization, identifier in known.items()}

    def write(row: dict[str, Any]) -> None:
        email = row["EmailAddress"]
        if organization := by_id.get(row["Id"]):
            floor.tribe("PUT", f"Relation_Organization({organization})", {"EmailAddress": email})
            return
        members = {"Name": row["Name"], "DebtorNumber": str(row["Number"]), "EmailAddress": email}
        body = {"Relation": {"ID": own}, "Organization": members}
        floor.tribe("POST", CUSTOMERS, body)

    floor.each(write, rows)


def push_products(floor: Floor, _: dict[str, Any]) -> None:
    """Look for changes of Tribe's products."""
    floor.changed_in_tribe("Product")


def pull_products(floor: Floor, _: dict[str, Any]) -> None:
    """Look for changes of PowerOffice's products."""
    floor.changed_in_poweroffice("Products")


def invoice(floor: Floor, _: dict[str, Any]) -> None:
    """Look for changes of Tribe's invoices."""
    floor.changed_in_tribe("Activity_Invoice")


def pull_payments(floor: Floor, _: dict[str, Any]) -> None:
    """Look for invoices whose balance changed."""
    since = f"balanceLastChangedDateTimeOffsetGreaterThan={floor.since}"
    floor.poweroffice("GET", f"OutgoingInvoices?{since}&PageSize=5000")


WORK: dict[str, Callable[[Floor, dict[str, Any]], None]] = {
    "push-relations": push_relations,
    "pull-relations": pull_relations,
    "push-products": push_products,
    "pull-products": pull_products,
    "invoice": invoice,
    "pull-payments": pull_payments,
}
"""By the name of the pass: what tells that nothing changed, and what one change takes."""


def main() -> None:
    """Do one piece of work."""
    name, file = sys.argv[1:]
    given = json.loads(Path(file).read_text())
    floor = Floor(given["since"], given["rate"])
    WORK[name](floor, given["known"])
    sys.stderr.write(f"{floor.made}\n")


if __name__ == "__main__":
    main()
