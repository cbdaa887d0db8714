"""A small made-up catalogue, with each VAT rate, a product for lines of free text and an archived
one."""

from typing import Any

from tribe_po.sandbox.poweroffice.people import SalesDesk
from tribe_po.sandbox.tribe.tenant import TribeTenant

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
    {"Code": "FRITEKST", "Name": "Fritekst", "UnitPrice": 1},
    {"Name": "Diverse uten kode", "UnitPrice": 1},
    {"Code": "GAMMEL", "Name": "Utgått vare", "UnitPrice": 75, "IsArchived": True},
)


_GROUPS_IN_TRIBE = ("Standard", "Tjenester", "Mat og drikke")


def fill_products(poweroffice: SalesDesk, tribe: TribeTenant) -> list[int]:
    """Add the catalogue to PowerOffice and return the Ids of its products.

    Tribe gets its groups; the coffee, at another price that includes VAT; and a course that only
    Tribe knows.
    """
    for members in _GROUPS:
        poweroffice.add_product_group(**members)
    for name in _GROUPS_IN_TRIBE:
        tribe.add_product_group(name)
    tribe.add_unit("time", "Time")
    tribe.add_product(
        Name="Kaffebønner, 1 kg",
        Code="KAFFE",
        ProductGroup="Mat og drikke",
        SalesPrice=229,
        IsVatIncluded=True,
        VatGroup=15,
    )
    tribe.add_product(
        Name="Barista-kurs", ProductGroup="Tjenester", Unit="time", SalesPrice=1990, VatGroup=25
    )
    return [
        poweroffice.add_product(**({"UnitOfMeasureCode": "EA"} | members)) for members in _PRODUCTS
    ]
