"""The token endpoint's side of the imitated Tribe tenant (tribe.md 2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.error import OAuthError, ODataError


class TokenDesk:
    """Issues tokens to one client and knows which are alive."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._credentials = (client_id, client_secret)
        self._alive: dict[str, tuple[datetime, frozenset[str]]] = {}

    def issue(
        self, form: Mapping[str, str], now: datetime, dialect: TribeDialect
    ) -> dict[str, Any]:
        """The token response to a form. Raises OAuthError."""
        if "grant_type" not in form:
            raise OAuthError(
                400,
                "invalid_request",
                "The request is missing a required parameter, includes an invalid parameter "
                "value, includes a parameter more than once, or is otherwise malformed.",
                "The form field 'grant_type' is missing; check the Content-Type too.",
            )
        if form["grant_type"] != "client_credentials":
            raise OAuthError(
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
                "This client may use 'client_credentials'.",
            )
        self._authenticate(form)
        scopes = _granted(form.get("scope", "").split(), dialect.scopes)
        token = f"sandbox.{secrets.token_urlsafe(24)}"
        self._alive[token] = (now + timedelta(seconds=dialect.token_seconds), scopes)
        return {
            "access_token": token,
            "expires_in": dialect.token_seconds,
            "scope": form.get("scope", ""),
            "token_type": "bearer",
        }

    def authorize(self, header: str | None, now: datetime, scope: str) -> None:
        """Raises a 401 unless the Authorization header carries a token that lives, and a 403
        when the token was asked for without `scope`. A token without any scope may do all."""
        kind, _, token = (header or "").partition(" ")
        if kind.lower() != "bearer" or token not in self._alive:
            raise ODataError(401, "Full authentication is required to access this resource.")
        expires, scopes = self._alive[token]
        if now >= expires:
            del self._alive[token]
            raise ODataError(401, "The access token has expired.")
        if scopes and scope not in scopes:
            raise ODataError(403, f"The token lacks the scope '{scope}'.")

    def revoke_all(self) -> None:
        """From now on every token issued so far answers 401."""
        self._alive.clear()

    def _authenticate(self, form: Mapping[str, str]) -> None:
        if (form.get("client_id"), form.get("client_secret")) == self._credentials:
            return
        raise OAuthError(
            401,
            "invalid_client",
            "Client authentication failed (e.g., unknown client, no client authentication "
            "included, or unsupported authentication method).",
            "The OAuth 2.0 client supports 'client_secret_post' only.",
        )


def _granted(asked: list[str], known: tuple[str, ...]) -> frozenset[str]:
    for scope in asked:
        if scope not in known:
            raise OAuthError(
                400,
                "invalid_scope",
                "The requested scope is invalid, unknown, or malformed.",
                f"The OAuth 2.0 Client is not allowed to request scope '{scope}'.",
            )
    return frozenset(asked)
