"""Which columns of a feature table enter a model, and in which role.

The roles of a concrete feature table belong to its feature module; how a role is scaled belongs to `encoding`.
"""

from dataclasses import dataclass

WEIGHT = "weight"
BOOKKEEPING = frozenset({WEIGHT, "pattern_id", "entity_id", "log_date", "label", "revision"})


class ColumnMismatchError(ValueError):
    """A frame does not have the columns that a model was fitted on; the message names them."""


@dataclass(frozen=True)
class FeatureColumns:
    """Names of the feature columns by role.

    Attributes:
        numeric: quantities, heavy tails already tamed by a logarithm; null where unknown.
        flags: true or false.
        categorical: texts of which the most frequent get a dimension each.
        logarithms: those of `numeric` that are ln(1 + |x|) with the sign of x, of which x can be had again.
    """

    numeric: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    logarithms: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in the order of the roles."""
        return (*self.numeric, *self.flags, *self.categorical)
