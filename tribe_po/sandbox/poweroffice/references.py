"""What orders and vouchers may name: dimensions, employees, themes, external references."""

from collections.abc import Mapping

from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.errors import ProblemError
from tribe_po.sandbox.poweroffice.fields import Values

EXPLICITLY_NONE = -1

_DIMENSIONS = {
    "Department": "Department",
    "Dim1": "Custom dimension 1",
    "Dim2": "Custom dimension 2",
    "Dim3": "Custom dimension 3",
    "Location": "Location",
    "Project": "Project",
}
_BY_ID = {
    "BrandingThemeId": "Branding theme",
    "ContactDeliveryAddressId": "Contact delivery address",
    "CustomerReferenceContactPersonId": "Contact person",
    "DeliveryTermId": "Delivery term",
    "QualityAssignmentId": "Quality assignment",
    "SalesPersonEmployeeId": "Employee",
    "SellersReferenceEmployeeId": "Employee",
}
_BY_OTHER = {
    "BrandingThemeCode": "Branding theme with code = '{}'",
    "DeliveryTerm": "Delivery term with name = '{}'",
    "SalesPersonEmployeeNumber": "Employee with number = {}",
    "SellersReferenceEmployeeNo": "Employee with number = {}",
}
_TEXTS = (
    {f"{name}Id": f"{text} with id = {{}}" for name, text in _DIMENSIONS.items()}
    | {f"{name}Code": f"{text} with code = '{{}}'" for name, text in _DIMENSIONS.items()}
    | {name: f"{text} with id = {{}}" for name, text in _BY_ID.items()}
    | _BY_OTHER
)
"""References to objects of which this client has none, so that each value is unknown."""


def without_dimension_codes(body: Mapping[str, object]) -> Values:
    """Return `body` with the code -1 of a dimension, which means none, turned into its Id."""
    values = dict(body)
    for name in _DIMENSIONS:
        if values.get(f"{name}Code") == str(EXPLICITLY_NONE):
            del values[f"{name}Code"]
            values.setdefault(f"{name}Id", EXPLICITLY_NONE)
    return values


def check_known(title: str, values: Mapping[str, object]) -> None:
    """Raise ProblemError (404) for the first reference to nothing."""
    for name, text in _TEXTS.items():
        value = values.get(name)
        is_dimension = name.removesuffix("Id") in _DIMENSIONS
        if value is not None and not (is_dimension and value == EXPLICITLY_NONE):
            raise ProblemError(404, title, f"{text.format(value)} not found.")


def reference_taken(books: Books, reference: str, own_id: str | None) -> bool:
    """Tell whether an ExternalImportReference is in use on another order or posted voucher.

    Reversed vouchers do not count (poweroffice.md section 11.6).
    """
    if reference in books.retired_references:
        return True
    orders = (
        order.id
        for order in books.orders.values()
        if order.values["ExternalImportReference"] == reference
    )
    invoices = (
        invoice.id
        for invoice in books.invoices.values()
        if not invoice.is_reversed and invoice.values.get("ExternalImportReference") == reference
    )
    return any(each != own_id for each in (*orders, *invoices))
