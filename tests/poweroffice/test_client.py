"""The client, against answers that a well-behaved server would not give on request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.poweroffice.samples import STORGATA, creation, dto, edit, person
from tests.poweroffice.scripted import Asked, Scripted, answer, problem
from tribe_po.errors import (
    AlreadyExists,
    LostAnswer,
    NotAllowed,
    RecordGone,
    RecordMoved,
    RecordRefused,
    TribePoError,
)
from tribe_po.poweroffice.client import ClientInformation, PowerOffice
from tribe_po.poweroffice.refusals import MisunderstoodError
from tribe_po.records import RELATIONS, Kind, Value
from tribe_po.sides import Side
from tribe_po.transport.http import Answer

DATE = "Tue, 01 Sep 2026 10:00:00 GMT"
SINCE = datetime(2026, 9, 1, 9, 0, 0, 250_000, UTC)
GONE = problem(404, "Customer with id = 12345 not found.", "Object(s) not found")
NO_ROUTE = answer(404, {"statusCode": 404, "message": "Resource not found"})
RENAMED = edit({"name": "New AS"}, {"name": "Fjord Kaffe AS"})


def client(*script: Answer | Exception) -> tuple[PowerOffice, Scripted]:
    connection = Scripted(*script)
    return PowerOffice(connection), connection


def operations(asked: Asked) -> list[tuple[str, str]]:
    return [(step["op"], step["path"]) for step in asked.body]


def test_it_is_a_side() -> None:
    side: Side = client()[0]
    assert side.system == "poweroffice"


def test_who_am_i() -> None:
    told = {
        "ClientId": "c-1",
        "ClientName": "Sandkasse AS",
        "ValidPrivileges": ["Customer_Full"],
        "InvalidPrivileges": None,
    }
    side, connection = client(answer(200, told))
    assert side.who_am_i() == ClientInformation("c-1", "Sandkasse AS", ("Customer_Full",), ())
    assert connection.asked[0].path == "/ClientIntegrationInformation"


def test_who_am_i_needs_no_privilege() -> None:
    side, _ = client(answer(403))
    with pytest.raises(NotAllowed) as caught:
        side.who_am_i()
    assert "privilege" not in caught.value.why


def test_changes_are_asked_for_with_an_overlap() -> None:
    side, connection = client(answer(200, [dto()], Date=DATE), answer(204, Date="ignored"))
    seen = side.changed(RELATIONS, SINCE)
    assert [asked.path for asked in connection.asked] == ["/Customers", "/Suppliers"]
    assert {asked.query["lastChangedDateTimeOffsetGreaterThan"] for asked in connection.asked} == {
        "2026-09-01T08:55:00.250000Z"
    }
    assert [record.id for record in seen.records] == ["12345"]
    assert not seen.complete


def test_the_cursor_is_the_servers_time_at_the_first_answer() -> None:
    later = "Tue, 01 Sep 2026 11:00:00 GMT"
    side, _ = client(answer(204, Date=DATE), answer(200, [dto()], Date=later))
    assert side.changed(RELATIONS, SINCE).cursor == datetime(2026, 9, 1, 10, tzinfo=UTC)


def test_without_a_server_time_the_cursor_is_the_latest_change_received() -> None:
    newer = dto(2, LastChangedDateTimeOffset="2026-09-01T09:20:00Z")
    side, _ = client(answer(200, [dto(), newer, dto(3, LastChangedDateTimeOffset=None)]))
    assert side.changed([Kind.CUSTOMER], None).cursor == datetime(2026, 9, 1, 9, 20, tzinfo=UTC)
    side, _ = client(answer(204))
    assert side.changed([Kind.CUSTOMER], None).cursor is None


def test_everything_is_asked_for_without_a_filter() -> None:
    side, connection = client(answer(204))
    assert side.changed([Kind.SUPPLIER], None).complete
    assert set(connection.asked[0].query) == {"PageNumber", "PageSize", "OrderBy"}


def test_a_record_that_is_gone_is_left_out() -> None:
    side, _ = client(answer(200, dto()), GONE, answer(404), answer(200, dto(7)))
    assert [record.id for record in side.get(Kind.CUSTOMER, ["12345", "5", "6", "7"])] == [
        "12345",
        "7",
    ]


def test_a_route_that_does_not_exist_is_not_a_record_that_is_gone() -> None:
    side, _ = client(NO_ROUTE)
    with pytest.raises(TribePoError, match="Resource not found"):
        side.get(Kind.CUSTOMER, ["12345"])


def test_numbers_are_looked_up_a_hundred_at_a_time() -> None:
    side, connection = client(answer(204), answer(204))
    side.find_by_key(Kind.SUPPLIER, [str(number) for number in range(20_000, 20_150)])
    asked = [each.query["supplierNos"].split(",") for each in connection.asked]
    assert [len(numbers) for numbers in asked] == [100, 50]
    assert [connection.asked[0].path, asked[1][-1]] == ["/Suppliers", "20149"]


def test_what_is_no_number_is_not_looked_up() -> None:
    side, connection = client(answer(200, [dto(), dto(8, Number=10_011)]))
    numbers = ["D-7", "10010", "0010010", "1-9", "", "²", "9" * 30]
    assert [each.id for each in side.find_by_key(Kind.CUSTOMER, numbers)] == ["12345"]
    assert connection.asked[0].query["customerNos"] == "10010"
    assert client()[0].find_by_key(Kind.CUSTOMER, ["D-7"]) == []


def test_a_mark_is_looked_up_exactly() -> None:
    rows = [dto(1, ExternalImportReference="tribe:a"), dto(2, ExternalImportReference="tribe:b")]
    side, connection = client(answer(200, rows))
    assert [record.id for record in side.find_by_mark(Kind.CUSTOMER, "tribe:a")] == ["1"]
    assert connection.asked[0].query["externalImportReference"] == "tribe:a"


def test_a_create_is_not_repeatable_and_gives_back_what_the_server_made() -> None:
    side, connection = client(answer(201, dto()))
    written = side.create(creation({"name": "Fjord Kaffe AS"}))
    assert written.id == "12345"
    assert written.record is not None
    assert written.record.values["number"] == "10010"
    assert (connection.asked[0].method, connection.asked[0].path) == ("POST", "/Customers")
    assert not connection.asked[0].repeatable


def test_a_create_whose_reference_is_in_use() -> None:
    detail = "ExternalImportReference is already in use. 'x' is used on (contact) Id = 12345."
    with pytest.raises(AlreadyExists):
        client(problem(400, detail))[0].create(creation({"name": "X AS"}))


@pytest.mark.parametrize("body", [None, '{"Id": 123', {"Number": 10010}])
def test_a_create_whose_answer_is_cut_short_is_lost(body: Any) -> None:
    with pytest.raises(LostAnswer):
        client(answer(201, body))[0].create(creation({"name": "X AS"}))


def test_a_create_that_may_have_happened_is_passed_on() -> None:
    lost = LostAnswer("what", "why", "next")
    with pytest.raises(LostAnswer):
        client(lost)[0].create(creation({"name": "X AS"}))


def test_a_404_to_a_create_is_about_something_it_names() -> None:
    side, _ = client(problem(404, "Payment term with id = 7 not found."))
    with pytest.raises(RecordRefused, match="Payment term"):
        side.create(creation({"name": "X AS"}))


def terms(*rows: tuple[int, int, bool, bool]) -> Answer:
    return answer(
        200,
        [
            {"Id": identity, "CreditDays": days, "IsDefault": default, "IsActive": active}
            for identity, days, default, active in rows
        ],
    )


def test_payment_terms_are_read_once_and_chosen_by_days() -> None:
    offered = terms(
        (9, 14, False, True), (5, 14, False, True), (7, 14, True, True), (1, 14, True, False)
    )
    side, connection = client(offered, answer(201, dto()), answer(201, dto()))
    for _ in range(2):
        side.create(creation({"name": "X AS", "payment_days": 14}))
    assert [asked.path for asked in connection.asked] == [
        "/PaymentTerms",
        "/Customers",
        "/Customers",
    ]
    assert connection.asked[1].body["PaymentTermId"] == 7


def test_of_several_terms_the_oldest_counts_where_none_is_the_default() -> None:
    side, connection = client(terms((9, 14, False, True), (5, 14, False, True)), answer(200, dto()))
    side.update(edit({"payment_days": 14}, {"payment_days": 30}))
    assert connection.asked[1].body[0]["value"] == 5


def test_days_without_a_term_name_the_terms_there_are() -> None:
    offered = terms((1, 30, False, True), (2, 10, False, True), (3, 45, False, False))
    with pytest.raises(RecordRefused, match="45 days") as caught:
        client(offered)[0].update(edit({"payment_days": 45}, {"payment_days": 14}))
    assert caught.value.why == "Its terms, in days: 10, 30"


def test_a_term_that_is_gone_is_looked_up_again() -> None:
    side, connection = client(
        terms((7, 14, True, True)),
        problem(404, "Payment term with id = 7 not found."),
        terms((8, 14, True, True)),
        answer(201, dto()),
    )
    new = creation({"name": "X AS", "payment_days": 14})
    with pytest.raises(RecordRefused):
        side.create(new)
    side.create(new)
    assert connection.asked[-1].body["PaymentTermId"] == 8


def test_an_update_is_one_guarded_repeatable_patch() -> None:
    side, connection = client(answer(200, dto(Name="New AS")))
    written = side.update(RENAMED)
    assert written.record is not None
    assert written.record.values["name"] == "New AS"
    (asked,) = connection.asked
    assert (asked.method, asked.path) == ("PATCH", "/Customers/12345")
    assert asked.content_type == "application/json-patch+json"
    assert asked.repeatable
    assert operations(asked) == [("test", "/Name"), ("replace", "/Name")]


@pytest.mark.parametrize("body", [None, '{"Id": 12'])
def test_an_update_whose_answer_has_no_record_is_done(body: Any) -> None:
    written = client(answer(200, body))[0].update(RENAMED)
    assert (written.id, written.record) == ("12345", None)


def test_an_update_with_nothing_to_write_asks_nothing() -> None:
    side, connection = client()
    assert side.update(edit({"number": "1"}, {"number": "2"})).record is None
    assert connection.asked == []


def test_a_failed_test_with_another_value_there_is_a_record_that_moved() -> None:
    side, connection = client(problem(400, "not equal"), answer(200, dto(Name="Other AS")))
    with pytest.raises(RecordMoved, match="meanwhile: name"):
        side.update(RENAMED)
    assert connection.used_up


def test_a_server_that_does_not_honour_tests_is_remembered() -> None:
    side, connection = client(
        problem(400, "'test' is not supported"),
        answer(200, dto()),
        answer(200, dto(Name="New AS")),
        answer(200, dto(Name="New AS")),
    )
    side.update(RENAMED)
    side.update(RENAMED)
    patches = [operations(asked) for asked in connection.asked if asked.method == "PATCH"]
    replace = ("replace", "/Name")
    assert patches == [[("test", "/Name"), replace], [replace], [replace]]


def test_a_test_that_failed_over_white_space_says_nothing_about_the_server() -> None:
    side, connection = client(
        problem(400, "not equal"),
        answer(200, dto(Name="Fjord  Kaffe AS")),
        answer(200, dto(Name="New AS")),
        answer(200, dto(Name="New AS")),
    )
    side.update(RENAMED)
    side.update(RENAMED)
    assert operations(connection.asked[-1])[0] == ("test", "/Name")


def test_a_refused_value_is_told_in_the_servers_words_and_tests_stay() -> None:
    refusal = problem(400, "EmailAddress is invalid.")
    side, connection = client(refusal, answer(200, dto()), refusal, answer(200, dto()))
    bad = edit({"email": "x"}, {"email": "post@fjordkaffe.example"})
    with pytest.raises(RecordRefused, match="EmailAddress is invalid"):
        side.update(bad)
    side.update(RENAMED)
    assert operations(connection.asked[-1])[0] == ("test", "/Name")


def test_a_404_that_is_the_records_own_is_a_record_that_is_gone() -> None:
    with pytest.raises(RecordGone):
        client(GONE, GONE)[0].update(RENAMED)


def test_a_404_about_something_else_does_not_lose_the_record() -> None:
    side, _ = client(problem(404, "Payment term with id = 7 not found."), answer(200, dto()))
    with pytest.raises(RecordRefused, match="Payment term") as caught:
        side.update(RENAMED)
    assert not isinstance(caught.value, RecordGone)


def test_a_404_of_the_gateway_is_a_bug() -> None:
    with pytest.raises(TribePoError, match="Resource not found") as caught:
        client(NO_ROUTE)[0].update(RENAMED)
    assert isinstance(caught.value, MisunderstoodError)


def test_an_update_without_the_privilege_names_it() -> None:
    with pytest.raises(NotAllowed, match="Supplier_Full"):
        client(answer(403))[0].update(edit({"phone": "1"}, kind=Kind.SUPPLIER))


FIRST_ADDRESS = edit({"address": STORGATA}, {"address": None})


def test_a_first_address_refused_in_parts_is_sent_whole() -> None:
    side, connection = client(problem(400, "'MailAddress' was not found."), answer(200, dto()))
    assert side.update(FIRST_ADDRESS).record is not None
    assert operations(connection.asked[1]) == [("add", "/MailAddress")]


def test_a_first_address_refused_both_ways_gives_the_first_reason() -> None:
    side, _ = client(problem(400, "ZipCode is too long."), problem(400, "Other."))
    with pytest.raises(RecordRefused, match="ZipCode is too long"):
        side.update(FIRST_ADDRESS)


def supplier_named(name: Value, before: Value = "Kari Nordmann") -> Any:
    return edit({"name": name}, {"name": before}, kind=Kind.SUPPLIER, identity="12346")


def test_a_private_supplier_is_renamed_by_first_and_last_name() -> None:
    side, connection = client(answer(200, person()), answer(200, person(LastName="Hansen")))
    written = side.update(supplier_named("Kari Hansen"))
    assert connection.asked[1].body == [
        {"op": "test", "path": "/LastName", "value": "Nordmann"},
        {"op": "replace", "path": "/LastName", "value": "Hansen"},
    ]
    assert written.record is not None
    assert written.record.values["name"] == "Kari Hansen"


def test_a_private_supplier_that_was_renamed_meanwhile_has_moved() -> None:
    with pytest.raises(RecordMoved):
        client(answer(200, person(LastName="Berg")))[0].update(supplier_named("Kari Hansen"))


def test_a_private_supplier_needs_two_names() -> None:
    with pytest.raises(RecordRefused, match="first and a last name"):
        client(answer(200, person()))[0].update(supplier_named("Hansen"))


def test_a_company_that_supplies_is_renamed_by_name() -> None:
    side, connection = client(answer(200, dto(12346)), answer(200, dto(12346)))
    side.update(supplier_named("New AS", "Fjord Kaffe AS"))
    assert operations(connection.asked[1]) == [("test", "/Name"), ("replace", "/Name")]


def test_a_supplier_that_is_gone_is_not_renamed() -> None:
    with pytest.raises(RecordGone):
        client(GONE)[0].update(supplier_named("New AS"))
