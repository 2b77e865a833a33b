"""Makes events of the text fields that a format found: the part that all formats share.

Here: types, units, bounds, and the reason why a record is rejected. Not here: what actions and protocols mean, which
is looked up once per distinct text (staging).
"""

from datetime import UTC, datetime

import ibis
import ibis.expr.types as ir

from pipeline.config import MAPPABLE_COLUMNS, Source
from pipeline.ingest import addresses
from pipeline.ingest.contract import MAX_REJECTED_TEXT
from pipeline.ingest.engine_functions import first_characters, sha256, variable
from pipeline.ingest.timestamps import moment

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_MOMENT = "latest_moment"
WHOLE_NUMBERS = {"source_port": 65_535, "dest_port": 65_535, "bytes": 2**62}
NOTHING = ("", "-")
FIRST_VISIBLE = "!"
DIGEST_LENGTH = 32


def normalised(records: ibis.Table, source: Source) -> ibis.Table:
    """The records as events that still say `action` and `protocol` as the log does, or with a `fault`.

    Args:
        records: what a format's reader gives, numbered in `position`.
        source: names the zone and the format of timestamps, and whether to keep the records.

    The engine's variable `latest_moment` must say from when on events cannot have happened yet.
    """
    tidy = records.mutate(**{name: _text(records[name]) for name in MAPPABLE_COLUMNS})
    texts = tidy.mutate(**{f"{name}_number": tidy[name].try_cast("float64") for name in WHOLE_NUMBERS})
    typed = texts.mutate(
        moment=moment(texts.timestamp, source),
        **{f"{name}_value": addresses.canonical(texts[name]) for name in ("source_ip", "dest_ip")},
        **{f"{name}_value": _whole(texts[f"{name}_number"], most) for name, most in WHOLE_NUMBERS.items()},
    )
    judged = typed.mutate(fault=ibis.coalesce(typed.fault, _fault(typed)))
    return judged.select(
        "position",
        "line_number",
        "fault",
        digest=first_characters(sha256(ibis.literal(source.name + "\n") + judged.canonical), DIGEST_LENGTH),
        timestamp=judged.moment,
        source_ip=judged.source_ip_value,
        source_port=judged.source_port_value.cast("int32"),
        dest_ip=judged.dest_ip_value,
        dest_port=judged.dest_port_value.cast("int32"),
        action=judged.action,
        protocol=judged.protocol,
        bytes=judged.bytes_value,
        country=judged.country,
        log_date=judged.moment.date(),
        label=judged.label,
        raw_data=_kept(judged, keep_all=source.keep_raw),
    )


def _text(value: ir.StringValue) -> ir.StringValue:
    """Without blanks around it, null if that leaves nothing; cheap comparisons spare most values the work."""
    is_untidy = (value < FIRST_VISIBLE) | value.endswith(" ") | value.isin(NOTHING)
    return is_untidy.ifelse(value.strip().nullif("").nullif("-"), value)


def _whole(number: ir.FloatingValue, most: int) -> ir.IntegerValue:
    """Integers from 0, also those that passed through floating point, such as `443.0`; null for anything else."""
    is_whole = (number >= 0) & (number <= most) & (number % 1 == 0)
    return is_whole.ifelse(number, ibis.null("float64")).cast("int64")


def _fault(typed: ibis.Table) -> ir.StringValue:
    """All that is wrong with a record in a few words, or null."""
    faults = [
        (typed.timestamp.isnull(), "timestamp is missing"),
        (typed.timestamp.notnull() & typed.moment.isnull(), "timestamp cannot be read"),
        (typed.moment < ibis.literal(EARLIEST), f"timestamp is before {EARLIEST.year}"),
        (typed.moment > variable(LATEST_MOMENT), "timestamp is in the future"),
        *(_unreadable(typed, name, "address") for name in ("source_ip", "dest_ip")),
        *(_unreadable(typed, name, "port") for name in ("source_port", "dest_port")),
        _unreadable(typed, "bytes", "size"),
    ]
    # null where nothing is wrong: the engine leaves nulls out when it joins
    reasons = [is_wrong.ifelse(reason, ibis.null(str)) for is_wrong, reason in faults]
    return ibis.literal("; ").join(reasons).nullif("")


def _unreadable(typed: ibis.Table, name: str, kind: str) -> tuple[ir.BooleanValue, str]:
    return typed[name].notnull() & typed[f"{name}_value"].isnull(), f"{name} is no {kind}"


def _kept(judged: ibis.Table, *, keep_all: bool) -> ir.StringValue:
    """The record as read: up to a limit if it is rejected, otherwise where the source asks for it."""
    accepted = judged.record.strip() if keep_all else ibis.null(str)
    return judged.fault.notnull().ifelse(first_characters(judged.record, MAX_REJECTED_TEXT).strip(), accepted)
