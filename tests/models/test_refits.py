"""Algorithms fitted once more: what samples of points do to them that a model's own baseline never does."""

import numpy as np

from pipeline.models.refits import refitted_labels


def test_a_sample_with_fewer_distinct_points_than_clusters_gives_fewer_clusters() -> None:
    points = np.array([[0.0, 0.0], [0.0, 0.0], [5.0, 5.0], [5.0, 5.0]])
    labels = refitted_labels("kmeans", (points, np.ones(4)), {"n_clusters": 3}, 0, points)
    assert labels[0] == labels[1] != labels[2] == labels[3]
