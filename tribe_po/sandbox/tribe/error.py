"""The one exception of the imitated Tribe API: it knows its HTTP status and its OData body."""

from __future__ import annotations


class ODataError(Exception):
    """An answer that is not 2xx. The body is `{"error": {"code", "message"}}` (tribe.md 4.8)."""

    def __init__(self, status: int, message: str, *, allow: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.allow = allow

    def body(self) -> dict[str, dict[str, str]]:
        """The OData error object."""
        return {"error": {"code": str(self.status), "message": self.message}}


class OAuthError(Exception):
    """A refused token request, in the words of ORY Hydra (tribe.md 2.3)."""

    def __init__(self, status: int, error: str, description: str, hint: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description
        self.hint = hint

    def body(self) -> dict[str, str]:
        """The OAuth error object."""
        return {
            "error": self.error,
            "error_description": self.description,
            "error_hint": self.hint,
        }


def bad_request(message: str) -> ODataError:
    """A 400 with `message`."""
    return ODataError(400, message)


def not_found(message: str) -> ODataError:
    """A 404 with `message`."""
    return ODataError(404, message)


def unknown_property(type_name: str, name: str) -> ODataError:
    """The 400 for a name that the type does not declare; names are case-sensitive."""
    return bad_request(f"The type '{type_name}' has no property '{name}'.")
