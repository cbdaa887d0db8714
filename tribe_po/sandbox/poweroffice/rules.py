"""What PowerOffice Go demands of a whole customer or supplier (poweroffice.md section 9)."""

from collections.abc import Callable, Set
from dataclasses import dataclass

from tribe_po.sandbox.poweroffice.books import UNIQUE, Books, Contact, NumberSeries
from tribe_po.sandbox.poweroffice.errors import OBJECT_NOT_FOUND, ProblemError
from tribe_po.sandbox.poweroffice.fields import (
    ADDRESS_FIELDS,
    Field,
    Role,
    Values,
    fields_of,
)
from tribe_po.sandbox.poweroffice.values import allows, check_lengths, completed, is_email

UNSETTABLE_CHANNELS = frozenset({"AvtaleGiro", "Efaktura", "External", "Factoring"})
"""The customer chooses the first two elsewhere; the others need such an integration active."""

NOT_KEPT_HERE = {
    "DeliveryTerm": "Delivery term with name = '{}'",
    "DeliveryTermId": "Delivery term with id = {}",
    "DepartmentCode": "Department with code = '{}'",
    "DepartmentId": "Department with id = {}",
    "InvoiceBrandingThemeCode": "Branding theme with code = '{}'",
    "InvoiceBrandingThemeId": "Branding theme with id = {}",
    "PaymentClientBankAccountId": "Client bank account with id = {}",
    "PaymentTermSupplierId": "Payment term supplier with id = {}",
    "SalesPersonEmployeeId": "Employee with id = {}",
    "SalesPersonEmployeeNumber": "Employee with number = {}",
}
"""References to objects of which this client has none, so that each value is unknown."""

EXPLICITLY_NONE = -1


@dataclass(frozen=True, slots=True)
class Change:
    """A customer or supplier as it would be after a write.

    `sent` names the members that the caller wrote, `contact_id` the contact (None if new).
    `by_user` is true for what a person does in PowerOffice, who may choose any channel.
    """

    role: Role
    values: Values
    sent: Set[str]
    contact_id: int | None
    balance: bool = False
    by_user: bool = False

    @property
    def title(self) -> str:
        return f"{self.role} validation error(s)"

    def refusal(self, detail: str, status: int = 400) -> ProblemError:
        return ProblemError(status, self.title, detail)


def check_body(
    resource: str, body: object, fields: dict[str, Field], dto: str | None = None
) -> Values:
    """Return the members of a POST body that are not null; `dto` is the body's name in texts.

    Raise ProblemError (400) if it is no object, has a member outside `fields` (spelling counts)
    or a value of the wrong type.
    """
    title, dto = f"{resource} validation error(s)", dto or f"{resource}PostDto"
    if not isinstance(body, dict):
        raise ProblemError(400, title, f"{resource} object is missing.")
    for name, value in body.items():
        if name not in fields:
            raise ProblemError(400, title, f"{dto}: Could not find member '{name}'.")
        if value is not None and not allows(fields[name], value):
            raise ProblemError(400, title, f"{dto}: The value of '{name}' is invalid.")
    return {name: value for name, value in body.items() if value is not None}


def check(books: Books, change: Change) -> None:
    """Complete the address and raise ProblemError for the first rule that is broken."""
    if change.values["MailAddress"] is not None:
        change.values["MailAddress"] = _complete_address(change)
    for rule in _RULES:
        rule(books, change)


def _complete_address(change: Change) -> Values:
    address = completed(ADDRESS_FIELDS.values(), change.values["MailAddress"])
    address["CountryCode"] = address["CountryCode"] or "NO"
    for name in ("City", "ZipCode"):
        if not (address[name] or "").strip():
            raise change.refusal(f"MailAddress: {name} is required.")
    check_lengths(change.title, ADDRESS_FIELDS, address)
    return address


def _names(_books: Books, change: Change) -> None:
    needed = ("FirstName", "LastName") if change.values["IsPerson"] else ("Name",)
    for name in needed:
        if not (change.values[name] or "").strip():
            raise change.refusal(f"{name} is required.")


def _lengths(_books: Books, change: Change) -> None:
    check_lengths(change.title, fields_of(change.role, True), change.values)


def _copies(_books: Books, change: Change) -> None:
    copies = change.values.get("InvoiceEmailAddressCC")
    if not copies:
        return
    addresses = [part.strip() for part in copies.split(";")]
    if len(addresses) > 10 or not all(is_email(address) for address in addresses):
        raise change.refusal("InvoiceEmailAddressCC: at most 10 e-mail addresses, separated by ;.")


def _allowance(_books: Books, change: Change) -> None:
    allowance = change.values.get("Allowance")
    if allowance is not None and not -1000 <= allowance <= 100:
        raise change.refusal("Allowance must be between -1000 and 100.")


