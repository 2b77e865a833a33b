"""How well a ranking of rows agrees with their labels, where rows that are alike are counted and not repeated.

What belongs here: pure functions of scores and counts; each equals scikit-learn's metric on the rows themselves, up to
rounding, and what has nothing to be divided by is None. What does not: where scores and labels come from.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.models.patterns import BoolArray, FloatArray, IntArray

ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Curve:
    """Rows counted from the highest score down, at every score that occurs.

    Attributes:
        attacks: attacks with at least that score, shape (k,).
        benign: benign rows with at least that score, shape (k,).
    """

    attacks: IntArray
    benign: IntArray

    @classmethod
    def of(cls, score: FloatArray, attacks: IntArray, benign: IntArray) -> "Curve":
        """The curve of patterns: the score of each and the rows on it, all of shape (n,)."""
        order = np.argsort(-score, kind="stable")
        ordered = score[order]
        is_last = np.append(ordered[1:] != ordered[:-1], True) if len(ordered) else np.empty(0, dtype=np.bool_)
        return cls(np.cumsum(attacks[order])[is_last], np.cumsum(benign[order])[is_last])

    def roc_auc(self) -> float | None:
        """Area under the ROC curve: the chance that an attack has a higher score than a benign row, ties half."""
        if not self._totals.all():
            return None
        attacks, benign = (np.append(0, counts) for counts in (self.attacks, self.benign))
        area = (np.diff(benign) * (attacks[1:] + attacks[:-1])).sum() / 2
        return float(area / self._totals.prod(dtype=np.float64))

    def average_precision(self) -> float | None:
        """Sum of precisions at every score, each weighted by the recall that it adds."""
        if not len(self.attacks) or not self.attacks[-1]:
            return None
        seen = self.attacks + self.benign
        precision = np.divide(self.attacks, seen, out=np.zeros(len(seen)), where=seen > 0)
        return float((np.diff(self.attacks, prepend=0) * precision).sum() / self.attacks[-1])

    def attacks_within(self, budget: int) -> float:
        """Expected attacks among so many rows of the highest scores; of equal ones each choice is as likely."""
        attacks, seen = (np.append(0, counts) for counts in (self.attacks, self.attacks + self.benign))
        return float(min(np.interp(budget, seen, attacks), budget))

    @property
    def _totals(self) -> IntArray:
        return np.array([counts[-1] if len(counts) else 0 for counts in (self.attacks, self.benign)])


def at_threshold(flagged: BoolArray, attacks: IntArray, benign: IntArray) -> dict[str, float | None]:
    """Precision, recall, F1 and false-positive rate of the patterns that are flagged; all arrays of shape (n,)."""
    hits, false_alarms = int(attacks[flagged].sum()), int(benign[flagged].sum())
    missed = int(attacks.sum()) - hits
    return {
        "precision": ratio(hits, hits + false_alarms),
        "recall": ratio(hits, hits + missed),
        "f1": ratio(2 * hits, 2 * hits + false_alarms + missed),
        "false_positive_rate": ratio(false_alarms, int(benign.sum())),
    }


def ratio(part: float, whole: float) -> float | None:
    """The quotient, or None if there is nothing to divide by."""
    return float(part / whole) if whole else None


def adjusted_rand(first: IntArray, second: IntArray, weight: FloatArray | IntArray) -> float | None:
    """Adjusted Rand index of two partitions of the same patterns, which count by weight; None without two rows.

    Hubert and Arabie, 1985. Partitions that put all rows alike, together or apart, agree fully.

    Args:
        first: label of each pattern, shape (n,).
        second: its other label.
        weight: rows on each, shape (n,).
    """
    total = float(np.sum(weight))
    if total <= 1:
        return None
    left, rows = np.unique(first, return_inverse=True)
    right, columns = np.unique(second, return_inverse=True)
    cells = np.bincount(rows * len(right) + columns, weights=weight, minlength=len(left) * len(right))
    table: FloatArray = cells.astype(np.float64).reshape(len(left), len(right))
    together = _pairs(table)
    of_rows, of_columns = _pairs(table.sum(axis=1)), _pairs(table.sum(axis=0))
    expected = of_rows * of_columns / _pairs(np.array([total]))
    most = (of_rows + of_columns) / 2
    if most - expected <= ROUNDING * most:
        return 1.0
    return float(np.clip((together - expected) / (most - expected), -1, 1))


def rank_correlation(first: FloatArray, second: FloatArray, weight: IntArray) -> float | None:
    """Spearman's rank correlation of two values of the same patterns, which count by weight; None if one is constant.

    Args:
        first: values, shape (n,).
        second: other values of the same patterns.
        weight: rows on each pattern, shape (n,).
    """
    if not len(weight):
        return None
    one, other = (_centred_ranks(values, weight) for values in (first, second))
    scale = float(np.sqrt((one * one * weight).sum() * (other * other * weight).sum()))
    return float(np.clip((one * other * weight).sum() / scale, -1, 1)) if scale else None


def _centred_ranks(values: FloatArray, weight: IntArray) -> FloatArray:
    """The mean rank of the rows on each pattern, beside the mean of all."""
    _, place = np.unique(values, return_inverse=True)
    rows = np.bincount(place, weights=weight)
    return (np.cumsum(rows) - rows / 2)[place] - weight.sum() / 2


def _pairs(counts: FloatArray) -> float:
    return float((counts * (counts - 1)).sum() / 2)
