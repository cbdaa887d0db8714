"""Paging, and finding out what the server takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.tribe.peer import Scripted, answer
from tribe_po.errors import NotAllowed, Temporary
from tribe_po.transport.http import Answer
from tribe_po.tribe.errors import QueryRefused
from tribe_po.tribe.metadata import Names
from tribe_po.tribe.query import Selection
from tribe_po.tribe.reading import ORDER, Reader

CITIES = Selection("Address", ("ID", "City"))
DATE = {"Date": "Mon, 02 Mar 2026 08:00:00 GMT"}


def row(number: int, **values: Any) -> dict[str, Any]:
    return {"ID": f"id-{number}", **values}


def page(*rows: dict[str, Any], link: str = "") -> Answer:
    body: dict[str, Any] = {"value": list(rows)}
    return answer(body | ({"@odata.nextLink": link} if link else {}), headers=DATE)


def reader(
    *answers: Answer, learned: dict[str, str] | None = None
) -> tuple[Reader, list[tuple[str, dict[str, str]]]]:
    """A reader of prepared answers, and what it asks for."""
    left = list(answers)
    asked: list[tuple[str, dict[str, str]]] = []

    def say(_method: str, path: str, query: dict[str, str], _body: Any) -> Answer:
        asked.append((path, query))
        return left.pop(0)

    return Reader(Scripted(say), Names.usual(), {} if learned is None else learned), asked


def test_reading_goes_on_until_an_empty_page() -> None:
    cities, asked = reader(page(row(1), row(2), row(3)), page(row(4)), page())
    assert [found["ID"] for found in cities.rows(CITIES, "City eq 'Oslo'")] == [
        "id-1",
        "id-2",
        "id-3",
        "id-4",
    ]
    assert asked[0] == (
        "/v1/odata/Address",
        {
            "$filter": "City eq 'Oslo'",
            "$select": "ID,City",
            "$orderby": "CreationDate asc,ID asc",
            "$top": "100",
        },
    )
    assert [query.get("$skip") for _path, query in asked] == [None, "3", "4"]


def test_nothing_takes_one_request() -> None:
    cities, asked = reader(page())
    assert cities.rows(CITIES) == []
    assert len(asked) == 1


def test_enough_is_enough() -> None:
    cities, asked = reader(page(row(1), row(2)))
    assert len(cities.rows(CITIES, enough=2)) == 2
    assert len(asked) == 1


def test_a_record_that_came_twice_counts_once_as_last_seen() -> None:
    cities, asked = reader(
        *(page(row(1, City="Bergen"), row(2)), page(row(1, City="Oslo")), page()),
        *(page(row(1, City="Oslo"), row(2)), page()),
    )
    found = cities.rows(CITIES)
    assert [(each["ID"], each.get("City")) for each in found] == [("id-1", "Oslo"), ("id-2", None)]
    assert asked[2][1]["$skip"] == "3"


def test_a_record_that_is_created_between_two_pages_hides_none() -> None:
    """One of the same second with a lower ID pushes the others on: the same page comes again."""
    cities, asked = reader(
        *(page(row(2)), page(row(2)), page()), *(page(row(1)), page(row(2)), page())
    )
    assert {each["ID"] for each in cities.rows(CITIES)} == {"id-1", "id-2"}
    assert len(asked) == 6


@pytest.mark.parametrize(
    "link",
    [
        "https://inner.example/v1/odata/Address?$skiptoken=a%2Bb+c&$filter=City%20eq%20'Oslo'",
        "/v1/odata/Address?$skiptoken=a%2Bb+c&$filter=City%20eq%20'Oslo'",
        "Address?$skiptoken=a%2Bb+c&$filter=City%20eq%20'Oslo'",
    ],
)
def test_a_next_link_is_followed_on_the_own_host(link: str) -> None:
    cities, asked = reader(page(row(1), link=link), page(row(2)), page())
    assert len(cities.rows(CITIES)) == 2
    assert asked[1] == (
        "/v1/odata/Address",
        {"$skiptoken": "a+b+c", "$filter": "City eq 'Oslo'"},
    )
    assert asked[2][1]["$skip"] == "2"


@pytest.mark.parametrize("link", ["https://x.example/v1/odata/Webhook?a=b", "../admin", "?a=b"])
def test_a_next_link_to_another_place_is_refused(link: str) -> None:
    cities, asked = reader(page(row(1), link=link))
    with pytest.raises(Temporary, match="elsewhere"):
        cities.rows(CITIES)
    assert len(asked) == 1


def test_a_server_that_does_not_page_is_told() -> None:
    cities, asked = reader(*[page(row(1))] * 10)
    with pytest.raises(Temporary, match="the same page came 9 times"):
        cities.rows(CITIES)
    assert len(asked) == 9


@pytest.mark.parametrize("body", [{}, [], {"value": None}, {"value": [1]}, {"value": [{}]}, "null"])
def test_an_answer_without_records_never_looks_empty(body: Any) -> None:
    cities, _asked = reader(answer(body))
    with pytest.raises(Temporary, match="no list"):
        cities.rows(CITIES)


def test_an_order_that_is_refused_is_left_out_from_then_on() -> None:
    learned: dict[str, str] = {}
    cities, asked = reader(answer({}, 400), page(), page(), learned=learned)
    cities.rows(CITIES)
    cities.rows(CITIES)
    orders = [query["$orderby"] for _path, query in asked]
    assert orders == ["CreationDate asc,ID asc", "CreationDate asc", "CreationDate asc"]
    assert learned == {ORDER: "CreationDate asc"}

    again, asked = reader(page(), learned=learned)
    again.rows(CITIES)
    assert asked[0][1]["$orderby"] == "CreationDate asc"


def test_names_that_are_refused_are_left_out_from_then_on() -> None:
    cities, asked = reader(answer({}, 400), answer({}, 400), page(row(1)), page(), page())
    cities.rows(CITIES)
    cities.rows(CITIES)
    assert ["$select" in query for _path, query in asked] == [True, True, False, False, False]
    assert all(query["$orderby"] == "CreationDate asc,ID asc" for _path, query in asked[2:])


def test_a_query_that_is_refused_in_every_form() -> None:
    learned: dict[str, str] = {}
    cities, asked = reader(*[answer({"message": "no"}, 400)] * 4, learned=learned)
    with pytest.raises(QueryRefused, match="no"):
        cities.rows(CITIES, "Nonsense")
    assert len(asked) == 4
    assert learned == {}


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_a_set_that_cannot_be_read_is_named(status: int) -> None:
    cities, asked = reader(answer({"message": "no"}, status))
    with pytest.raises(NotAllowed, match="Address"):
        cities.rows(CITIES)
    assert len(asked) == 1


def test_the_time_of_the_first_answer_is_kept() -> None:
    cities, _asked = reader(page(row(1)), answer({"value": []}))
    cities.rows(CITIES)
    assert cities.first_answer == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_rows_that_change_places_between_pages_are_read_until_all_were_there() -> None:
    """Ordered by the second of their creation alone, one comes twice and another not at all."""
    first_time = [page(row(1), row(2)), page(row(2), row(3)), page()]
    second_time = [page(row(4), row(1)), page(row(3), row(2)), page()]
    learned = {ORDER: "CreationDate asc"}
    cities, asked = reader(*first_time, *second_time, learned=learned)
    assert {each["ID"] for each in cities.rows(CITIES)} == {"id-1", "id-2", "id-3", "id-4"}
    assert len(asked) == 6


def test_rows_that_never_all_show_are_told() -> None:
    cities, _asked = reader(
        *[page(row(1)), page(row(2)), page(row(1)), page()] * 40,
        learned={ORDER: "CreationDate asc"},
    )
    with pytest.raises(Temporary, match="never showed more than 2"):
        cities.rows(CITIES)
