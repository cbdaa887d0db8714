"""The passes that `sync` makes, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tribe_po.passes import (
    invoice,
    pull_payments,
    pull_products,
    pull_relations,
    push_products,
    push_relations,
)
from tribe_po.passes.run import Options, Report
from tribe_po.passes.session import Session


def _invoice(session: Session, options: Options) -> Report:
    limits = invoice.limited(options.limits, session.settings)
    return invoice.invoice(session, replace(options, limits=limits))


PASSES: Mapping[str, Callable[[Session, Options], Report]] = {
    push_relations.NAME: push_relations.push_relations,
    pull_relations.NAME: pull_relations.pull_relations,
    push_products.NAME: push_products.push_products,
    pull_products.NAME: pull_products.pull_products,
    invoice.NAME: _invoice,
    pull_payments.NAME: pull_payments.pull_payments,
}
