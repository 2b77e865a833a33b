"""Takes many fields out of JSON records at once, by the shape that the engine's parser is to give them.

Here: what the formats share whose records nest in one known way; that costs less than looking each field up, which
`json_fields` does for records whose keys may be nested or dotted. Not here: which fields a format has.
"""

import json
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir


def texts(*names: str) -> dt.Struct:
    """The shape of an object whose fields are wanted as texts."""
    return dt.Struct(dict.fromkeys(names, dt.string))


def shaped(document: ir.StringValue, shape: dt.Struct) -> ir.StructValue:
    """What a JSON document has of a shape, null where it has something else; fails on text that is no JSON.

    Args:
        document: valid JSON, or null.
        shape: made of structs, arrays, strings and JSON; what is no string itself is given as its JSON text.
    """

    @ibis.udf.scalar.builtin(signature=((dt.string, dt.string), shape))
    def json_transform(document: Any, wanted: Any) -> Any:
        """The document in the shape that is wanted."""

    return json_transform(document, json.dumps(_described(shape)))


def _described(shape: dt.DataType) -> Any:
    """The shape as the engine wants it described."""
    if isinstance(shape, dt.Struct):
        return {name: _described(inner) for name, inner in shape.items()}
    if isinstance(shape, dt.Array):
        return [_described(shape.value_type)]
    return "JSON" if isinstance(shape, dt.JSON) else "VARCHAR"
