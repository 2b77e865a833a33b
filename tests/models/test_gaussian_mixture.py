import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import pairwise_distances_argmin
from sklearn.mixture import BayesianGaussianMixture
from sklearn.utils.estimator_checks import parametrize_with_checks

from pipeline.config import Training
from pipeline.models import gaussian_mixture
from pipeline.models.base import Clusters
from pipeline.models.bayesian_mixture import PatternBayesianGaussianMixture
from pipeline.models.clusters import measure
from pipeline.models.registry import ALGORITHMS
from pipeline.models.sampling import Baseline

FITTED = (
    "weights_", "means_", "covariances_", "precisions_cholesky_", "degrees_of_freedom_", "mean_precision_",
    "lower_bound_", "n_iter_", "converged_",
)  # fmt: skip


class FromMeans(BayesianGaussianMixture):
    """scikit-learn's own, except that it starts from given means."""

    def _initialize_parameters(self, X: np.ndarray, random_state: object, xp: object = None) -> None:
        del random_state, xp
        self._initialize(X, np.eye(self.n_components)[pairwise_distances_argmin(X, self.start)])


def weighted_points(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)).round(2) + rng.integers(0, 3, n)[:, None] * 3, rng.integers(1, 9, n)


def baseline(points: np.ndarray, weight: np.ndarray | None = None, category_distance: float = 0.0) -> Baseline:
    rows = np.ones(len(points), dtype=int) if weight is None else weight
    return Baseline(points, rows, rows.astype(float), category_distance)


def clusters(given_baseline: Baseline) -> Clusters:
    return measure(ALGORITHMS["gaussian_mixture"], gaussian_mixture.fit(given_baseline, Training()), given_baseline)


@parametrize_with_checks(
    [PatternBayesianGaussianMixture(), PatternBayesianGaussianMixture(n_components=2, covariance_type="diag", tol=0.1)],
    expected_failed_checks=lambda estimator: (
        {"check_sample_weight_equivalence_on_dense_data": "k-means++ draws other starts for repeated rows"}
        if estimator.n_components > 1
        else {}
    ),
)
def test_scikit_learns_contract(estimator: PatternBayesianGaussianMixture, check: object) -> None:
    check(estimator)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 5),
    st.sampled_from(["full", "diag"]),
    st.sampled_from(["dirichlet_process", "dirichlet_distribution"]),
)
def test_weights_count_as_rows_from_the_same_start(seed: int, n_components: int, covariance: str, prior: str) -> None:
    points, weight = weighted_points(seed)
    rows, start = np.repeat(points, weight, axis=0), points[:n_components]
    options = {
        "n_components": n_components, "covariance_type": covariance, "weight_concentration_prior_type": prior,
        "reg_covar": 1e-3, "max_iter": 1_000,
    }  # fmt: skip
    plain = FromMeans(**options)
    plain.start = start
    plain.fit(rows)
    ours = PatternBayesianGaussianMixture(means_init=start, **options).fit(points, sample_weight=weight)
    for name in FITTED:
        assert np.asarray(getattr(ours, name)) == pytest.approx(np.asarray(getattr(plain, name)), rel=1e-6, abs=1e-6)
    assert ours.score_samples(points) == pytest.approx(plain.score_samples(points), abs=1e-6)
    assert ours.predict(rows).tolist() == plain.predict(rows).tolist()


def test_without_weights_it_is_scikit_learns() -> None:
    points, _ = weighted_points(1)
    ours = PatternBayesianGaussianMixture(n_components=3, random_state=4).fit(points)
    plain = BayesianGaussianMixture(n_components=3, random_state=4).fit(points)
    assert ours.means_ == pytest.approx(plain.means_, abs=1e-9)
    assert ours.lower_bound_ == pytest.approx(plain.lower_bound_)


