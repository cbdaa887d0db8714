"""How an imitated Tribe tenant answers where the contract is silent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TribeDialect:
    """The open questions of tribe.md (section 15), one switch each.

    put: PUT updates; off, it answers 405 and only POST with an ID is left (4.2).
    next_link: a page that is cut short carries `@odata.nextLink` (4.5).
    page_cap: the most rows in one page, whatever `$top` asks for (4.5).
    write_body: writes answer 200/201 with the entity; off, 204 without a body (4.2).
    upgrade_keeps_id: a lead keeps its ID when it becomes a customer (6.5).
    metadata: `$metadata` exists; off, 404 (4.6).
    auto_number: a new organisation or person gets a DebtorNumber, also over one that the API
        client sent (6.1).
    stamp_on_create: LastMutationDate is set at creation; off, null until the first change (4.7).
    order_by_id: `$orderby` takes ID as a key (4.5).
    scopes: the OAuth scopes that the application may ask for (2.2).
    token_seconds: the life of a token (2.3).
    """

    put: bool = True
    next_link: bool = False
    page_cap: int = 100
    write_body: bool = True
    upgrade_keeps_id: bool = True
    metadata: bool = True
    auto_number: bool = False
    stamp_on_create: bool = False
    order_by_id: bool = True
    scopes: tuple[str, ...] = ("read", "write", "offline")
    token_seconds: int = 3600
