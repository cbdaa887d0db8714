"""The field table, as a table for people or a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from tribe_po.fields import Field, Owner
from tribe_po.output import layout, parts
from tribe_po.records import RELATIONS, Form, Kind

PLACES = {
    Form.ORGANIZATION: "Tribe company",
    Form.PERSON: "Tribe person",
    Form.PRODUCT: "Tribe product",
    Form.INVOICE: "Tribe invoice",
}


def document(fields: Sequence[Field]) -> str:
    """The document."""
    return parts.text(
        {"schema": parts.SCHEMA, "command": "fields", "fields": [_field(one) for one in fields]}
    )


def _field(one: Field) -> dict[str, Any]:
    return {
        "field": one.name,
        "label": one.label,
        "kinds": _kinds(one),
        "poweroffice": one.poweroffice,
        "poweroffice_written": one.poweroffice_written or one.poweroffice,
        "tribe": {form.value: one.place(form) or None for form in Form},
        "read_instead": list(one.read_instead),
        "owner": "shared" if one.owner is Owner.SHARED else "poweroffice",
    }


def _kinds(one: Field) -> list[str]:
    """The kinds that have the field: where Tribe keeps it says which, too."""
    relations = bool(one.organization or one.person)
    told = {Kind.PRODUCT: bool(one.product), Kind.INVOICE: Form.INVOICE in one.forms}
    return [kind.value for kind in Kind if kind in one.kinds and told.get(kind, relations)]


def _name(one: Field) -> Text:
    """The label, with the kind where customers and suppliers do not both have the field."""
    kinds = _kinds(one)
    is_role = len(kinds) == 1 and kinds[0] in [kind.value for kind in RELATIONS]
    only = f"\n{kinds[0]}s only" if is_role else ""
    return Text.assemble((one.label, "bold"), (only, "dim"))


def _owner(one: Field) -> str:
    """Invoices are not merged: each field goes one way, or is only compared."""
    return "" if Form.INVOICE in one.forms else one.owner.value


TABLES = {
    "Customers and suppliers": (Form.ORGANIZATION, Form.PERSON),
    "Products": (Form.PRODUCT,),
    "Invoices": (Form.INVOICE,),
}
"""The tables that the fields are shown in, with the forms of record that each is about."""


def markdown(fields: Sequence[Field]) -> str:
    """The tables as Markdown, each under its heading."""
    lines: list[str] = []
    for title, forms in TABLES.items():
        places = [PLACES[form] for form in forms]
        lines += ["", f"## {title}", "", f"| Field | PowerOffice | {' | '.join(places)} | Owner |"]
        lines += ["|---" * (len(forms) + 3) + "|"]
        for one in fields:
            if one.forms & set(forms):
                kept = [_markdown_place(one, form) for form in forms]
                cells = [_markdown_name(one), _written(one), *kept, _owner(one)]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines[1:]) + "\n"


def _markdown_name(one: Field) -> str:
    kinds = _kinds(one)
    is_role = len(kinds) == 1 and kinds[0] in [kind.value for kind in RELATIONS]
    return f"{one.label} ({kinds[0]}s only)" if is_role else one.label


def _written(one: Field) -> str:
    if not one.poweroffice:
        return ""
    if not one.poweroffice_written:
        return f"`{one.poweroffice}`"
    return f"`{one.poweroffice}`, written as `{one.poweroffice_written}`"


def _markdown_place(one: Field, form: Form) -> str:
    """Where Tribe keeps the value, and where it is read while there is none."""
    place = one.place(form)
    instead = one.read_instead if place and form is Form.ORGANIZATION else ()
    return ", else ".join(f"`{name}`" for name in (place, *instead) if name)


def screen(fields: Sequence[Field]) -> Iterator[RenderableType]:
    """A table for relations, one for products, one for invoices: a field has its place in one."""
    for title, forms in TABLES.items():
        table = layout.table("Field", "PowerOffice", *(PLACES[form] for form in forms), "Owner")
        table.columns[-1].no_wrap = True
        for one in fields:
            places = [one.place(form) for form in forms]
            if one.forms & set(forms):
                shown = (Text(place or "-", "" if place else "dim") for place in places)
                table.add_row(
                    _name(one),
                    one.poweroffice_written or one.poweroffice or Text("-", "dim"),
                    *shown,
                    _owner(one),
                )
        yield layout.titled(title, "bold", table)
