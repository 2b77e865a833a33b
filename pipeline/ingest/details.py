"""Builds `details`: the JSON object of a record's key facts that no column holds, made inside the engine.

Here: how such an object is written; facts without a value are left out. Not here: which facts a format has.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from pipeline.ingest.engine_functions import TEXTS

EMPTY = "{}"
NO_FACTS = ("null", '""', '"-"', "[]", "{}")


@ibis.udf.scalar.builtin(name="to_json", signature=((dt.string,), dt.string))
def quoted(text: Any) -> Any:
    """The text as JSON."""


@ibis.udf.scalar.builtin(name="json_extract", signature=((dt.string, TEXTS), TEXTS))
def json_values(document: Any, pointers: Any) -> Any:
    """The JSON at the pointers; fails on text that is no JSON."""


def details_of(facts: Mapping[str, ir.Value]) -> ir.StringValue:
    """A JSON object of texts and numbers; null if none of them says anything."""
    return _object({name: _written(fact) for name, fact in facts.items()})


def with_details(records: ibis.Table, document: str, places: Mapping[str, Sequence[str]]) -> ibis.Table:
    """Adds `details`: a JSON object of what stands in a JSON document, as it stands there; null if there is nothing.

    Args:
        records: to be completed.
        document: column with valid JSON, or null.
        places: for each fact the JSON pointers at which it may stand; the first that holds a value counts.
    """
    wanted = [place for choices in places.values() for place in choices]
    # a column of its own, so that a document is parsed once
    looked_up = records.mutate(values=json_values(records[document], ibis.literal(wanted, TEXTS)))
    facts, at = {}, 0
    for name, choices in places.items():
        facts[name] = ibis.coalesce(*(_told(looked_up["values"][index]) for index in range(at, at + len(choices))))
        at += len(choices)
    return looked_up.mutate(details=_object(facts)).drop("values")


def _written(fact: ir.Value) -> ir.StringValue:
    return quoted(fact.nullif("").nullif("-")) if isinstance(fact, ir.StringValue) else fact.cast("string")


def _told(value: ir.StringValue) -> ir.StringValue:
    return value.isin(NO_FACTS).ifelse(ibis.null(str), value)


def _object(facts: Mapping[str, ir.StringValue]) -> ir.StringValue:
    # the engine leaves nulls out when it joins
    members = ibis.literal(",").join([ibis.literal(f'"{name}":') + fact for name, fact in facts.items()])
    return (ibis.literal("{") + members + "}").nullif(EMPTY)
