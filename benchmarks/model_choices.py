"""How long Shoal takes to choose parameters, which scikit-learn leaves to its user: measured within its fits."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch


@contextmanager
def timed_choices() -> Iterator[list[float]]:
    """A context in which the rules that choose parameters note their processor seconds in the list that it gives.

    A mixture chooses by fitting: until no component is empty, it is fitted again with those that are not. The last fit
    is the model, those before it only tell how many components there are; the start of the first is no choice.
    """
    from pipeline.models import dbscan, gaussian_mixture, kmeans, mean_shift

    chosen: list[float] = []
    fits: list[float] = []
    rules: list[tuple[Any, str, list[float]]] = [
        (kmeans, "choose_k", chosen),
        (dbscan, "choose_eps", chosen),
        (mean_shift, "choose_bandwidth", chosen),
        (gaussian_mixture.PatternBayesianGaussianMixture, "fit", fits),
    ]
    with ExitStack() as stack:
        for owner, name, seconds in rules:
            stack.enter_context(patch.object(owner, name, _timed(getattr(owner, name), seconds)))
        yield chosen
        chosen.extend(fits[:-1])


def _timed(function: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    def call(*given: Any, **options: Any) -> Any:
        begun = time.process_time()
        result = function(*given, **options)
        seconds.append(time.process_time() - begun)
        return result

    return call
