"""Filters, paging and selection of the imitation's lists."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.poweroffice.peer import ADDRESS, START, Peer, assert_problem
from tribe_po.sandbox.poweroffice.stamps import canonical, stamp


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def test_empty_list_is_204_without_a_body(peer: Peer) -> None:
    for path in ("/Customers", "/Suppliers"):
        answer = peer.get(path)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "Content-Type" not in answer.headers


def test_last_changed_is_exclusive(peer: Peer) -> None:
    first = peer.tenant.add_customer(Name="A")
    peer.clock.advance(timedelta(microseconds=7))
    second = peer.tenant.add_customer(Name="B")
    stamps = [row["LastChangedDateTimeOffset"] for row in peer.tenant.customers()]
    newer = "lastChangedDateTimeOffsetGreaterThan"
    assert peer.ids("/Customers", **{newer: stamps[0]}) == [second]
    assert peer.ids("/Customers", **{newer: stamps[1]}) == []
    assert peer.ids("/Customers", **{newer: stamps[1][:26] + "Z"}) == [second]
    assert peer.ids("/Customers", **{newer: "2026-09-01T07:59:59+02:00"}) == [second, first]
    peer.tenant.edit_address(first, **ADDRESS)
    assert peer.ids("/Customers", **{newer: stamps[1]}) == []


def test_unencoded_plus_is_refused(peer: Peer) -> None:
    url = "/Customers?lastChangedDateTimeOffsetGreaterThan=2026-09-01T06:00:00+00:00"
    assert_problem(peer.ask("GET", url), 400, "not a date and time")


def test_created_filters(peer: Peer) -> None:
    contact = peer.tenant.add_customer(Name="A")
    peer.clock.advance(timedelta(minutes=5))
    peer.tenant.add_supplier(contact_id=contact)
    since = "2026-09-01T06:03:00Z"
    assert peer.ids("/Suppliers", supplierCreatedDateTimeOffsetGreaterThan=since) == [contact]
    assert peer.ids("/Customers", customerCreatedDateTimeOffsetGreaterThan=since) == []


def test_number_ranges(peer: Peer) -> None:
    a, b, c, d = (peer.tenant.add_customer(Name="X", ExternalNumber=n) for n in (1, 5, 9, 14))
    assert peer.ids("/Customers", customerNos="10001-10002, 10000") == [c, b, a]
    assert peer.ids("/Customers", customerNos="10003-") == [d]
    assert peer.ids("/Customers", externalNos="2-9") == [c, b]
    assert peer.ids("/Customers", customerNos="55555") == []
    for wrong in ("abc", "1,,2", "-5", "1-2-3", ""):
        assert_problem(peer.get("/Customers", customerNos=wrong), 400, "customerNos")


def test_lists_of_texts(peer: Peer) -> None:
    a = peer.tenant.add_customer(
        Name="A",
        OrganizationNumber="923456783",
        PhoneNumber="+4722000000",
        EmailAddress="a@x.example",
        ExternalImportReference="tribe:1",
    )
    b = peer.tenant.add_customer(Name="B", EmailAddress="b@x.example")
    assert peer.ids("/Customers", organizationNumbers="923456783,1") == [a]
    assert peer.ids("/Customers", phoneNumbers="+4722000000") == [a]
    assert peer.ids("/Customers", phoneNumbers="22000000") == []
    assert peer.ids("/Customers", emailAddresses="a@x.example, b@x.example") == [b, a]
    assert peer.ids("/Customers", externalImportReference="tribe:1") == [a]
    assert peer.ids("/Customers", externalImportReference="tribe:1,tribe:2") == []


def test_contact_groups(peer: Peer) -> None:
    member = peer.tenant.add_customer(Name="A", ContactGroupIds=[1001])
    peer.tenant.add_customer(Name="B")
    assert peer.ids("/Customers", contactGroupIds="1001,1002") == [member]
    unknown = peer.get("/Customers", contactGroupIds="1001,41345,21445")
    assert_problem(unknown, 404, "Could not find contact group(s) with id = 21445, 41345.")
    assert_problem(peer.get("/Customers", contactGroupIds="1-5"), 400, "'-' is not allowed")


@pytest.mark.parametrize(
    "query",
    [
        {"$top": "1"},
        {"$filter": "Id eq 1"},
        {"pageSize": "5"},
        {"isArchived": "false"},
        {"supplierNos": "1-"},
        {"PageSize": "5001"},
        {"PageSize": "0"},
        {"PageNumber": "x"},
        {"PageNumber": "-1"},
        {"Fields": "Id,Nothing"},
        {"Fields": "Id,,Name"},
        {"Fields": "MailAddress.City"},
        {"OrderBy": "Name upwards"},
        {"OrderBy": "Nothing asc"},
        {"OrderBy": ""},
        {"UseDatabaseValidation": "perhaps"},
    ],
)
def test_what_is_not_understood_refuses_the_whole_request(
    peer: Peer, query: dict[str, Any]
) -> None:
    peer.tenant.add_customer(Name="A")
    assert_problem(peer.get("/Customers", **query), 400)


def test_parameters_are_refused_everywhere(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="A")
    assert peer.get(f"/Customers/{customer}", Fields="Id").status_code == 400
    assert peer.ask("GET", "/Customers?PageSize=1&PageSize=2").status_code == 400


def test_pages(peer: Peer) -> None:
    created = [peer.tenant.add_customer(Name=f"Kunde {number}") for number in range(5)]
    seen: list[int] = []
    page, links = 1, 0
    while True:
        answer = peer.get("/Customers", PageNumber=page, PageSize=2, OrderBy="Number asc")
        seen += [row["Id"] for row in answer.json()]
        header = answer.headers.get("X-Pagination")
        if header is None:
            break
        link = urlsplit(json.loads(header)["nextPageLink"])
        query = parse_qs(link.query)
        assert link.netloc != urlsplit(peer.sandbox.url).netloc
        assert (query["PageSize"], query["OrderBy"]) == (["2"], ["Number asc"])
        page, links = int(query["PageNumber"][0]), links + 1
    assert seen == created
    assert links == 2
    assert peer.get("/Customers", PageNumber=4, PageSize=2).status_code == 204


def test_last_full_page_has_no_link(peer: Peer) -> None:
    for name in "AB":
        peer.tenant.add_customer(Name=name)
    assert "X-Pagination" not in peer.get("/Customers", PageSize=2).headers
    assert "X-Pagination" in peer.get("/Customers", PageSize=1).headers
    peer.tenant.paginate_header = False
    assert "X-Pagination" not in peer.get("/Customers", PageSize=1).headers


def test_fields_ignore_case(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="A", MailAddress=ADDRESS)
    rows = peer.get("/Customers", Fields="id, name,mailaddress").json()
    assert [row.keys() for row in rows] == [{"Id", "Name", "MailAddress"}]
    assert rows[0]["Id"] == customer


def test_order(peer: Peer) -> None:
    a = peer.tenant.add_customer(Name="Bø AS", PhoneNumber="2")
    b = peer.tenant.add_customer(Name="ask AS")
    c = peer.tenant.add_customer(Name="Ask AS", PhoneNumber="1")
    assert peer.ids("/Customers", OrderBy="name, Id desc") == [c, b, a]
    assert peer.ids("/Customers", OrderBy="PhoneNumber desc") == [a, c, b]
    assert peer.ids("/Customers") == [c, b, a]


def test_archived_and_inactive_are_listed(peer: Peer) -> None:
    archived = peer.tenant.add_customer(Name="A", IsArchived=True)
    inactive = peer.tenant.add_customer(Name="B")
    peer.tenant.edit_customer(inactive, IsActive=False)
    assert peer.ids("/Customers", OrderBy="Id") == [archived, inactive]


def test_stamps() -> None:
    assert stamp(START) == "2026-09-01T06:00:00.0000000+00:00"
    moment = datetime(2026, 1, 1, 1, 2, 3, 400, timezone(timedelta(hours=1)))
    assert stamp(moment) == "2026-01-01T00:02:03.0004005+00:00"
    assert canonical(stamp(moment)) == stamp(moment)
    assert canonical("2026-01-01T00:02:03.12") == "2026-01-01T00:02:03.1200000+00:00"
    assert canonical("2026-01-01T02:02:03+02:00") == "2026-01-01T00:02:03.0000000+00:00"
    with pytest.raises(ValueError, match="Invalid"):
        canonical("yesterday")
