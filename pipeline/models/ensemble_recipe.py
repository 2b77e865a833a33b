"""The constants of the ensemble that the consensus is: every number that was chosen by measurement, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Recipe:
    """How many members there are, what each is fitted on, and how.

    Attributes:
        spaces: `log`: heavy tails as logarithms; `raw`: values as they are; `whitened`: `log`, turned and scaled so
            that no two axes are correlated.
        weightings: `sqrt`: a cell with n rows weighs as the n to the power `power`; `distinct`: every distinct row
            alike.
        sample_sizes: rows that a member is fitted on, by algorithm.
        members: by space, members of each algorithm under each weighting.
        trim: share of an algorithm's members, at either end of what they say of a row, that is not listened to.
        vocabulary: categories of a column that have an axis of their own.
        cell: width of a cell in standard deviations.
        power: of the rows in a cell.
        indicator_scale: least scale of a column of zeros and ones: by a half, the standard deviation of an even one, a
            rare flag or category is 2 away from the rest and no farther.
        white_floor: least variance along a whitened axis.
        large: share of a member's sample that its large clusters hold together; distances to the rest do not count.
        clusters: of k-means.
        components: of the mixture.
        regularisation: what is added to the variances of the mixture.
        neighbours: rows that make a core point, and that the radius of DBSCAN reaches at `radius_rank`.
        radius_rank: rank of the distance to that neighbour that becomes the radius.
        bandwidth_rank: share of the sample within the bandwidth of mean shift, on average.
        narrowest: least radius and bandwidth.
        reference: distinct baseline rows, at most, that the widths and the score levels are measured on.
        patterns: distinct baseline rows, at most, that all is learned from; beyond, a seeded weighted sample.
    """

    spaces: tuple[str, ...] = ("log", "raw", "whitened")
    weightings: tuple[str, ...] = ("sqrt", "distinct")
    sample_sizes: Mapping[str, int] = field(
        default_factory=lambda: {"kmeans": 32, "dbscan": 64, "mean_shift": 64, "gaussian_mixture": 256}
    )
    members: Mapping[str, int] = field(default_factory=lambda: {"log": 2, "raw": 3, "whitened": 4})
    trim: float = 0.3
    vocabulary: int = 30
    cell: float = 0.25
    power: float = 0.5
    indicator_scale: float = 0.5
    white_floor: float = 1e-6
    large: float = 0.75
    clusters: int = 3
    components: int = 3
    regularisation: float = 0.05
    neighbours: int = 5
    radius_rank: float = 0.9
    bandwidth_rank: float = 0.3
    narrowest: float = 1e-3
    reference: int = 10_000
    patterns: int = 200_000


RECIPE = Recipe()
