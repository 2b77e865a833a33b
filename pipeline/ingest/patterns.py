"""Takes texts apart by regular expressions inside the engine: the named groups of a pattern become fields.

Here: how patterns are applied. Not here: any format's patterns. The engine (RE2) reads a pattern in one pass, several
times faster than otherwise, if it starts with ^, has at most four groups, and each character decides how to go on.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from pipeline.ingest.engine_functions import TEXTS

# as it stands in a text: four numbers with dots, which may be too large, or colons between hexadecimal digits
ADDRESS = r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*[0-9a-fA-F])"
_WHOLE = r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%.*)?)$"


def extracted(text: ir.StringValue, pattern: str) -> ir.StructValue:
    """What the named groups of a pattern match, empty texts where they do not; it has no other groups."""
    names = tuple(re.compile(pattern).groupindex)
    return _extractor(names)(text, pattern, ibis.literal(list(names), TEXTS))


def extracted_where(condition: ir.BooleanValue, text: ir.StringValue, pattern: str) -> ir.StructValue:
    """What the named groups match where the condition holds, null elsewhere, where nothing is tried."""
    found = extracted(text, pattern)
    return condition.ifelse(found, ibis.null(found.type()))


def with_first_match(table: ibis.Table, column: str, patterns: Sequence[str], sign: str) -> ibis.Table:
    """Adds `found`: what the groups of the first pattern that matches a column match.

    Args:
        table: with the column.
        column: text.
        patterns: all with the same groups in the same order; the first one should match nearly all.
        sign: group that is never empty where a pattern matches.
    """
    first, *others = patterns
    tried = table.mutate(found=extracted(table[column], first))
    for pattern in others:
        # tried only on what those before it did not match
        again = extracted(tried[column], pattern)
        tried = tried.mutate(found=(tried.found[sign] == "").ifelse(again, tried.found))
    return tried


def address(text: ir.StringValue) -> ir.StringValue:
    """The text if it looks like an address; null if it is the name of a host, or nothing."""
    return text.re_search(_WHOLE).ifelse(text, ibis.null(str))


@ibis.udf.scalar.builtin(name="list_extract", signature=((TEXTS, dt.int64), dt.string))
def value_at(values: Any, place: Any) -> Any:
    """The value at a place, counted from 1; null if there are not so many."""


@cache
def _extractor(names: tuple[str, ...]) -> Callable[..., ir.StructValue]:
    def regexp_extract(text: Any, pattern: Any, groups: Any) -> Any:
        """The groups of a match."""

    groups = dt.Struct(dict.fromkeys(names, dt.string))
    return ibis.udf.scalar.builtin(signature=((dt.string, dt.string, TEXTS), groups))(regexp_extract)
