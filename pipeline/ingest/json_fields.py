"""Takes fields out of JSON records inside the engine, whether a record nests them or writes their path with dots.

Here: the expressions that the JSON formats share. Not here: which fields a format has, what their values mean.
"""

from collections.abc import Mapping, Sequence
from itertools import product

import ibis

from pipeline.ingest.engine_functions import TEXTS, json_extract, json_texts, json_valid

# a path of more parts is looked for only wholly nested or wholly dotted
MOST_MIXED_PARTS = 4
WHOLE_DOCUMENT = "$"
NO_JSON = "no valid JSON"


def pointers(path: str) -> list[str]:
    """The JSON pointers at which a dotted path may stand: `a.b` nested, as one key, or both mixed."""
    parts = [part.replace("~", "~0").replace("/", "~1") for part in path.split(".")]
    gaps = len(parts) - 1
    choices = product("/.", repeat=gaps) if len(parts) <= MOST_MIXED_PARTS else ("/" * gaps, "." * gaps)
    return ["".join(gap + part for gap, part in zip(("/", *chosen), parts, strict=True)) for chosen in choices]


def with_fields(records: ibis.Table, paths: Mapping[str, Sequence[str]], wrapper: str | None = None) -> ibis.Table:
    """Adds `canonical`, the record without the blanks that depend on its layout, and text columns, or the fault.

    All is looked up in one pass, so that a record is parsed once.

    Args:
        records: with the columns of `RECORDS`.
        paths: for each text column the paths at which it may stand; the first that holds a value counts.
        wrapper: key of the object that holds the fields, in records that have it.
    """
    places = {name: [place for path in choices for place in pointers(path)] for name, choices in paths.items()}
    wanted = [WHOLE_DOCUMENT, *(place for choices in places.values() for place in choices)]
    if wrapper:
        wanted.append(f"/{wrapper}")
    lookup = ibis.literal(wanted, TEXTS)
    is_json = records.fault.isnull() & json_valid(records.record)
    parsed = records.mutate(found=is_json.ifelse(json_texts(records.record, lookup), ibis.null(TEXTS)))
    found = parsed.found
    if wrapper:
        inner = json_texts(json_extract(parsed.record, wanted[-1]), lookup)
        found = found[len(wanted) - 1].startswith("{").ifelse(inner, found)
    fault = parsed.found.isnull().ifelse(parsed.fault.fill_null(NO_JSON), ibis.null(str))
    unwrapped = parsed.mutate(canonical=parsed.found[0], fault=fault, found=found)
    columns, at = {}, 1
    for name, choices in places.items():
        columns[name] = ibis.coalesce(*(unwrapped.found[index] for index in range(at, at + len(choices))))
        at += len(choices)
    return unwrapped.mutate(**columns)
