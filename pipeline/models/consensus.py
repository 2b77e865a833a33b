"""The consensus: an ensemble of small models of all four algorithms that measures how far rows are from the usual.

Many small members, each fitted on its own sample of the baseline, see a tolerated or repeated attack as what it is:
rows that weigh little. What belongs here: drawing the samples, fitting all members, and what they measure together.
What does not: a single member (`ensemble_members`), the spaces (`ensemble_spaces`), storing (`consensus_rows`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import pandas as pd

from pipeline.models.base import Occasion
from pipeline.models.columns import FeatureColumns
from pipeline.models.ensemble_columns import Matrices, RowReader
from pipeline.models.ensemble_members import Large, Member, Scale, fit_member
from pipeline.models.ensemble_recipe import RECIPE, Recipe
from pipeline.models.ensemble_spaces import EnsembleEncoder, learn_spaces
from pipeline.models.numerics import reproducible
from pipeline.models.patterns import BoolArray, FloatArray, IntArray, Patterns
from pipeline.models.sampling import drawn
from pipeline.models.shares import column_shares, shares
from pipeline.models.stored import Model
from pipeline.models.training import SCORE_RANKS, Prepared, distance_metrics, identify
from pipeline.models.weighted import weighted_quantiles
from schemas.scores import CONSENSUS

# rows that are measured at once
CHUNK = 4_096
FEWEST_DRAWN = 2


@dataclass(frozen=True, eq=False)
class ConsensusModel(Model):
    """The ensemble fitted on one feature table for one night.

    Attributes:
        encoder: from rows to points in every space.
        members: what measures the distances.
    """

    encoder: EnsembleEncoder
    members: tuple[Member, ...]

    @property
    def explained_columns(self) -> list[str]:
        """The feature columns that distances are explained by, in their order."""
        return list(dict.fromkeys(axis.column for axis in self.encoder.reader.axes))

    def distances(self, rows: pd.DataFrame) -> FloatArray:
        """How far rows are from the usual, shape (n,), never negative.

        Each algorithm has the mean of what its members say, the lowest and the highest left out; the distance is the
        mean of the algorithms, above that of a row which no member is any distance from.
        """
        found = [np.zeros(0)]
        for matrices in self._read(rows):
            said = np.zeros((len(self.members), len(matrices[0])))
            for place, _, distance, _ in self._asked(matrices):
                said[place] = distance
            found.append(agreed(self.members, said, self.parameters["trim"]))
        return np.concatenate(found)

    def measured(self, rows: pd.DataFrame, alone: BoolArray | None = None) -> FloatArray:
        """The same; no member keeps enough points for a lone one to count."""
        del alone
        return self.distances(rows)

    def explained(self, rows: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """The distances, and the parts of them that each explained column brings, shape (n, columns).

        A column's part is the share of its squared offset from the nearest reference of a large cluster, averaged over
        the members whose axes belong to columns; the axes of one column count together. The absolute values add up to
        the distance; negative ones stand for numbers below the references.
        """
        distances, parts = [np.zeros(0)], [np.zeros((0, len(self.explained_columns)))]
        for matrices in self._read(rows):
            said, squared, offsets = self._ask(matrices)
            distances.append(agreed(self.members, said, self.parameters["trim"]))
            parts.append(self._parts(squared, offsets) * distances[-1][:, None])
        return np.concatenate(distances), np.concatenate(parts)

    def _read(self, rows: pd.DataFrame) -> Iterator[Matrices]:
        """The rows as the spaces take them, never many at once."""
        return (self.encoder.reader.read(rows.iloc[start : start + CHUNK]) for start in range(0, len(rows), CHUNK))

    def _ask(self, matrices: Matrices) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What each member says, shape (members, n), and the shares of squared offsets and the offsets on each axis."""
        said = np.zeros((len(self.members), len(matrices[0])))
        squared, offsets = np.zeros_like(matrices[0]), np.zeros_like(matrices[0])
        for place, points, distance, position in self._asked(matrices):
            said[place] = distance
            if self.encoder.spaces[self.members[place].space].turn is None:
                offset = points - self.members[place].large.references[position]
                offsets += offset
                squared += shares(np.square(offset))
        return said, squared, offsets

    def _asked(self, matrices: Matrices) -> Iterator[tuple[int, FloatArray, FloatArray, IntArray]]:
        """Of each member its place, the rows in its space, what it says of them, and their nearest references."""
        for number, space in enumerate(self.encoder.spaces):
            points = space.points(matrices)
            for place, member in enumerate(self.members):
                if member.space == number:
                    distance, position = member.large.measure(points)
                    yield place, points, member.scale(distance), position

    def _parts(self, squared: FloatArray, offsets: FloatArray) -> FloatArray:
        """Signed shares of the explained columns, shape (n, columns)."""
        axes = [(axis.column, axis.kind == "value") for axis in self.encoder.reader.axes]
        return column_shares(squared, offsets, axes, self.explained_columns)


