"""Reading lists: to the end, each id once, whatever the server leaves open."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.poweroffice.scripted import Asked, Scripted, answer, problem
from tribe_po.errors import ExitCode, NotAllowed, Temporary, TribePoError
from tribe_po.poweroffice.lists import CONTACTS, PAGE_SIZE, Lists, instant
from tribe_po.records import Kind
from tribe_po.transport.http import Answer

CUSTOMERS = CONTACTS[Kind.CUSTOMER]


def rows(first: int, count: int) -> list[dict[str, Any]]:
    return [{"Id": identity} for identity in range(first, first + count)]


def pagination(link: str | None, name: str = "nextPageLink") -> dict[str, str]:
    return {"X_Pagination": json.dumps({name: link})}


def read(connection: Scripted) -> list[int]:
    listing = Lists(connection).read(CUSTOMERS)
    assert connection.used_up
    return [row["Id"] for row in listing.rows]


def test_an_empty_list_has_no_body() -> None:
    assert read(Scripted(answer(204))) == []


@pytest.mark.parametrize("name", ["nextPageLink", "NextPageLink", "nextpagelink"])
def test_pages_are_read_while_a_next_one_is_announced(name: str) -> None:
    more = pagination("https://internal.invalid/v2/Customers?PageNumber=2", name)
    connection = Scripted(
        answer(200, rows(1, 2), **more), answer(200, rows(3, 2), **pagination(None, name))
    )
    assert read(connection) == [1, 2, 3, 4]
    assert [asked.query["PageNumber"] for asked in connection.asked] == ["1", "2"]
    assert {asked.path for asked in connection.asked} == {"/Customers"}
    assert {asked.query["PageSize"] for asked in connection.asked} == {str(PAGE_SIZE)}
    assert {asked.query["OrderBy"] for asked in connection.asked} == {"Id asc"}


@pytest.mark.parametrize("header", [{}, {"X_Pagination": "not JSON"}, {"X_Pagination": "{}"}])
def test_without_an_announcement_a_full_page_suggests_another(header: dict[str, str]) -> None:
    connection = Scripted(
        answer(200, rows(1, PAGE_SIZE), **header), answer(200, rows(PAGE_SIZE + 1, 1), **header)
    )
    assert len(read(connection)) == PAGE_SIZE + 1


@pytest.mark.parametrize("link", [None, ""])
def test_a_full_page_that_says_it_is_the_last_is_the_last(link: str | None) -> None:
    connection = Scripted(answer(200, rows(1, PAGE_SIZE), **pagination(link)))
    assert len(read(connection)) == PAGE_SIZE


def test_once_pages_were_announced_a_full_page_without_a_word_is_the_last() -> None:
    connection = Scripted(
        answer(200, rows(1, PAGE_SIZE), **pagination("https://internal.invalid/")),
        answer(200, rows(PAGE_SIZE + 1, PAGE_SIZE)),
    )
    assert len(read(connection)) == 2 * PAGE_SIZE


def test_a_server_without_announcements_is_read_until_nothing_new_comes() -> None:
    """Its pages may be smaller than what was asked for."""
    pages = [answer(200, rows(1, 2)), answer(200, rows(3, 2)), answer(204)]
    connection = Scripted(*pages, announces=False)
    assert read(connection) == [1, 2, 3, 4]
    assert connection.probed == 1


def test_a_shorter_page_than_one_before_it_is_the_last() -> None:
    pages = [answer(200, rows(1, 3)), answer(200, rows(4, 2))]
    assert read(Scripted(*pages, announces=False)) == [1, 2, 3, 4, 5]


def test_a_server_without_announcements_may_give_all_at_once_and_pay_no_heed_to_pages() -> None:
    same = answer(200, rows(1, 2))
    assert read(Scripted(same, same, announces=False)) == [1, 2]


def test_whether_pages_are_announced_is_asked_once() -> None:
    connection = Scripted(answers=lambda _asked: answer(200, rows(1, 3)))
    lists = Lists(connection)
    for _ in range(3):
        assert len(lists.read(CUSTOMERS).rows) == 3
    assert (len(connection.asked), connection.probed) == (3, 1)


def test_an_announced_page_may_turn_out_empty() -> None:
    connection = Scripted(answer(200, rows(1, 1), **pagination("https://x/")), answer(204))
    assert read(connection) == [1]


def test_a_row_on_two_pages_counts_once_as_read_last() -> None:
    connection = Scripted(
        answer(200, [{"Id": 1, "Name": "old"}, {"Id": 2}], **pagination("https://x/")),
        answer(200, [{"Id": 1, "Name": "new"}, {"Id": 3}]),
    )
    listing = Lists(connection).read(CUSTOMERS)
    assert listing.rows == ({"Id": 1, "Name": "new"}, {"Id": 2}, {"Id": 3})


def test_a_server_that_ignores_the_page_number_does_not_end_in_a_loop() -> None:
    same = answer(200, rows(1, 2), **pagination("https://x/"))
    with pytest.raises(Temporary, match="Page 2"):
        read(Scripted(same, same))


def test_the_order_is_left_out_once_the_server_refuses_it() -> None:
    def answers(asked: Asked) -> Answer:
        return problem(400, "OrderBy is invalid") if "OrderBy" in asked.query else answer(204)

    connection = Scripted(answers=answers)
    lists = Lists(connection)
    lists.read(CUSTOMERS)
    lists.read(CUSTOMERS)
    assert ["OrderBy" in asked.query for asked in connection.asked] == [True, False, False]


def test_a_refusal_that_is_not_about_the_order_leaves_the_order_in_force() -> None:
    refusal = problem(400, "organizationNumbers is unknown")
    connection = Scripted(refusal, refusal, answer(204))
    lists = Lists(connection)
    with pytest.raises(TribePoError, match="organizationNumbers is unknown") as caught:
        lists.read(CUSTOMERS)
    assert caught.value.exit_code is ExitCode.BUG
    lists.read(CUSTOMERS)
    assert "OrderBy" in connection.asked[-1].query


@pytest.mark.parametrize("body", [{"Id": 1}, [{"Name": "no id"}], ["text"], 7, None])
def test_what_is_no_list_of_records_is_read_again_by_the_next_pass(body: Any) -> None:
    with pytest.raises(Temporary, match="no list of records") as caught:
        read(Scripted(answer(200, body)))
    assert caught.value.exit_code is ExitCode.TEMPORARY
    assert type(body).__name__ in caught.value.why


def test_a_missing_privilege_is_named() -> None:
    with pytest.raises(NotAllowed, match="privilege Supplier is needed"):
        Lists(Scripted(answer(403))).read(CONTACTS[Kind.SUPPLIER])


@pytest.mark.parametrize(
    ("stamp", "microsecond"),
    [
        ("2026-09-01T09:14:07.1234567+00:00", 123456),
        ("2026-09-01T11:14:07.5+02:00", 500000),
        ("2026-09-01T09:14:07Z", 0),
        ("2026-09-01T09:14:07", 0),
    ],
)
def test_time_stamps_have_up_to_seven_fraction_digits(stamp: str, microsecond: int) -> None:
    assert instant(stamp) == datetime(2026, 9, 1, 9, 14, 7, microsecond, UTC)
