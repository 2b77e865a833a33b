"""What is usual in a baseline, column by column: kept with a model, so that a score can say what it differs from."""

from typing import TypeAlias

import numpy as np

from pipeline.models.columns import FeatureColumns
from pipeline.models.patterns import Patterns, categories, numbers
from pipeline.models.weighted import weighted_quantiles

LOW, HIGH = 0.05, 0.95
# of a number: the values that 5 % and 95 % of the rows do not exceed; of a category: the most frequent, and its share
Usual: TypeAlias = tuple[float, float] | tuple[str, float]


def usual_values(patterns: Patterns, columns: FeatureColumns) -> dict[str, Usual]:
    """What is usual in each feature column, rows counted by weight; a column without any value has no usual."""
    found: dict[str, Usual] = {}
    weight = patterns.weight
    for name in (*columns.numeric, *columns.flags):
        values = numbers(patterns.frame, name)
        present = ~np.isnan(values)
        if present.any():
            low, high = weighted_quantiles(values[present], weight[present], (LOW, HIGH)).tolist()
            found[name] = (low, high)
    for name in columns.categorical:
        codes, texts = categories(patterns.frame, name)
        rows = np.bincount(codes, weights=weight, minlength=len(texts))
        most = int(np.argmax(rows))
        found[name] = (texts[most], float(rows[most] / rows.sum()))
    return found
