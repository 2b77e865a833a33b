"""Choices among texts that formats make alike.

Here: expressions without any format's names in them. Not here: patterns (`patterns`), JSON objects (`details`).
"""

import ibis
import ibis.expr.types as ir


def where(condition: ir.BooleanValue, text: ir.StringValue | str) -> ir.StringValue:
    """The text where the condition holds, null elsewhere."""
    return condition.ifelse(text, ibis.null(str))


def first_said(*texts: ir.StringValue) -> ir.StringValue:
    """The first text that says anything: neither blank nor `-`."""
    return ibis.coalesce(*(text.nullif("-").nullif("") for text in texts))
