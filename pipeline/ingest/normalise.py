"""Makes typed records of the text fields that a format found: the part that all formats share.

Here: types, units, bounds, and the reason why a record is rejected. Not here: what actions and protocols mean, which
is looked up once per distinct text (meanings).
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import ibis
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.ingest import addresses
from pipeline.ingest.contract import MAX_REJECTED_TEXT
from pipeline.ingest.engine_functions import first_characters, json_valid, microseconds, sha256, since_1970, variable
from pipeline.ingest.timestamps import moment, untidy_moment

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_MOMENT = "latest_moment"
MOST = 2**62
# most, type, what a value that cannot be read is not
WHOLE_NUMBERS = {
    "source_port": (65_535, "int32", "port"),
    "dest_port": (65_535, "int32", "port"),
    "icmp_type": (255, "int32", "ICMP type"),
    "icmp_code": (255, "int32", "ICMP code"),
    "bytes": (MOST, "int64", "size"),
    "bytes_out": (MOST, "int64", "size"),
    "bytes_in": (MOST, "int64", "size"),
    "packets_out": (MOST, "int64", "number of packets"),
    "packets_in": (MOST, "int64", "number of packets"),
}
TIMES = {"duration": "number of seconds", "session_minutes": "number of minutes"}
ADDRESSES = ("source_ip", "dest_ip")
NOTHING = ("", "-")
FIRST_VISIBLE = "!"
DIGEST_LENGTH = 32


def normalised(records: ibis.Table, source: Source, names: Sequence[str]) -> ibis.Table:
    """The records typed, their `action` and `protocol` still as the log says, or with a `fault`.

    Args:
        records: what a format's reader gives, with `target`, numbered in `position`.
        source: names the zone and the format of timestamps, and whether to keep the records.
        names: the fields that are wanted, `timestamp` among them; those that the reader does not give are null.

    The engine's variable `latest_moment` must say from when on records cannot have been written yet.
    """
    timed = records if "timestamp" in records.columns else records.mutate(timestamp=ibis.null(str))
    given = [name for name in names if name in timed.columns]
    texts = timed.mutate(**{name: _text(timed[name]) for name in given})
    numeric = [name for name in given if name in WHOLE_NUMBERS or name in TIMES]
    numbers = texts.mutate(
        timestamp_read=moment(texts.timestamp, source),
        **{f"{name}_number": texts[name].try_cast("float64") for name in numeric},
    )
    typed = numbers.mutate(**{_value(name): _typed(numbers, name, source) for name in given})
    judged = typed.mutate(fault=ibis.coalesce(typed.fault, _fault(typed, given)))
    return judged.select(
        "position",
        "line_number",
        "fault",
        "target",
        digest=first_characters(sha256(ibis.literal(source.name + "\n") + judged.canonical), DIGEST_LENGTH),
        log_date=since_1970(microseconds(judged[_value("timestamp")])).date(),
        raw_data=_kept(judged, keep_all=source.keep_raw),
        **{name: judged[_value(name)] if name in given else ibis.null(_type(name)) for name in names},
    )


def _value(name: str) -> str:
    return f"{name}_value"


def _typed(texts: ibis.Table, name: str, source: Source) -> ir.Value:
    """The value that a text means; null if it means none."""
    text = texts[name]
    if name == "timestamp":
        return untidy_moment(text, source, texts.timestamp_read)
    if name in ADDRESSES:
        return addresses.canonical(text)
    if name in WHOLE_NUMBERS:
        most, kind, _ = WHOLE_NUMBERS[name]
        return _whole(texts[f"{name}_number"], most).cast(kind)
    if name in TIMES:
        number = texts[f"{name}_number"]
        return number.between(0, MOST).ifelse(number, ibis.null("float64"))
    if name == "success":
        return text.try_cast("boolean")
    return json_valid(text).ifelse(text, ibis.null(str)) if name == "details" else text


def _type(name: str) -> str:
    """Of a field's values."""
    if name in WHOLE_NUMBERS:
        return WHOLE_NUMBERS[name][1]
    return "float64" if name in TIMES else "boolean" if name == "success" else "string"


def _text(value: ir.StringValue) -> ir.StringValue:
    """Without blanks around it, null if that leaves nothing; cheap comparisons spare most values the work."""
    is_untidy = (value < FIRST_VISIBLE) | value.endswith(" ") | value.isin(NOTHING)
    return is_untidy.ifelse(value.strip().nullif("").nullif("-"), value)


def _whole(number: ir.FloatingValue, most: int) -> ir.IntegerValue:
    """Integers from 0, also those that passed through floating point, such as `443.0`; null for anything else."""
    is_whole = (number >= 0) & (number <= most) & (number % 1 == 0)
    return is_whole.ifelse(number, ibis.null("float64")).cast("int64")


def _fault(typed: ibis.Table, names: Collection[str]) -> ir.StringValue:
    """All that is wrong with a record in a few words, or null."""
    when = typed[_value("timestamp")]
    faults = [
        (typed.timestamp.isnull(), "timestamp is missing"),
        (typed.timestamp.notnull() & when.isnull(), "timestamp cannot be read"),
        (when < ibis.literal(EARLIEST), f"timestamp is before {EARLIEST.year}"),
        (when > variable(LATEST_MOMENT), "timestamp is in the future"),
        *(
            (typed[name].notnull() & typed[_value(name)].isnull(), f"{name} is {kind}")
            for name, kind in _KINDS.items()
            if name in names
        ),
    ]
    # null where nothing is wrong: the engine leaves nulls out when it joins
    reasons = [is_wrong.ifelse(reason, ibis.null(str)) for is_wrong, reason in faults]
    return ibis.literal("; ").join(reasons).nullif("")


# what is to be said of a value that cannot be read
_KINDS = {
    **dict.fromkeys(ADDRESSES, "no address"),
    **{name: f"no {kind}" for name, (_, _, kind) in WHOLE_NUMBERS.items()},
    **{name: f"no {kind}" for name, kind in TIMES.items()},
    "success": "neither true nor false",
    "details": "no JSON",
}


def _kept(judged: ibis.Table, *, keep_all: bool) -> ir.StringValue:
    """The record as read: up to a limit if it is rejected, otherwise where the source asks for it."""
    accepted = judged.record.strip() if keep_all else ibis.null(str)
    return judged.fault.notnull().ifelse(first_characters(judged.record, MAX_REJECTED_TEXT).strip(), accepted)
