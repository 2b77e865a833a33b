"""The variational Bayesian Gaussian mixture with weights: the estimator alone.

What the pipeline makes of it belongs to `gaussian_mixture`.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin
from sklearn.mixture import BayesianGaussianMixture
from sklearn.utils.validation import _check_sample_weight, check_array

from pipeline.models.patterns import FloatArray, IntArray

# the updates of the others do not sum over rows component by component
COVARIANCE_TYPES = ("full", "diag")
MOST_AT_ONCE = 1_000_000  # numbers


class PatternBayesianGaussianMixture(BayesianGaussianMixture):
    """scikit-learn's variational Bayesian mixture, in which every point counts as often as its weight says.

    Attias, 2000; Bishop, 2006, chapter 10; Blei and Jordan, 2006. Weights enter wherever the updates sum over rows: the
    expected counts, means and covariances, the entropy in the lower bound, the empirical priors, and k-means where it
    gives the start. From the same start the parameters are those of the rows themselves.

    Args:
        means_init: the start, shape (n_components, d): each point belongs to the nearest; None for `init_params`.
        covariance_type: `full` or `diag`.

    The other arguments and all attributes are scikit-learn's.
    """

    def __init__(
        self,
        *,
        n_components: int = 1,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        means_init: Any = None,
        weight_concentration_prior_type: str = "dirichlet_process",
        weight_concentration_prior: float | None = None,
        mean_precision_prior: float | None = None,
        mean_prior: Any = None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
    ) -> None:
        super().__init__(
            n_components=n_components,
            covariance_type=covariance_type,
            tol=tol,
            reg_covar=reg_covar,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            weight_concentration_prior_type=weight_concentration_prior_type,
            weight_concentration_prior=weight_concentration_prior,
            mean_precision_prior=mean_precision_prior,
            mean_prior=mean_prior,
            degrees_of_freedom_prior=degrees_of_freedom_prior,
            covariance_prior=covariance_prior,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
            verbose_interval=verbose_interval,
        )
        self.means_init = means_init

    def fit(self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit on points of shape (n, d) with weights of shape (n,)."""
        self.fit_predict(X, y, sample_weight)
        return self

    def fit_predict(self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None) -> IntArray:
        """Fit, and the most probable component of each point, shape (n,)."""
        self._given_weight = sample_weight
        try:
            label: IntArray = super().fit_predict(X, y)
        finally:
            for name in ("_given_weight", "_weight"):
                self.__dict__.pop(name, None)
        return label

    def _check_parameters(self, X: FloatArray, xp: Any = None) -> None:
        """The first that the fit calls with checked points: here weights are checked, and priors taken with them."""
        if self.covariance_type not in COVARIANCE_TYPES:
            message = f"covariance_type is one of {', '.join(COVARIANCE_TYPES)}, not {self.covariance_type!r}"
            raise ValueError(message)
        self._weight: FloatArray = _check_sample_weight(self._given_weight, X, dtype=X.dtype, ensure_non_negative=True)
        super()._check_parameters(X, xp)

    def _check_means_parameters(self, X: FloatArray) -> None:
        super()._check_means_parameters(X)
        if self.mean_prior is None:
            self.mean_prior_ = np.average(X, axis=0, weights=self._weight)

    def _checkcovariance_prior_parameter(self, X: FloatArray) -> None:
        super()._checkcovariance_prior_parameter(X)
        if self.covariance_prior is None:
            offset = X - np.average(X, axis=0, weights=self._weight)
            # as for a sample of rows; fewer than two of them have no covariance
            scale = self._weight / max(self._weight.sum() - 1, 1)
            if self.covariance_type == "full":
                self.covariance_prior_ = (scale * offset.T) @ offset
            else:
                self.covariance_prior_ = scale @ np.square(offset)

    def _initialize_parameters(self, X: FloatArray, random_state: Any, xp: Any = None) -> None:
        if self.means_init is not None:
            means = check_array(self.means_init, dtype=X.dtype)
            if means.shape != (self.n_components, X.shape[1]):
                message = f"means_init needs the shape {(self.n_components, X.shape[1])}, not {means.shape}"
                raise ValueError(message)
            self._initialize(X, np.eye(self.n_components, dtype=X.dtype)[pairwise_distances_argmin(X, means)])
        elif self.init_params == "kmeans":
            start = KMeans(self.n_components, n_init=1, random_state=random_state).fit(X, sample_weight=self._weight)
            self._initialize(X, np.eye(self.n_components, dtype=X.dtype)[start.labels_])
        else:
            super()._initialize_parameters(X, random_state, xp)

    def _initialize(self, X: FloatArray, resp: FloatArray) -> None:
        super()._initialize(X, resp * self._weight[:, None])

    def _m_step(self, X: FloatArray, log_resp: FloatArray, xp: Any = None) -> None:
        if self._is_small(X):
            self._update(X, np.exp(log_resp) * self._weight[:, None])
            return
        with np.errstate(divide="ignore"):
            super()._m_step(X, log_resp + np.log(self._weight)[:, None], xp)

    def _update(self, X: FloatArray, resp: FloatArray) -> None:
        """What scikit-learn's update gives, for all components at once: Bishop, 2006, 10.51 to 10.63."""
        mass = resp.sum(axis=0) + 10 * np.finfo(resp.dtype).eps
        mean = resp.T @ X / mass[:, None]
        offset = X - mean[:, None, :]
        spread = (resp.T[:, None, :] * offset.transpose(0, 2, 1)) @ offset
        self._estimate_weights(mass)
        self._estimate_means(mass, mean)
        shift = mean - self.mean_prior_
        share = mass * self.mean_precision_prior_ / self.mean_precision_
        self.degrees_of_freedom_ = self.degrees_of_freedom_prior_ + mass
        covariance = self.covariance_prior_ + spread + share[:, None, None] * shift[:, :, None] * shift[:, None, :]
        covariance += mass[:, None, None] * self.reg_covar * np.eye(X.shape[1])
        self.covariances_ = covariance / self.degrees_of_freedom_[:, None, None]
        try:
            factor = np.linalg.cholesky(self.covariances_)
        except np.linalg.LinAlgError as error:
            message = "some components have an ill-defined covariance; use fewer components or a larger reg_covar"
            raise ValueError(message) from error
        # laid out as it is once stored: sums over it have the same bits then
        self.precisions_cholesky_ = np.ascontiguousarray(np.linalg.inv(factor).transpose(0, 2, 1))

    def _estimate_log_prob(self, X: FloatArray, xp: Any = None) -> FloatArray:
        if not self._is_small(X):
            log_density: FloatArray = super()._estimate_log_prob(X, xp)
            return log_density
        columns = X.shape[1]
        factors, degrees = self.precisions_cholesky_, self.degrees_of_freedom_
        standardised = X @ factors - (self.means_[:, None, :] @ factors)
        log_det = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
        log_precision = digamma(0.5 * (degrees - np.arange(columns)[:, None])).sum(axis=0)
        constant = log_det + 0.5 * (log_precision - columns * (np.log(np.pi * degrees) + 1 / self.mean_precision_))
        return constant - 0.5 * np.einsum("knd,knd->nk", standardised, standardised)

    def _is_small(self, X: FloatArray) -> bool:
        """Whether all components fit into memory at once; one by one, small fits spend their time in calls."""
        return self.covariance_type == "full" and X.size * self.n_components <= MOST_AT_ONCE

    def _compute_lower_bound(self, log_resp: FloatArray, log_prob_norm: float) -> float:
        unweighted: float = super()._compute_lower_bound(log_resp, log_prob_norm)
        surplus = (1 - self._weight)[:, None]
        return unweighted + float(np.sum(surplus * np.exp(log_resp) * log_resp))

    def log_peaks(self) -> FloatArray:
        """Log density of each component at its mean, as `score_samples` has it, its weight included; shape (k,)."""
        return np.diag(self._estimate_weighted_log_prob(self.means_)).copy()
