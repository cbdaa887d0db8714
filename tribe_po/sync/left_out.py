"""What has no counterpart and gets none, on purpose. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from tribe_po.records import Kind, Memory, Record, System
from tribe_po.sync.change import Task
from tribe_po.sync.lag import SETTLE


class LeftOut(StrEnum):
    """Why a record without a counterpart is not created on the other side, on purpose."""

    ARCHIVED = "archived"
    LEFT_ALONE = "left alone"
    UNCERTAIN = "an earlier create may still show up"
    NOT_SENT = "not in a sent phase"
    UNNUMBERED = "sent without a number"


def left_out(record: Record, memory: Memory, task: Task, now: datetime) -> LeftOut | None:
    """Why a record without a counterpart is not to be created, or None when it is."""
    intent = memory.intents.get((record.system.other, record.kind, record.id))
    if intent is not None and intent.target is System.TRIBE and now - intent.since < SETTLE:
        return LeftOut.UNCERTAIN
    if record.kind is Kind.INVOICE and (reason := _not_to_be_exported(record, task)):
        return reason
    if record.values.get("inactive") and not task.include_archived:
        return LeftOut.ARCHIVED
    alone = record.system is System.TRIBE and (record.kind, record.id) in memory.left_alone
    return LeftOut.LEFT_ALONE if alone and not task.push_unmatched else None


def _not_to_be_exported(record: Record, task: Task) -> LeftOut | None:
    rules = task.invoicing
    if rules is None or not rules.is_to_be_exported(record.values.get("phase")):
        return LeftOut.NOT_SENT
    return None if record.values.get("number") else LeftOut.UNNUMBERED
