"""Where the sandbox, or a request, is meant to differ from the OpenAPI document or `$metadata`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.contract.exchanges import Exchange


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is no fault: `operation` and `fault` are patterns of what would be said.

    `switch`: only while this switch of the sandbox stands otherwise than usual. `source`: the
    section of the notes on the API (poweroffice.md, or tribe.md for Tribe's) that says so.
    """

    operation: str
    fault: str
    source: str
    switch: str | None = None

    def covers(self, operation: str, fault: str, exchange: Exchange) -> bool:
        return (
            (self.switch is None or self.switch in exchange.deviating)
            and re.fullmatch(self.operation, operation, re.IGNORECASE) is not None
            and re.fullmatch(self.fault, fault) is not None
        )


_ANY = r".*"
_UNDOCUMENTED = "this status is not documented"

DEVIATIONS = (
    Deviation(
        _ANY,
        r"answer 20\d: \S*\b(MailAddress|Accrual): None for not nullable",
        "8: an object that is not there, which the document cannot call nullable",
    ),
    Deviation(
        _ANY,
        r"answer (401|403|429): a body where there is none",
        "6: the gateway's errors have a body, and the document gives them no schema",
    ),
    Deviation("POST /OAuth/Token", rf"answer 401: {_UNDOCUMENTED}", "2: the gateway's refusal"),
    Deviation(_ANY, rf"answer 414: {_UNDOCUMENTED}", "3: a filter that makes the URL too long"),
    Deviation(
        "(POST|PUT) .*",
        rf"answer 404: {_UNDOCUMENTED}",
        "6: the body, or on PUT the query, names an object that does not exist",
    ),
    Deviation(
        "(POST|PATCH) .*",
        rf"answer 409: {_UNDOCUMENTED}",
        "17, question 13: some resources answer 409 to what is in use already",
        switch="duplicate_status",
    ),
    Deviation(
        "POST .*",
        r"answer 20\d: the body is missing",
        "17, question 8: an answer to a write may be empty",
        switch="post_body",
    ),
    Deviation(
        "PATCH .*",
        rf"answer 204: {_UNDOCUMENTED}",
        "17, question 8: an answer to a write may be empty",
        switch="patch_body",
    ),
    Deviation(
        _ANY,
        r"answer 4\d\d: the body is missing",
        "17, question 1: a refusal without a body",
        switch="problem_members",
    ),
    Deviation(
        _ANY,
        r"answer 20\d: .*'AddedLater' was unexpected.*",
        "17, question 6: members may be added",
        switch="unknown_members",
    ),
    Deviation(
        _ANY,
        r"answer 20\d: \S*DateTimeOffset: '[-\dT:.]+' is not a 'date-time'",
        "17, question 7: time stamps without an offset",
        switch="offset",
    ),
    Deviation(
        "PATCH .*",
        r"request: JSON Patch add /ContactGroupIds/-: .* is not of type 'integer'",
        "8: the official example appends a text",
    ),
    Deviation(
        "GET /v2/InvoiceSettings",
        rf"answer 404: {_UNDOCUMENTED}",
        "17, question 16: an older environment does not have it",
    ),
    Deviation(
        "GET /v2/OutgoingInvoices",
        r"request: parameter (from|to)Date: .*T.* is not a 'date'",
        "5: a time in a parameter that is a date does not count",
    ),
    Deviation(
        "GET /v1/odata/.*",
        r"request: Property 'ImportId' .*",
        "15, question 7: the metadata is silent about a property that is there",
        switch="import_id",
    ),
    Deviation(
        "GET /v1/odata/Activity_Invoice",
        r"request: Resource 'Activity_Invoice' was not found\.",
        "1: asking is how to learn whether the tenant has the module by now",
        switch="billing",
    ),
)
