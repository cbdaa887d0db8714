"""Binary downloads of the imitated Tribe API: `/v1/odata-file/{EntityType}/{id}/{FileProperty}`
(tribe.md 10.5)."""

from __future__ import annotations

import base64
from urllib.parse import quote

from flask import Response

from tribe_po.sandbox.tribe.error import not_found
from tribe_po.sandbox.tribe.metadata import EntityType
from tribe_po.sandbox.tribe.sales_model import FILE
from tribe_po.sandbox.tribe.store import Record, Store


def file_answer(store: Store, entity_type: EntityType, record: Record, name: str) -> Response:
    """The bytes of the file behind the navigation `name`. Raises a 404 when there is none."""
    navigation = store.model.navigations(entity_type.name).get(name)
    if navigation is None or navigation.target != FILE:
        raise not_found(f"'{entity_type.name}' has no file '{name}'.")
    file = store.follow(record, name)
    if file is None:
        raise not_found(f"The record has no file '{name}'.")
    response = Response(
        base64.b64decode(str(file.values["Data"])), content_type=str(file.values["MimeType"])
    )
    name_on_disk = quote(str(file.values["Name"]), safe="")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name_on_disk}"
    return response
