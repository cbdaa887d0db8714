"""The token endpoint and what a token opens."""

from datetime import timedelta

import pytest

from tests.sandbox.tribe.client import ORGANIZATION, ROOT, TribeClient


def test_a_token_is_lower_case_bearer_and_tells_its_life() -> None:
    answer = TribeClient().token()
    body = answer.get_json()
    assert answer.status_code == 200
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    assert body["scope"] == "read write offline"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "read write admin"}, 400, "invalid_scope"),
    ],
)
def test_token_refusals_speak_ory(form: dict[str, str], status: int, error: str) -> None:
    answer = TribeClient().token(**form)
    assert answer.status_code == status
    assert answer.get_json()["error"] == error
    assert set(answer.get_json()) == {"error", "error_description", "error_hint"}


def test_credentials_in_a_basic_header_do_not_count() -> None:
    client = TribeClient()
    answer = client.http.post(
        "/tribe/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(client.tenant.client_id, client.tenant.client_secret),
    )
    assert answer.get_json()["error"] == "invalid_client"


def test_a_token_request_in_json_is_malformed() -> None:
    client = TribeClient()
    answer = client.http.post(
        "/tribe/oauth2/token",
        json={
            "grant_type": "client_credentials",
            "client_id": client.tenant.client_id,
            "client_secret": client.tenant.client_secret,
        },
    )
    assert answer.get_json()["error"] == "invalid_request"


def test_offline_can_be_an_unknown_scope() -> None:
    client = TribeClient(scopes=("read", "write", "offline"))
    client.tenant.dialect = type(client.tenant.dialect)(scopes=("read", "write"))
    assert client.token().get_json()["error"] == "invalid_scope"
    assert client.token(scope="read write").status_code == 200
    assert client.token(scope="").status_code == 200


def test_a_token_ends_by_the_clock() -> None:
    client = TribeClient()
    client.clock.advance(timedelta(seconds=3599))
    assert client.get(ORGANIZATION).status_code == 200
    client.clock.advance(timedelta(seconds=1))
    assert client.get(ORGANIZATION).status_code == 401


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic abc"])
def test_without_a_living_token_all_is_401(header: str | None) -> None:
    client = TribeClient()
    headers = {} if header is None else {"Authorization": header}
    answer = client.http.get(ROOT + "No_Such_Set", headers=headers)
    client.refusal(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_revoked_tokens_answer_401() -> None:
    client = TribeClient()
    client.tenant.revoke_tokens()
    client.refusal(client.get(ORGANIZATION), 401)


def test_a_read_token_may_not_write() -> None:
    client = TribeClient()
    token = client.token(scope="read").get_json()["access_token"]
    client.authorization = f"Bearer {token}"
    assert client.get(ORGANIZATION).status_code == 200
    client.refusal(client.send("POST", ORGANIZATION, {"Name": "Alfa AS"}), 403)


def test_a_token_in_the_query_is_refused() -> None:
    client = TribeClient()
    token = client.authorization.removeprefix("Bearer ")
    answer = client.http.get(f"{ROOT}{ORGANIZATION}?access_token={token}")
    client.refusal(answer, 401)
