"""TCP flags as letters in the order of their bits: `SA` is the answer to a SYN."""

import ibis
import ibis.expr.types as ir

LETTERS = "FSRPAUEC"
# by the flags as a number
FLAGS = tuple("".join(letter for bit, letter in enumerate(LETTERS) if flags >> bit & 1) for flags in range(256))


def letters(number: ir.IntegerValue) -> ir.StringValue:
    """The letters of flags that the engine has as a number."""
    return ibis.literal(list(FLAGS))[number & (len(FLAGS) - 1)]
