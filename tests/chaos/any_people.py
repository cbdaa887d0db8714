"""What people do with customers and suppliers on either side, in any order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.chaos.office import Office
from tests.scenarios.world import OSLO
from tribe_po.records import RELATIONS, Kind, Memory, System
from tribe_po.sandbox.poweroffice.errors import ProblemError
from tribe_po.sandbox.tribe.error import ODataError

FIELDS = {
    "email": ("EmailAddress", "EmailAddress", "{}@kunde.example"),
    "website": ("WebsiteUrl", "Website", "https://{}.example"),
}
"""By field: its names in PowerOffice and in Tribe, and the form of a value."""

NUMBERS = {Kind.CUSTOMER: ("DebtorNumber", 19_000), Kind.SUPPLIER: ("CreditorNumber", 29_000)}
"""By kind: the number's name in Tribe, and a place in PowerOffice's series that is free."""

Edit = tuple[str, str]
"""The name of a relation, and of a field."""


@dataclass(frozen=True, slots=True)
class Role:
    """A customer or supplier. Two roles of one name are one relation."""

    kind: Kind
    name: str

    @property
    def other(self) -> Role:
        """The other role of the same relation."""
        (kind,) = {*RELATIONS} - {self.kind}
        return Role(kind, self.name)


SIDES = st.sampled_from(System)
KINDS = st.sampled_from(RELATIONS)


def rows_of(office: Office, side: System, kind: Kind) -> dict[str, dict[str, Any]]:
    """The rows of a kind on one side by their name: contacts in PowerOffice; in Tribe relationships
    with the organisation in them."""
    if side is System.POWEROFFICE:
        tenant = office.poweroffice
        rows = tenant.customers() if kind is Kind.CUSTOMER else tenant.suppliers()
        return {row["Name"]: row for row in rows}
    rows = office.tribe.customers() if kind is Kind.CUSTOMER else office.tribe.suppliers()
    return {row["Organization"]["Name"]: row for row in rows if row.get("Organization")}


class People(RuleBasedStateMachine):
    """What people do with relations.

    `roles` are those that nobody has deleted, of all that were ever `known`. `unanswered` is what
    people wrote and nobody has seen and replaced since. `gone` are those of a link that people
    deleted, by side: nobody else may bring them back.
    """

    office: Office
    first: tuple[Role, ...]

    def __init__(self) -> None:
        super().__init__()
        self.roles = list(self.first)
        self.known = set(self.first)
        self.unanswered: defaultdict[Edit, set[str]] = defaultdict(set)
        self.gone: set[tuple[System, Role]] = set()
        self.counter = 0

    def fresh(self) -> int:
        """A number that was not there before."""
        self.counter += 1
        return self.counter

    def _know(self, role: Role) -> None:
        self.roles.append(role)
        self.known.add(role)

    def one_of_them(self, data: st.DataObject) -> Role:
        return data.draw(st.sampled_from(self.roles))

    def row(self, side: System, role: Role) -> dict[str, Any] | None:
        """A role as people see it on one side, if it is there."""
        return rows_of(self.office, side, role.kind).get(role.name)

    def in_poweroffice(self, name: str, field: str) -> list[str | None]:
        """A field of a relation there, of each role that nobody has deleted."""
        rows = (self.row(System.POWEROFFICE, role) for role in self.roles if role.name == name)
        return [row[FIELDS[field][0]] for row in rows if row]

    def in_tribe(self, name: str, field: str) -> list[str | None]:
        """A field of a relation there, of each role that nobody has deleted."""
        rows = (self.row(System.TRIBE, role) for role in self.roles if role.name == name)
        return [row["Organization"][FIELDS[field][1]] for row in rows if row]

    @rule(data=st.data(), field=st.sampled_from(sorted(FIELDS)), side=SIDES)
    def edit(self, data: st.DataObject, field: str, side: System) -> None:
        self.edit_field(self.one_of_them(data), field, side)

    def edit_field(self, role: Role, field: str, side: System) -> None:
        """Give a field a value that nothing else has."""
        row = self.row(side, role)
        if row is None:
            return
        in_poweroffice, in_tribe, form = FIELDS[field]
        value = form.format(self.fresh())
        open_edits = self.unanswered[role.name, field]
        if side is System.POWEROFFICE:
            open_edits.discard(str(row[in_poweroffice]))
            self._edit_in_poweroffice(role, row, **{in_poweroffice: value})
        else:
            open_edits.discard(str(row["Organization"][in_tribe]))
            self.office.tribe.edit(row["Organization"]["ID"], **{in_tribe: value})
            if not self._is_linked(side, row["ID"]):
                self.let_poweroffice_lead(role.name, field)
        open_edits.add(value)

    def let_poweroffice_lead(self, name: str, field: str) -> None:
        """Where two records are first linked, PowerOffice's value counts, unless it has none."""
        live = self.in_poweroffice(name, field)
        self.unanswered[name, field] |= {one for one in live if one is not None}

    def _edit_in_poweroffice(self, role: Role, row: dict[str, Any], **members: Any) -> None:
        tenant = self.office.poweroffice
        edit = tenant.edit_customer if role.kind is Kind.CUSTOMER else tenant.edit_supplier
        edit(row["Id"], **members)

    @rule(data=st.data(), side=SIDES)
    def renumber(self, data: st.DataObject, side: System) -> None:
        """PowerOffice owns the numbers: what is typed in Tribe is to be overwritten."""
        role = self.one_of_them(data)
        name, free = NUMBERS[role.kind]
        row, number = self.row(side, role), free + self.fresh()
        if row is None:
            return
        if side is System.POWEROFFICE:
            self._edit_in_poweroffice(role, row, Number=number)
        else:
            self.office.tribe.edit(row["Organization"]["ID"], **{name: f"T-{number}"})

    @rule(kind=KINDS, side=SIDES)
    def create(self, kind: Kind, side: System) -> None:
        name, email = f"Ny {self.fresh()} AS", f"{self.fresh()}@ny.example"
        if side is System.POWEROFFICE:
            tenant = self.office.poweroffice
            if kind is Kind.CUSTOMER:
                tenant.add_customer(Name=name, MailAddress=OSLO, InvoiceEmailAddress=email)
            else:
                tenant.add_supplier(Name=name, MailAddress=OSLO)
        else:
            tribe = self.office.tribe
            organization = tribe.add_organization(Name=name, FinancialEmailAddress=email)
            self._add_role(kind, organization)
        self._know(Role(kind, name))

    def _add_role(self, kind: Kind, organization: str) -> None:
        tribe = self.office.tribe
        (tribe.add_customer if kind is Kind.CUSTOMER else tribe.add_supplier)(organization)

    @rule(kind=KINDS)
    def write_to_a_prospect(self, kind: Kind) -> None:
        """Accounting makes a customer or supplier of whom sales know without a number: nobody can
        tell, and a person has to say so."""
        name = f"Prospekt {self.fresh()} AS"
        self.office.tribe.add_lead(self.office.tribe.add_organization(Name=name))
        tenant = self.office.poweroffice
        add = tenant.add_customer if kind is Kind.CUSTOMER else tenant.add_supplier
        add(Name=name, MailAddress=OSLO)

    @rule(data=st.data(), side=SIDES)
    def add_the_other_role(self, data: st.DataObject, side: System) -> None:
        """A customer becomes a supplier as well, or the other way round."""
        role = self.one_of_them(data)
        row = self.row(side, role)
        other = role.other
        if row is None or other in self.known or self._is_archived(side, row):
            return
        if side is System.POWEROFFICE:
            tenant = self.office.poweroffice
            add = tenant.add_customer if other.kind is Kind.CUSTOMER else tenant.add_supplier
            add(contact_id=row["Id"])
        else:
            self._add_role(other.kind, row["Organization"]["ID"])
        self._know(other)

    @staticmethod
    def _is_archived(side: System, row: dict[str, Any]) -> bool:
        return bool(row["IsArchived" if side is System.POWEROFFICE else "IsFormer"])

    @rule(data=st.data(), archived=st.booleans(), side=SIDES)
    def archive(self, data: st.DataObject, archived: bool, side: System) -> None:
        row = self.row(side, self.one_of_them(data))
        if row is None:
            return
        if side is System.TRIBE:
            self.office.tribe.edit(row["ID"], IsFormer=archived)
            return
        try:
            self.office.poweroffice.archive(row["Id"], archived)
        except ProblemError as refused:  # who owes something stays
            if refused.status != 400:
                raise

    @rule(data=st.data(), side=SIDES)
    def delete(self, data: st.DataObject, side: System) -> None:
        """A customer with invoices can be deleted on neither side."""
        role = self.one_of_them(data)
        row = self.row(side, role)
        if row is None:
            return
        try:
            if side is System.TRIBE:
                self.office.tribe.delete(row["ID"])
                if self.row(side, role.other) is None:
                    self.office.tribe.delete(row["Organization"]["ID"])
            else:
                self.office.poweroffice.delete(role.kind, row["Id"])
        except (ODataError, ProblemError) as refused:
            if refused.status != 409:
                raise
            return
        self._forget(role, side, str(row["ID" if side is System.TRIBE else "Id"]))

    @rule(data=st.data())
    def merge_in_tribe(self, data: st.DataObject) -> None:
        kept, lost = self.one_of_them(data), self.one_of_them(data)
        one, other = self.row(System.TRIBE, kept), self.row(System.TRIBE, lost)
        if kept.kind is not lost.kind or kept == lost or one is None or other is None:
            return
        both = self.row(System.TRIBE, lost.other) is not None
        if both or self._is_invoiced(one["ID"]) or self._is_invoiced(other["ID"]):
            return
        self.office.tribe.merge(one["Organization"]["ID"], other["Organization"]["ID"])
        self.office.tribe.delete(other["ID"])  # the role that came along
        if self._is_linked(System.TRIBE, one["ID"]):
            self._forget(lost, System.TRIBE, other["ID"])
        else:  # it may take the place of the lost one, by its number, and then has its name
            self._settle(lost)
        self._settle(kept)

    def _is_invoiced(self, relationship: str) -> bool:
        return relationship in [one["Relationship"]["ID"] for one in self.office.tribe.invoices()]

    def _forget(self, role: Role, side: System, identifier: str) -> None:
        if self._is_linked(side, identifier):
            self.gone.add((side, role))
        self._settle(role)

    def _is_linked(self, side: System, identifier: str) -> bool:
        return identifier in {link.id_in(side) for link in self.memory().links.values()}

    def memory(self) -> Memory:
        """What the state holds, if there is one."""
        return self.office.memory() if self.office.state.exists() else Memory()

    def _settle(self, role: Role) -> None:
        """A person has to settle what becomes of it on the other side."""
        self.roles.remove(role)
        if role.other not in self.roles:
            for edit in [one for one in self.unanswered if one[0] == role.name]:
                del self.unanswered[edit]
        if not any(one.kind is Kind.CUSTOMER for one in self.roles):
            self.create(Kind.CUSTOMER, System.POWEROFFICE)
