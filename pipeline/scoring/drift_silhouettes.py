"""How well the clusters of a night are apart, beside those of its baseline, from a weighted sample of patterns."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from pipeline.models.encoding import Encoder
from pipeline.models.patterns import FloatArray
from pipeline.models.sampling import drawn
from pipeline.models.weighted import weighted_silhouette
from pipeline.scoring.night import FIRST_NEW_ID

SAMPLE = 400


def silhouettes(
    patterns: pd.DataFrame, scores: pd.DataFrame, models: Sequence[Mapping[str, Any]], seed: int
) -> dict[str, tuple[float, float]]:
    """By model id, the mean silhouette of the night and that of the baseline, where both have two clusters.

    Rows that belong to no cluster of the baseline are left out, as they are in the baseline's.

    Args:
        patterns: the night's, with weights, in the order of `pattern_id`.
        scores: `model_id`, `pattern_id` and `cluster_id` of the night.
        models: their rows of `models.fits`: model_id, encoder, metrics.
        seed: of the sample.
    """
    found: dict[str, tuple[float, float]] = {}
    distances: dict[str, FloatArray] = {}  # the algorithms of a night share their encoder
    taken, represents = drawn(patterns["weight"].to_numpy(dtype=np.float64), SAMPLE, seed)
    sample = patterns.iloc[taken]
    for model in models:
        usual = json.loads(model["metrics"]).get("silhouette")
        if usual is None:
            continue
        text = model["encoder"]
        if text not in distances:
            points = Encoder.from_json(text).transform(sample)
            distances[text] = cdist(points, points)
        own = scores[scores["model_id"] == model["model_id"]].set_index("pattern_id")["cluster_id"]
        label = own.reindex(sample["pattern_id"]).fillna(-1).to_numpy(dtype=np.int64)
        inside = (label >= 0) & (label < FIRST_NEW_ID)
        value = weighted_silhouette(distances[text][np.ix_(inside, inside)], label[inside], represents[inside])
        if value is not None:
            found[model["model_id"]] = value, float(usual)
    return found
