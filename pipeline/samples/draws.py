"""Random draws that are the same on every machine: integers from PCG64 streams, looked up in fixed tables.

What belongs here: streams, weighted draws, size tables. What does not: anything that knows what is drawn.
Floating-point distributions are left out on purpose: their last digits depend on platform and numpy release.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from string import ascii_letters, digits
from typing import Any, Self

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

Ints = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]

SIZE_STEPS = 1024


def stream(seed: int, ordinal: int, purpose: str) -> Generator:
    """An independent stream for each seed, ordinal and purpose; one that draws more leaves the others alone.

    Raises:
        ValueError: the seed or the ordinal is negative.
    """
    return Generator(PCG64(SeedSequence([seed, ordinal, zlib.crc32(purpose.encode())])))


def between(rng: Generator, low: int, high: int, count: int) -> Ints:
    """`count` integers from `low` to `high`, both included."""
    return rng.integers(low, high, size=count, dtype=np.int64, endpoint=True)


def around(rng: Generator, expected: int, percent: int) -> int:
    """`expected`, give or take up to `percent` percent."""
    return expected * int(rng.integers(100 - percent, 100 + percent, endpoint=True)) // 100


def sample(rng: Generator, values: Ints, count: int) -> Ints:
    """`count` different entries of `values`, or all of them if there are fewer, in drawn order."""
    return values[np.argsort(rng.random(len(values)), kind="stable")[:count]]


def words(rng: Generator, count: int, length: int) -> list[str]:
    """`count` words of `length` letters and digits."""
    letters = np.array(list(ascii_letters + digits))
    return ["".join(word) for word in letters[rng.integers(0, len(letters), size=(count, length), dtype=np.int64)]]


@dataclass(frozen=True)
class Weighted:
    """Values with whole-number weights.

    Attributes:
        values: what is drawn, shape (n,).
        cumulative: running sum of the weights, shape (n,).
    """

    values: Ints
    cumulative: Ints

    @classmethod
    def of(cls, values: Sequence[int] | Ints, weights: Sequence[int] | Ints | None = None) -> Self:
        """Values with their weights, or all alike."""
        array = np.asarray(values)
        return cls(
            array,
            np.cumsum(np.ones(len(array), np.int64) if weights is None else np.asarray(weights, np.int64)),
        )

    @classmethod
    def only(cls, value: int) -> Self:
        """One value, always."""
        return cls.of((value,))

    @classmethod
    def zipf(cls, values: Sequence[int] | Ints) -> Self:
        """Values of which the k-th is drawn about 1/k times as often as the first."""
        return cls.of(values, [1_000_000 // rank for rank in range(1, len(values) + 1)])

    @property
    def total(self) -> int:
        """Sum of the weights."""
        return int(self.cumulative[-1])

    def draw(self, rng: Generator, count: int) -> Ints:
        """`count` values, shape (count,)."""
        return self.values[
            np.searchsorted(self.cumulative, rng.integers(0, self.total, size=count, dtype=np.int64), side="right")
        ]


def lognormal_sizes(median: int, sigma: float) -> Weighted:
    """Sizes in bytes at even ranks of a lognormal distribution, in whole numbers; the tail ends at 3.3 sigma."""
    normal = NormalDist(math.log(median), sigma)
    return Weighted.of([round(math.exp(normal.inv_cdf((step + 0.5) / SIZE_STEPS))) for step in range(SIZE_STEPS)])


def sizes_between(low: int, high: int) -> Weighted:
    """Sizes in bytes at even steps from `low` to `high`."""
    return Weighted.of([low + (high - low) * step // (SIZE_STEPS - 1) for step in range(SIZE_STEPS)])