def fit_consensus(prepared: Prepared, occasion: Occasion, seed: int, recipe: Recipe = RECIPE) -> ConsensusModel:
    """Fit the ensemble on a baseline.

    Every statistic counts rows by weight, so it is that of the rows themselves; samples are drawn by weight from the
    patterns in canonical order.

    Args:
        prepared: the baseline.
        occasion: what it is fitted for.
        seed: of everything that draws.
        recipe: all constants.
    """
    patterns = _bounded(prepared.patterns, recipe.patterns, seed)
    reference = drawn(patterns.weight.astype(np.float64), recipe.reference, seed)
    with reproducible():
        encoder, members, distance = _ensemble(patterns, prepared.encoder.inputs, reference, seed, recipe)
    model = ConsensusModel(
        **vars(occasion),
        model_id="",
        algorithm=CONSENSUS,
        previous_id=None,
        accepted=True,
        reason=None,
        rows=int(prepared.patterns.weight.sum()),
        patterns=len(prepared.patterns.weight),
        parameters={"random_state": seed, "trim": recipe.trim, "patterns_fitted": len(patterns.weight)}
        | {"members": _told(encoder, members)},
        metrics=distance_metrics(distance, reference[1]),
        usual=prepared.usual,
        score_levels=weighted_quantiles(distance, reference[1], SCORE_RANKS),
        encoder=encoder,
        members=members,
    )
    return replace(model, model_id=identify(model, _arrays(members)))


def _bounded(patterns: Patterns, most: int, seed: int) -> Patterns:
    """The patterns, or a sample of as many as are allowed; what each then stands for is rounded to whole rows."""
    if len(patterns.weight) <= most:
        return patterns
    taken, represents = drawn(patterns.weight.astype(np.float64), most, seed)
    return Patterns(patterns.frame.iloc[taken].reset_index(drop=True), np.rint(represents).astype(np.int64))


def _ensemble(
    patterns: Patterns, columns: FeatureColumns, reference: tuple[IntArray, FloatArray], seed: int, recipe: Recipe
) -> tuple[EnsembleEncoder, tuple[Member, ...], FloatArray]:
    """The encoder, the members, and the distances of the reference rows.

    These are taken as a new row would have them: a row that shares its point with no other passes over its own core
    point.
    """
    taken, represents = reference
    reader = RowReader.learn(patterns, columns, recipe.vocabulary)
    matrices = reader.read(patterns.frame)
    alone: BoolArray = patterns.weight[taken] == 1
    spaces, members, said = [], [], []
    for number, (space, row_weight) in enumerate(learn_spaces(matrices, patterns.weight, recipe)):
        spaces.append(space)
        points = space.points(matrices)
        seeds = (seed, number)
        for algorithm, large in _fitted(
            points, row_weight, int(patterns.weight.sum()), seeds, recipe.members[space.name], recipe
        ):
            distance = large.measure(points[taken], alone)[0]
            members.append(Member(algorithm, number, Scale.learn(distance, represents), large))
            said.append(members[-1].scale(distance))
    distances = agreed(members, np.array(said), recipe.trim)
    return EnsembleEncoder(reader, tuple(spaces)), tuple(members), distances


def agreed(members: Sequence[Member], said: FloatArray, trim: float) -> FloatArray:
    """The distances that the members agree on, shape (n,), never negative.

    Args:
        members: of all algorithms.
        said: what each says of n rows, shape (members, n).
        trim: see `Recipe`.
    """
    nowhere = np.array([member.scale(np.zeros(1)) for member in members])
    algorithms = np.array([member.algorithm for member in members])
    both = [
        np.mean([trimmed_mean(values[algorithms == name], trim) for name in dict.fromkeys(algorithms)], axis=0)
        for values in (said, nowhere)
    ]
    return np.maximum(both[0] - both[1], 0.0)


def trimmed_mean(values: FloatArray, share: float) -> FloatArray:
    """Mean over the first axis without the share of the lowest and of the highest."""
    left_out = int(share * len(values))
    ordered = np.sort(values, axis=0)
    kept = ordered[left_out : len(values) - left_out]
    # one after the other: NumPy adds those of a single row in another order than those of several
    mean: FloatArray = reduce(np.add, kept) / len(kept)
    return mean


def _fitted(
    points: FloatArray, row_weight: FloatArray, rows: int, seeds: tuple[int, int], members: int, recipe: Recipe
) -> Iterator[tuple[str, Large]]:
    """All members of one space under one weighting."""
    for place, (algorithm, size) in enumerate(recipe.sample_sizes.items()):
        for number in range(members):
            rng = np.random.default_rng([*seeds, place, number])
            sample = rng.choice(len(points), max(FEWEST_DRAWN, min(size, rows)), p=row_weight)
            # in canonical order: only what was drawn counts
            yield algorithm, fit_member(algorithm, points[np.sort(sample)], int(rng.integers(1 << 30)), recipe)


def _told(encoder: EnsembleEncoder, members: tuple[Member, ...]) -> list[dict[str, object]]:
    """What there is to say of each member besides its clusters."""
    return [
        {
            "algorithm": member.algorithm,
            "space": member.space,
            "space_name": encoder.spaces[member.space].name,
            "weighting": encoder.spaces[member.space].weighting,
            **vars(member.scale),
        }
        for member in members
    ]


def _arrays(members: tuple[Member, ...]) -> Iterator[FloatArray]:
    for member in members:
        yield from (value for value in vars(member.large).values() if value is not None)
