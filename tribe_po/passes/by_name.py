"""The functions behind the passes of the schedule, by their names."""

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
    schedule,
)
from tribe_po.passes.run import Options, Report
from tribe_po.passes.session import Session


def _invoice(session: Session, options: Options) -> Report:
    limits = invoice.limited(options.limits, session.settings)
    return invoice.invoice(session, replace(options, limits=limits))


PASSES: Mapping[str, Callable[[Session, Options], Report]] = {
    schedule.PUSH_RELATIONS.name: push_relations.push_relations,
    schedule.PULL_RELATIONS.name: pull_relations.pull_relations,
    schedule.PUSH_PRODUCTS.name: push_products.push_products,
    schedule.PULL_PRODUCTS.name: pull_products.pull_products,
    schedule.INVOICE.name: _invoice,
    schedule.PULL_PAYMENTS.name: pull_payments.pull_payments,
}
