"""Messages about nights, on their way to the configured channels; no rerun deletes one."""

from schemas.base import Date, Int64, Table, TableSpec, Text, Timestamp, column

PENDING, DELIVERED, GIVEN_UP = "pending", "delivered", "given up"
STATES = (PENDING, DELIVERED, GIVEN_UP)
FINDINGS, FAILURE = "findings", "failure"
SUBJECTS = (FINDINGS, FAILURE)


class Outbox(Table):
    """One row per message and channel: what is said of a night, and whether it has arrived."""

    message_id: Text = column(
        "identifies the message at its receiver too; a repeated delivery has the same", unique=True
    )
    log_date: Date = column("the night")
    channel: Text = column("name of the configured channel")
    subject: Text = column("what it is about", isin=SUBJECTS)
    edition: Int64 = column("1 for what was said first of that night, more for what replaces it", ge=1)
    content: Text = column("hash of what it says")
    body: Text = column("JSON: what it says")
    state: Text = column("whether it has arrived", isin=STATES)
    attempts: Int64 = column("how often its delivery began", ge=0)
    created_at: Timestamp = column("when it was written, UTC")
    claimed_until: Timestamp = column("until when somebody is delivering it, UTC", nullable=True)
    settled_at: Timestamp = column("when it arrived or was given up, UTC", nullable=True)
    fault: Text = column("why the last attempt failed", nullable=True)


OUTBOX = TableSpec("report.outbox", Outbox, ("message_id",), night=None)

TABLES = (OUTBOX,)
