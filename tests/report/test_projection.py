"""Two axes for a picture: what they keep, and that they come out the same again."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from pipeline.report.page.projection import tsne, weighted_pca


def blobs(number: int = 150, seed: int = 1) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return draw.normal(size=(number, 8)) + 6 * draw.normal(size=(5, 8))[draw.integers(0, 5, number)]


def test_equal_weights_give_the_plain_components_up_to_their_sign() -> None:
    X = blobs()
    mean, axes, variance = weighted_pca(X, np.full(len(X), 3.0))
    known = PCA().fit(X)
    np.testing.assert_allclose(mean, X.mean(axis=0))
    np.testing.assert_allclose(np.abs(axes.T @ known.components_.T), np.eye(8), atol=1e-8)
    np.testing.assert_allclose(variance, known.explained_variance_ratio_)
    assert (axes[np.abs(axes).argmax(axis=0), np.arange(8)] > 0).all()


def test_a_weight_is_so_many_rows() -> None:
    X, weight = blobs(40), np.arange(1, 41)
    weighted = weighted_pca(X, weight.astype(float))
    repeated = weighted_pca(np.repeat(X, weight, axis=0), np.ones(weight.sum()))
    for one, other in zip(weighted, repeated, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_rows_that_are_all_alike_have_no_variance() -> None:
    assert weighted_pca(np.ones((4, 3)), np.ones(4))[2] == [0.0, 0.0, 0.0]


def test_neighbours_stay_neighbours() -> None:
    X = blobs()
    mean, axes, _ = weighted_pca(X, np.ones(len(X)))
    places = tsne((X - mean) @ axes)
    assert trustworthiness(X, places, n_neighbors=10) > 0.95


def test_the_same_points_give_the_same_picture() -> None:
    X = blobs(60)
    np.testing.assert_array_equal(tsne(X), tsne(X.copy()))


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 1), (30, 2)])
def test_few_points_and_few_axes_have_places_too(shape: tuple[int, int]) -> None:
    places = tsne(np.random.default_rng(0).normal(size=shape))
    assert places.shape == (shape[0], 2)
    assert np.isfinite(places).all()


def test_equal_points_have_places() -> None:
    assert np.isfinite(tsne(np.zeros((20, 3)))).all()
