"""A small made-up catalogue in PowerOffice, with each VAT rate and one archived product."""

from typing import Any

from tribe_po.sandbox.poweroffice.people import SalesDesk

_GROUPS: tuple[dict[str, Any], ...] = (
    {"Code": "TJENESTE", "Name": "Tjenester", "ProductType": "Service"},
    {"Code": "MAT", "Name": "Mat og drikke", "StandardSalesAccount": 3010},
)
_PRODUCTS: tuple[dict[str, Any], ...] = (
    {
        "Code": "TIME",
        "Name": "Konsulenttime",
        "ProductGroupCode": "TJENESTE",
        "ProductType": "Service",
        "UnitOfMeasureCode": "HUR",
        "UnitPrice": 1250,
    },
    {
        "Code": "REISE",
        "Name": "Togreise",
        "ProductGroupCode": "TJENESTE",
        "ProductType": "Service",
        "StandardSalesAccount": 3020,
        "UnitPrice": 480,
    },
    {"Code": "KAFFE", "Name": "Kaffebønner, 1 kg", "ProductGroupCode": "MAT", "UnitPrice": 189.5},
    {"Code": "BOK", "Name": "Håndbok", "StandardSalesAccount": 3100, "UnitPrice": 349},
    {"Code": "KOPP", "Name": "Kopp", "Description": "Steingods", "UnitCost": 41, "UnitPrice": 99},
    {"Name": "Diverse uten kode", "UnitPrice": 1},
    {"Code": "GAMMEL", "Name": "Utgått vare", "UnitPrice": 75, "IsArchived": True},
)


def fill_products(tenant: SalesDesk) -> list[int]:
    """Add the catalogue and return the Ids of the products."""
    for members in _GROUPS:
        tenant.add_product_group(**members)
    return [tenant.add_product(**({"UnitOfMeasureCode": "EA"} | members)) for members in _PRODUCTS]
