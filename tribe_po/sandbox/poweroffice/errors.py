"""The two shapes in which PowerOffice Go refuses (poweroffice.md section 6)."""

OBJECT_NOT_FOUND = "Object(s) not found"
UNABLE_TO_CAST = "Unable to cast object(s)"
INVALID_RESOURCE_PARAMETER = "Invalid resourceParameter"


class ProblemError(Exception):
    """The application refuses; answered as ProblemDetails, or with no body if title is empty."""

    def __init__(self, status: int, title: str = "", detail: str = "") -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail

    def body(self) -> dict[str, object] | None:
        """Return the members as live answers spell them, in lower case."""
        if not self.title:
            return None
        return {"title": self.title, "status": self.status, "detail": self.detail}


class GatewayError(Exception):
    """The gateway in front of the application refuses. `code` is the body's statusCode."""

    def __init__(self, status: int, message: str, code: int | str | None = None) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.code = status if code is None else code

    def body(self) -> dict[str, object]:
        return {"statusCode": self.code, "message": self.message}


def not_found(resource: str, identifier: object) -> ProblemError:
    """Return the refusal for an object that the URL names and that does not exist."""
    return ProblemError(404, OBJECT_NOT_FOUND, f"{resource} with id = {identifier} not found.")
