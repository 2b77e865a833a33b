"""Brings Zeek's JSON logs to the columns that its TSV logs are cut into, inside the engine.

Here: where JSON has what, and the type of log where the record does not name it. Not here: what it means.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from pipeline.ingest.engine_functions import TEXTS, json_texts, json_valid
from pipeline.ingest.json_fields import NO_JSON, WHOLE_DOCUMENT
from pipeline.ingest.json_shapes import shaped, texts
from pipeline.ingest.texts import where
from pipeline.ingest.zeek_names import COLUMNS, CONNECTION, FACTS, MARKS, UNTYPED

# where a record names its type of log
TYPE = ("_path", "@stream", "@path")
_FLAT = sorted({*TYPE, *MARKS, *(name for choices in COLUMNS.values() for name in choices)})
# `id.orig_h` may be nested
_NESTED = {"id": [name.partition(".")[2] for name in _FLAT if name.startswith("id.")]}
SHAPE = dt.Struct({**texts(*_FLAT), **{key: texts(*names) for key, names in _NESTED.items()}})


def with_json(records: ibis.Table) -> ibis.Table:
    """Adds `canonical` to all records, and to JSON ones what rows of TSV have already.

    Args:
        records: of both notations; `log_type` tells rows of TSV from JSON.
    """
    is_json = records.fault.isnull() & records.log_type.isnull()
    read = records.mutate(document=where(is_json & json_valid(records.record), records.record), is_json=is_json)
    # cheaper for rows than a shape without values
    found = read.mutate(json=read.is_json.ifelse(shaped(read.document, SHAPE), ibis.null(SHAPE)))
    logs = found.mutate(
        fault=where(found.is_json & found.document.isnull(), ibis.literal(NO_JSON)).fill_null(found.fault),
        canonical=found.is_json.ifelse(_looked_up(found.document, [WHOLE_DOCUMENT])[0], found.record),
        log_type=ibis.coalesce(
            found.log_type,
            *(found.json[key] for key in TYPE),
            *(where(found.json[mark].notnull(), ibis.literal(kind)) for mark, kind in MARKS.items()),
            found.file_type,
            UNTYPED,
        ),
        **{name: ibis.coalesce(found[name], *_places(found.json, choices)) for name, choices in COLUMNS.items()},
    )
    values = _looked_up(where(logs.log_type != CONNECTION, logs.document), [f"/{key}" for key in FACTS])
    return logs.mutate(facts=ibis.coalesce(logs.facts, ibis.array(list(FACTS.values())).zip(values)))


def _looked_up(document: ir.StringValue, pointers: list[str]) -> ir.ArrayValue:
    return json_texts(document, ibis.literal(pointers, TEXTS))


def _places(document: ir.StructValue, names: tuple[str, ...]) -> list[ir.StringValue]:
    nested = [document[key][inner] for key, _, inner in (name.partition(".") for name in names) if key in _NESTED]
    return [*(document[name] for name in names), *nested]
