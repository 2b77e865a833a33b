"""What people say of findings: whom not to report again, and what they judged. No night and no rerun touches them."""

from typing import Any

from schemas.base import Date, Table, TableSpec, Text, Timestamp, column

KINDS = ("address", "network", "user", "port", "pattern")
SIDES = ("source", "target", "either")
JUDGEMENTS = ("benign", "malicious")


def _side() -> Any:
    return column(
        "which end of a record an address or network is looked for at; null for other kinds", nullable=True, isin=SIDES
    )


class Entry(Table):
    """What both tables say: whom it is about, who answers for it, and until when."""

    kind: Text = column("what the value is; pattern: the finding_id that a group keeps from night to night", isin=KINDS)
    value: Text = column("address, network in CIDR notation, user, destination port or finding_id")
    side: Text = _side()
    owner: Text = column("who answers for it")
    reason: Text = column("why")
    created_at: Timestamp = column("when it was written, UTC")
    expires_at: Timestamp = column(
        "first moment that it no longer holds for, UTC: a night counts by its beginning; null for ever", nullable=True
    )


class Suppressions(Entry):
    """One row per kind of finding that is not to be reported again; what it hides is in report.suppressed_clusters."""

    suppression_id: Text = column("identifies the entry; the same kind, value and side give the same id", unique=True)


class Feedback(Entry):
    """One row per judgement of an analyst: what was benign and what malicious, and in which nights."""

    feedback_id: Text = column(
        "identifies the entry; the same kind, value, side and nights give the same id", unique=True
    )
    verdict: Text = column("what the analyst found", isin=JUDGEMENTS)
    first_night: Date = column("first night that it is about")
    last_night: Date = column("last night that it is about; null for all that follow", nullable=True)


SUPPRESSIONS = TableSpec("report.suppressions", Suppressions, ("suppression_id",), night=None)
FEEDBACK = TableSpec("report.feedback", Feedback, ("feedback_id",), night=None)

TABLES = (SUPPRESSIONS, FEEDBACK)
