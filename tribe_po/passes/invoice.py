"""`invoice`: what Tribe has sent becomes a sales order, an invoice or a voucher in PowerOffice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tribe_po.errors import ExitCode, GuardRefused, ModuleMissing
from tribe_po.passes.push_products import push_products
from tribe_po.passes.push_relations import push_relations
from tribe_po.passes.run import Options, Report, run, task_of
from tribe_po.passes.schedule import INVOICE
from tribe_po.passes.session import VOUCHERS_WANTED, Session
from tribe_po.records import Kind, System
from tribe_po.settings import InvoiceMode, Settings
from tribe_po.sync.guard import Limits

_PUSHES = {Kind.CUSTOMER: push_relations, Kind.PRODUCT: push_products}


def invoice(session: Session, options: Options, *, confirmed: bool = False) -> Report:
    """Export the invoices that were sent in Tribe, each once. Customers and products that they need
    and PowerOffice lacks are pushed first. Raise `ModuleMissing` where Tribe has no invoices."""
    settings = session.settings
    task = task_of(session, INVOICE)
    need_billing(session)
    if settings.invoice_mode is InvoiceMode.VOUCHER and not options.dry_run:
        _need_confirmation(session, confirmed=confirmed)
    report = run(session, task, options)
    reports = [report]
    # An invoice waits for its customer first, and then for its products.
    for _ in _PUSHES:
        if options.dry_run or report.error or not report.plan.awaited:
            break
        reports += _push_the_awaited(session, report, options)
        if _is_the_end(reports[-1]):
            return _in_all(reports)
        report = run(session, task, options)
        reports.append(report)
    return _in_all(reports)


def _push_the_awaited(session: Session, report: Report, options: Options) -> list[Report]:
    """Push the kinds of which an invoice awaits a record. The last report has an error that ends
    the whole pass, if there is one."""
    awaited = report.plan.awaited
    session.memory = replace(report.memory, left_alone=report.memory.left_alone - awaited)
    reports = []
    for kind, push in _PUSHES.items():
        if any(one is kind for one, _ in awaited) and kind in session.settings.kinds:
            pushed = push(session, options)
            session.memory = pushed.memory
            reports.append(pushed)
            if _is_the_end(pushed):
                break
    return reports


def _is_the_end(report: Report) -> bool:
    """Whether an error ends more than this push. A guard's refusal does not: what waits, waits."""
    return report.error is not None and report.error.exit_code is not ExitCode.REFUSED


def _in_all(reports: list[Report]) -> Report:
    """The last report, with what all of them have changed."""
    changes = tuple(change for report in reports for change in report.changes)
    return replace(reports[-1], changes=changes)


def limited(
    limits: Limits,
    settings: Settings,
    max_invoices: int | None = None,
    max_amount: Decimal | None = None,
) -> Limits:
    """The limits of a run, with those for invoices: as given, else as the settings have them."""
    return replace(
        limits,
        max_invoices=settings.max_invoices if max_invoices is None else max_invoices,
        max_amount=settings.max_amount if max_amount is None else max_amount,
    )


def need_billing(session: Session) -> None:
    """Raise `ModuleMissing` where the tenant has no Billing module: no error, but nothing to do."""
    if not session.sides[System.TRIBE].offers(Kind.INVOICE):
        raise ModuleMissing(
            "Tribe has no invoices",
            "Its Billing module is missing, or the keys may not read invoices. Nothing was done.",
            "Take this pass out of the crontab, or invoices out of TRIBE_PO_KINDS.",
        )


def _need_confirmation(session: Session, *, confirmed: bool) -> None:
    servers = session.memory.meta.servers
    if confirmed:
        servers[VOUCHERS_WANTED] = "yes"
    elif VOUCHERS_WANTED not in servers:
        raise GuardRefused(
            "Vouchers need a yes once",
            "A posted voucher cannot be changed, only reversed, and none was posted so far.",
            f"Read what would be posted: tribe-po {INVOICE.name} --dry-run. Then: "
            f"tribe-po {INVOICE.name} --yes",
        )
