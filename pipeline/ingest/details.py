"""Builds `details`: the JSON object of a record's key facts that no column holds, made inside the engine.

Here: how such an object is written; facts without a value are left out. Not here: which facts a format has.
"""

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

NOTHING = ("", "-")


@ibis.udf.scalar.builtin(name="to_json", signature=((dt.string,), dt.string))
def quoted(text: Any) -> Any:
    """The text as JSON."""


def details_of(facts: Mapping[str, ir.Value]) -> ir.StringValue:
    """A JSON object of texts, numbers and JSON; null if none of them says anything."""
    written = {name: _written(fact) for name, fact in facts.items()}
    # the engine leaves nulls out when it joins
    members = ibis.literal(",").join([ibis.literal(f'"{name}":') + fact for name, fact in written.items()])
    says_something = ibis.coalesce(*written.values()).notnull()
    return says_something.ifelse(ibis.literal("{") + members + "}", ibis.null(str))


def _written(fact: ir.Value) -> ir.StringValue:
    if isinstance(fact, ir.StringValue):
        return quoted(fact.isin(NOTHING).ifelse(ibis.null(str), fact))
    return fact.cast("string")