def test_points_without_weight_are_not_there() -> None:
    points, weight = weighted_points(5)
    weight[::3] = 0
    options = {"n_components": 2, "means_init": points[1:3]}
    ours = PatternBayesianGaussianMixture(**options).fit(points, sample_weight=weight)
    without = PatternBayesianGaussianMixture(**options).fit(points[weight > 0], sample_weight=weight[weight > 0])
    assert ours.means_ == pytest.approx(without.means_, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"covariance_type": "tied"}, "full, diag, not 'tied'"), ({"means_init": [[0.0]]}, r"needs the shape \(1, 3\)")],
)
def test_what_cannot_be_fitted_is_an_error(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PatternBayesianGaussianMixture(**options).fit(weighted_points(0)[0])


def test_empty_components_are_left_out() -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(center, 0.3, (size, 2)) for center, size in ((0, 200), (5, 100), (-5, 8))])
    shape = gaussian_mixture.fit(baseline(points), Training())
    assert np.sort(shape.centers.mean(axis=1)) == pytest.approx([-5, 0, 5], abs=1)
    (taken,) = (candidate for candidate in shape.candidates if candidate.chosen)
    assert (taken.parameter, taken.value) == ("n_components", 3)
    weights = [candidate.weight for candidate in shape.candidates]
    assert len(weights) == gaussian_mixture.MOST_COMPONENTS
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(("n_axes", "kind"), [(8, "full"), (9, "diag")])
def test_covariances_are_full_for_few_columns(n_axes: int, kind: str) -> None:
    points = np.random.default_rng(0).normal(size=(80, n_axes))
    assert gaussian_mixture.fit(baseline(points), Training()).parameters["covariance_type"] == kind


@pytest.mark.parametrize("n_axes", [3, 12])
def test_no_component_is_narrower_than_half_of_what_separates_categories(n_axes: int) -> None:
    points = np.unique(np.random.default_rng(0).random((40, n_axes)) < 0.3, axis=0).astype(float)
    gaussians = gaussian_mixture.fit(baseline(points, category_distance=1.0), Training()).gaussians
    assert gaussians is not None
    precision = gaussians.factors @ gaussians.factors.swapaxes(1, 2) if n_axes == 3 else gaussians.factors**2
    largest = np.linalg.eigvalsh(precision).max() if n_axes == 3 else precision.max()
    assert largest <= 4 * (1 + 1e-9)


@pytest.mark.parametrize("n_axes", [2, 10])
def test_distances_follow_the_density_and_begin_at_0(n_axes: int) -> None:
    rng = np.random.default_rng(3)
    points = np.concatenate([rng.normal(0, 1, (150, n_axes)), rng.normal(6, 1, (90, n_axes))])
    given_baseline = baseline(points)
    model = clusters(given_baseline)
    estimator, _ = gaussian_mixture._pruned(given_baseline, Training())
    later = rng.normal(0, 4, (200, n_axes))
    found = gaussian_mixture.assign(model, {}, later)
    density = estimator.score_samples(later)
    assert (np.diff(found.distance[np.argsort(-density)]) >= -1e-9).all()
    assert (found.large_distance >= found.distance).all()
    assert gaussian_mixture.assign(model, {}, model.centers).distance == pytest.approx([0, 1], abs=1)
    assert estimator.predict(later).tolist() == estimator.predict(model.centers)[found.cluster].tolist()


def test_the_distance_from_a_single_component_is_mahalanobis() -> None:
    points = np.random.default_rng(0).normal(size=(400, 2)) @ [[1.0, 0.8], [0.0, 0.4]]
    model = clusters(baseline(points))
    assert len(model.centers) == 1
    assert model.gaussians is not None
    found = gaussian_mixture.assign(model, {}, points)
    precision = model.gaussians.factors[0] @ model.gaussians.factors[0].T
    offset = points - model.centers[0]
    assert found.distance == pytest.approx(np.sqrt(np.einsum("ni,ij,nj->n", offset, precision, offset)))
    assert found.density_rank is not None
    rank = [(found.distance >= one).mean() for one in found.distance]
    assert found.density_rank == pytest.approx(rank, abs=0.02)
    assert found.within.mean() == pytest.approx(0.99, abs=0.01)


def test_clusters_of_another_algorithm_cannot_be_assigned_to() -> None:
    model = clusters(baseline(weighted_points(0)[0]))
    with pytest.raises(ValueError, match="assigns by densities"):
        gaussian_mixture.assign(Clusters(**{**vars(model), "gaussians": None}), {}, model.centers)
