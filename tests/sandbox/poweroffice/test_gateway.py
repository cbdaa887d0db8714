"""Keys, tokens, limits and routes of the imitated PowerOffice Go."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from tests.sandbox.poweroffice.peer import Peer, assert_problem
from tribe_po.sandbox.faults import Delay, Fault, Run
from tribe_po.sandbox.pace import SlidingWindow, TokenBucket
from tribe_po.sandbox.requests_log import Request


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def test_token_lives_twenty_minutes_of_the_sandbox_clock(peer: Peer) -> None:
    answer = peer.token()
    assert answer.status_code == 200
    token = answer.json()
    assert token["token_type"] == "bearer"
    assert token["expires_in"] == 1200
    peer.session.headers["Authorization"] = f"Bearer {token['access_token']}"
    peer.clock.advance(timedelta(seconds=1199))
    assert peer.get("/Customers").status_code == 204
    peer.clock.advance(timedelta(seconds=1))
    refused = peer.get("/Customers")
    assert refused.status_code == 401
    assert refused.content == b""


def test_token_needs_matching_keys(peer: Peer) -> None:
    answer = peer.token(auth=("sandbox-app-key-not-a-secret", "other"))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_client"
    assert "matching the desired environment" in answer.json()["error_description"]


@pytest.mark.parametrize("header", ["Bearer x", "Basic ???", "Basic /w==", ""])
def test_token_needs_basic_credentials(peer: Peer, header: str) -> None:
    key = peer.tenant.keys.subscription
    headers = {"Ocp-Apim-Subscription-Key": key, "Authorization": header}
    answer = peer.token(auth=None, headers=headers)
    assert answer.json()["error"] == "invalid_client"


def test_token_request_is_a_form(peer: Peer) -> None:
    answer = peer.token(data=None, json={"grant_type": "client_credentials"})
    assert answer.json()["error"] == "invalid_request"


def test_token_of_a_switched_off_integration(peer: Peer) -> None:
    peer.tenant.integration_active = False
    assert peer.token().json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"other": "x"}, "invalid_request"),
    ],
)
def test_token_needs_the_right_grant(peer: Peer, data: dict[str, str], error: str) -> None:
    answer = peer.token(data=data)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_revoked_tokens_are_refused(peer: Peer) -> None:
    peer.tenant.revoke_tokens()
    assert peer.get("/Customers").status_code == 401


@pytest.mark.parametrize("key", [None, "wrong"])
def test_subscription_key_is_the_gateways_business(peer: Peer, key: str | None) -> None:
    answer = peer.ask("GET", "/Customers", headers={"Ocp-Apim-Subscription-Key": key})
    assert answer.status_code == 401
    assert answer.json()["statusCode"] == 401
    assert "subscription key" in answer.json()["message"]


def test_subscription_key_rotation_and_query_form(peer: Peer) -> None:
    peer.tenant.subscription_keys.discard(peer.tenant.keys.subscription)
    assert peer.get("/Customers").status_code == 401
    second = peer.tenant.keys.subscription_secondary
    answer = peer.ask(
        "GET",
        "/Customers",
        headers={"Ocp-Apim-Subscription-Key": None},
        params={"subscription-key": second},
    )
    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/Nothing"), ("PUT", "/Customers"), ("POST", "/Customers/1"), ("GET", "/")],
)
def test_unknown_route_is_a_gateway_404(peer: Peer, method: str, path: str) -> None:
    answer = peer.ask(method, path)
    assert answer.status_code == 404
    assert answer.json() == {"statusCode": 404, "message": "Resource not found"}


def test_paths_ignore_case(peer: Peer) -> None:
    peer.tenant.add_customer(Name="Fjord Kaffe AS")
    url = peer.sandbox.url + "/poweroffice/V2/cUSTOMERS"
    assert peer.session.get(url, timeout=5).status_code == 200


def test_rate_limit_counts_token_requests_too() -> None:
    peer = Peer(requests_per_second=3)
    peer.tenant.pace = SlidingWindow(3, elapsed=lambda: 100.0)
    assert peer.token().status_code == 200
    assert [peer.get("/Customers").status_code for _ in range(3)] == [204, 204, 429]
    refused = peer.token()
    peer.close()
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["statusCode"] == "429"
    assert "Try again in 1 seconds" in refused.json()["message"]


def test_window_slides() -> None:
    now = [0.0]
    window = SlidingWindow(2, elapsed=lambda: now[0])
    admitted = []
    for moment in (0.0, 0.75, 0.875, 1.0, 1.5, 1.75):
        now[0] = moment
        admitted.append(window.admit())
    assert admitted == [True, True, False, True, False, True]


def test_a_bucket_fills_up() -> None:
    now = [0.0]
    bucket = TokenBucket(2, elapsed=lambda: now[0])
    admitted = []
    for moment in (0.0, 0.0, 0.25, 0.5, 0.75, 9.0, 9.0, 9.0):
        now[0] = moment
        admitted.append(bucket.admit())
    assert admitted == [True, True, False, True, False, True, True, False]


def test_two_posts_of_customers_at_once(peer: Peer) -> None:
    answered, leave = threading.Event(), threading.Event()
    log = peer.sandbox.requests
    original = log.add

    def hold_back(request: Request) -> None:
        original(request)
        if request.status == 201 and not answered.is_set():
            answered.set()
            assert leave.wait(5)

    log.add = hold_back  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(peer.post, "/Customers", Name="Fjord Kaffe AS")
        assert answered.wait(5)
        second = requests.post(
            peer.settings["POWEROFFICE_API_URL"] + "/Customers",
            json={"Name": "Skog AS"},
            headers=dict(peer.session.headers),
            timeout=5,
        )
        leave.set()
        assert first.result().status_code == 201
    assert second.status_code == 503
    assert second.content == b""
    assert peer.post("/Customers", Name="Skog AS").status_code == 201


def test_very_long_url(peer: Peer) -> None:
    numbers = ",".join(str(number) for number in range(10_000, 11_000))
    assert peer.get("/Customers", customerNos=numbers).status_code == 414


@pytest.mark.parametrize(
    ("privileges", "path", "reads", "writes"),
    [
        ({"Customer"}, "/Customers", 204, 403),
        ({"Customer_Full"}, "/Customers", 204, 201),
        ({"Customer_Full"}, "/Suppliers", 403, 403),
        ({"Supplier_Full"}, "/Suppliers", 204, 201),
        (set(), "/Customers", 403, 403),
    ],
)
def test_privileges(peer: Peer, privileges: set[str], path: str, reads: int, writes: int) -> None:
    peer.tenant.privileges = privileges
    assert peer.get(path).status_code == reads
    assert peer.post(path, Name="Fjord Kaffe AS").status_code == writes
    assert peer.get("/PaymentTerms").status_code == 403


def test_client_information_needs_no_privilege(peer: Peer) -> None:
    peer.tenant.privileges = {"Supplier"}
    peer.tenant.invalid_privileges = {"Customer_Full"}
    information = peer.get("/ClientIntegrationInformation").json()
    assert information["ClientName"] == peer.tenant.client_name
    assert information["ValidPrivileges"] == ["Supplier"]
    assert information["InvalidPrivileges"] == ["Customer_Full"]


def test_payment_terms(peer: Peer) -> None:
    terms = peer.get("/PaymentTerms", OrderBy="CreditDays").json()
    assert [term["CreditDays"] for term in terms] == [10, 14, 30]
    assert peer.get(f"/PaymentTerms/{terms[1]['Id']}").json() == terms[1]
    assert_problem(peer.get("/PaymentTerms/1"), 404, "id = 1 not found")


def test_number_series(peer: Peer) -> None:
    series = peer.get(
        "/SubLedgerNumberSeries", subLedgerNumberSeriesType="Customer", isDefault="true"
    ).json()
    assert [(row["FromInclusive"], row["ToInclusive"]) for row in series] == [(10_000, 19_999)]
    assert peer.get(f"/SubLedgerNumberSeries/{series[0]['Id']}").json() == series[0]
    assert len(peer.get("/SubLedgerNumberSeries", generalLedgerAccountNos="2000-2500").json()) == 1
    wrong_case = peer.get("/SubLedgerNumberSeries", subLedgerNumberSeriesType="customer")
    assert_problem(wrong_case, 400, "customer")
    assert_problem(peer.get("/SubLedgerNumberSeries", isDefault="yes"), 400, "boolean")
    assert_problem(peer.get("/SubLedgerNumberSeries/1"), 404, "id = 1")


def test_delay_and_an_edit_in_between(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="Fjord Kaffe AS")
    peer.sandbox.faults.add(Fault("poweroffice", "GET", "/Customers$", Delay(0)))
    edit = Run(lambda: peer.tenant.edit_customer(customer, Name="Fjord Te AS"))
    peer.sandbox.faults.add(Fault(None, None, r"/customers/\d+$", edit, skip=1))
    assert peer.get(f"/Customers/{customer}").json()["Name"] == "Fjord Kaffe AS"
    assert peer.get(f"/Customers/{customer}").json()["Name"] == "Fjord Te AS"


def test_many_at_once(peer: Peer) -> None:
    def post(number: int) -> int:
        answer = requests.post(
            peer.settings["POWEROFFICE_API_URL"] + "/Suppliers",
            json={"Name": f"Leverandør {number}"},
            headers=dict(peer.session.headers),
            timeout=5,
        )
        return int(answer.json()["Number"])

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(post, range(40)))
    assert sorted(numbers) == list(range(20_000, 20_040))
    assert len(peer.sandbox.requests) == 40
