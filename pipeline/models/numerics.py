"""How models reckon: the same bits each time on a machine, and no question asked twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import sklearn
from threadpoolctl import ThreadpoolController


@contextmanager
def reproducible() -> Iterator[None]:
    """Arithmetic that gives the same bits whatever the number of threads, on numbers that are known to be sound.

    Encoders make finite points and parameters are our own, so scikit-learn does not look at either again in every fit.
    """
    trusting = sklearn.config_context(assume_finite=True, skip_parameter_validation=True)
    with _libraries().limit(limits=1), trusting:
        yield


@cache
def _libraries() -> ThreadpoolController:
    """The libraries that have threads of their own; looking for them takes longer than many a fit."""
    return ThreadpoolController()