def _references(books: Books, change: Change) -> None:
    for name in sorted(change.sent & NOT_KEPT_HERE.keys()):
        value = change.values.get(name)
        if value is not None and not (name == "DepartmentId" and value == EXPLICITLY_NONE):
            raise change.refusal(f"{NOT_KEPT_HERE[name].format(value)} not found.", 404)
    term = change.values.get("PaymentTermId")
    if term is not None and term not in books.payment_terms:
        raise change.refusal(f"Payment term with id = {term} not found.", 404)
    unknown = sorted(set(change.values["ContactGroupIds"] or ()) - books.contact_groups)
    if unknown:
        raise ProblemError(404, OBJECT_NOT_FOUND, missing_groups(unknown))


def missing_groups(identifiers: list[int]) -> str:
    return f"Could not find contact group(s) with id = {', '.join(map(str, identifiers))}."


def _unique(books: Books, change: Change) -> None:
    for name in UNIQUE:
        _check_free(books, change, change.role, name, change.values.get(name))
    address = change.values["MailAddress"]
    if address is not None:
        _check_free(books, change, "address", "ExternalCode", address["ExternalCode"])


def _check_free(books: Books, change: Change, scope: str, name: str, value: object) -> None:
    holder = None if value is None else books.holder(scope, name, value)
    if holder not in (None, change.contact_id):
        told = f"{name} is already in use. '{value}' is used on (contact) Id = {holder}."
        raise _in_use(books, change.title, told)


def _number(books: Books, change: Change) -> None:
    if "Number" not in change.sent:
        return
    number = change.values["Number"]
    if number is None:
        raise change.refusal("Number is required.")
    if not any(each.first <= number <= each.last for each in books.series_of(change.role)):
        raise change.refusal(f"Number {number} is outside the number series of {change.role}.")


def _channels(books: Books, change: Change) -> None:
    values = change.values
    channel = values.get("InvoiceDeliveryType")
    if "InvoiceDeliveryType" in change.sent and not change.by_user:
        if channel in UNSETTABLE_CHANNELS:
            raise change.refusal(f"InvoiceDeliveryType '{channel}' cannot be set.")
        if channel == "EHF" and values["OrganizationNumber"] not in books.elma:
            raise change.refusal("InvoiceDeliveryType 'EHF' needs a receiver registered in ELMA.")
    for name, other in _MAILED:
        if values.get(name) == "PdfByEmail" and not (values["EmailAddress"] or values.get(other)):
            raise change.refusal(f"{name} 'PdfByEmail' needs EmailAddress or {other}.")


_MAILED = (
    ("InvoiceDeliveryType", "InvoiceEmailAddress"),
    ("ReminderDeliveryType", "PaymentReminderEmailAddress"),
    ("NoticeOfDebtCollectionDeliveryType", "PaymentReminderEmailAddress"),
)


def _archive(_books: Books, change: Change) -> None:
    if change.balance and change.values["IsArchived"] and "IsArchived" in change.sent:
        raise change.refusal("The contact has a balance and cannot be archived.")


_RULES: tuple[Callable[[Books, Change], None], ...] = (
    _lengths,
    _names,
    _copies,
    _allowance,
    _references,
    _unique,
    _number,
    _channels,
    _archive,
)


def contact_to_join(books: Books, role: Role, body: Values) -> tuple[Contact | None, Values]:
    """Return the contact that a new customer or supplier becomes another role of, None for one of
    its own, and what of the body is written (poweroffice.md section 17, 12).

    Raise ProblemError where an organisation number may not be in use.
    """
    number, way = body.get("OrganizationNumber"), books.switches.same_company
    same = [one for one in books.contacts.values() if one.values["OrganizationNumber"] == number]
    if number is None or not same or way == "apart":
        return None, body
    if way == "refused":
        told = f"OrganizationNumber is already in use. '{number}' is used on (contact) Id = {{}}."
        raise _in_use(books, f"{role} validation error(s)", told.format(same[0].id))
    contact = next((one for one in same if role not in one.roles), None)
    if contact is not None and way == "joined as it is":
        stays = {name for name, value in contact.shared().items() if value is not None}
        body = {name: value for name, value in body.items() if name not in stays}
    return contact, body


def _in_use(books: Books, title: str, told: str) -> ProblemError:
    switches = books.switches
    detail = told if switches.duplicate_detail else ""
    return ProblemError(switches.duplicate_status, title, detail)


def series_to_draw_from(books: Books, role: Role, series_id: str | None) -> NumberSeries:
    """Return the number series that was asked for, or the default one of the role.

    Raise ProblemError: 404 for an unknown series, 400 for one of another kind, or if there is
    no default.
    """
    title = f"{role} validation error(s)"
    if series_id is not None:
        for series in books.number_series:
            if series.id == series_id.lower():
                if series.kind != role:
                    raise ProblemError(400, title, f"Number series {series_id} is not for {role}.")
                return series
        raise ProblemError(404, title, f"Number series with id = {series_id} not found.")
    for series in books.series_of(role):
        if series.is_default:
            return series
    raise ProblemError(400, title, f"There is no default number series for {role}.")


def term_of_days(books: Books, role: Role, days: int) -> int:
    """Return the Id of the payment term with this many days; raise ProblemError (404) if none."""
    for term in books.payment_terms.values():
        if term.days == days:
            return term.id
    raise ProblemError(
        404, f"{role} validation error(s)", f"Payment term with days = {days} not found."
    )
