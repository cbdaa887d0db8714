"""The text of queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from tribe_po.tribe.query import (
    Selection,
    chunks,
    equals_any,
    is_guid,
    moment,
    quoted,
    touched_since,
)

TIME = datetime(2026, 3, 2, 8, 0, 59, 999_000, tzinfo=UTC)


def test_selections_nest() -> None:
    country = Selection("Datastore_Country", ("Code",))
    address = Selection("Address", ("ID", "City"), (("Country", country),))
    role = Selection("Roles", ("ID",), (("Organization", address), ("Relation", country)))
    assert role.options() == [
        ("$select", "ID"),
        (
            "$expand",
            "Organization($select=ID,City;$expand=Country($select=Code)),Relation($select=Code)",
        ),
    ]
    assert role.options(whole=True) == [("$expand", "Organization($expand=Country),Relation")]


def test_quotes_in_a_text_are_doubled() -> None:
    assert quoted("Peter's") == "'Peter''s'"


def test_moments_are_utc_and_never_later_than_meant() -> None:
    assert moment(TIME) == "2026-03-02T08:00:59Z"
    assert moment(TIME.astimezone(timezone(timedelta(hours=2)))) == "2026-03-02T08:00:59Z"


def test_a_change_is_told_by_two_dates_for_each_path() -> None:
    assert touched_since(TIME, ("", "Person/")) == (
        "(CreationDate ge 2026-03-02T08:00:59Z) or (LastMutationDate ge 2026-03-02T08:00:59Z) or "
        "(Person/CreationDate ge 2026-03-02T08:00:59Z) or "
        "(Person/LastMutationDate ge 2026-03-02T08:00:59Z)"
    )


def test_several_values() -> None:
    assert equals_any("ID", ["a", "b"]) == "ID eq a or ID eq b"


def test_chunks_hold_everything_once() -> None:
    assert [list(chunk) for chunk in chunks([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
    assert list(chunks([], 2)) == []


def test_only_a_guid_is_an_id() -> None:
    assert is_guid("9FCB346F-bd58-423d-b7da-1952f9449827")
    assert not is_guid("12345")
    assert not is_guid("9fcb346f-bd58-423d-b7da-1952f9449827 or 1 eq 1")
