"""Which of PowerOffice's units a unit of Tribe's stands for."""

from __future__ import annotations

from typing import Any

import pytest

from tribe_po.tribe.units import Units

UNITS = Units({"pcs": "EA", "hr": "HUR", "Stykk": "EA", "day": "HUR"})


@pytest.mark.parametrize(
    ("unit", "meaning"),
    [
        (None, None),
        ({"Code": "pcs"}, "EA"),
        ({"Code": "HR"}, "HUR"),
        ({"code": " hr "}, "HUR"),
        ({"Code": "KGM"}, "KGM"),
        ({"Code": "kwh"}, "KWH"),
        ({"Code": "DAY"}, "HUR"),
        ({"Code": "spann", "Name": "Bucket"}, "?spann"),
        ({"Code": None, "Name": "stykk"}, "EA"),
        ({"Code": "7", "Name": "hr"}, "HUR"),
        ({"Name": "Spann"}, "?Spann"),
        ({"ID": "u-1"}, "?u-1"),
    ],
)
def test_meanings(unit: dict[str, Any] | None, meaning: str | None) -> None:
    assert UNITS.meaning(unit) == meaning
