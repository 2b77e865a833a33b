"""Points of many axes on two: principal components and t-SNE, for pictures only.

Nothing decides by these pictures, so both are kept cheap: a night's page has a few hundred points per feature table.
"""

import numpy as np

from pipeline.models.patterns import FloatArray

PERPLEXITY = 30
STEPS = 150
EXAGGERATED_STEPS = 50
EXAGGERATION = 12.0
BISECTIONS = 24
COMPONENTS = 30


def weighted_pca(X: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, list[float]]:
    """Mean (d,), principal axes (d, d) and the share of variance of each, rows weighted.

    The sign of an axis is free: its largest loading is made positive, so that pictures of two nights compare.
    """
    mean = np.average(X, axis=0, weights=weight)
    centred = X - mean
    covariance = (centred * (weight / weight.sum())[:, None]).T @ centred
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1].clip(0), vectors[:, ::-1]
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    total = values.sum()
    return mean, vectors * signs, [float(value / total) if total else 0.0 for value in values]


def tsne(X: FloatArray, perplexity: float = PERPLEXITY) -> FloatArray:
    """Places in the plane, shape (n, 2), at which neighbours stay neighbours (van der Maaten and Hinton, 2008).

    The exact method in single precision, started from the first two columns, so that nothing is drawn by chance. For
    the few hundred points of a page it takes a tenth of the time of scikit-learn's, which is made for many.

    Args:
        X: principal components, the first one first, shape (n, d).
        perplexity: about how many neighbours count.
    """
    n = len(X)
    if n < 4:
        return np.column_stack([X[:, :1], X[:, 1:2] if X.shape[1] > 1 else np.zeros((n, 1))])
    joint = _joint(X[:, :COMPONENTS].astype(np.float32), min(perplexity, (n - 1) / 3))
    place, exaggerated = _start(X), EXAGGERATION * joint
    rate, speed, gain = max(n / EXAGGERATION / 4, 50.0), np.zeros_like(place), np.ones_like(place)
    for step in range(STEPS):
        early = step < EXAGGERATED_STEPS
        gradient = _gradient(exaggerated if early else joint, place)
        gain = np.where(np.sign(gradient) == np.sign(speed), gain * 0.8, gain + 0.2).clip(0.01)
        speed = (0.5 if early else 0.8) * speed - rate * gain * gradient
        place = place + speed
    return place.astype(np.float64)


def _start(X: FloatArray) -> np.ndarray:
    start = np.zeros((len(X), 2), dtype=np.float32)
    start[:, : min(2, X.shape[1])] = X[:, :2]
    # equal points must be able to part: a spiral as small as the points are alike
    turn = np.arange(len(X)) * 2.399963
    start += 1e-3 * (start.std() or 1) * np.column_stack([np.cos(turn), np.sin(turn)])
    return (start / (start[:, 0].std() or 1) * 1e-2).astype(np.float32)


def _squares(points: np.ndarray) -> np.ndarray:
    """Squared distances between all points, shape (n, n), never negative."""
    norms = np.square(points).sum(axis=1)
    return np.maximum(norms[:, None] + norms - 2 * points @ points.T, 0)


def _joint(points: np.ndarray, perplexity: float) -> np.ndarray:
    """Joint probabilities of neighbours, shape (n, n): each point's precision is found by bisection."""
    squares = _squares(points)
    np.fill_diagonal(squares, np.inf)
    squares -= squares.min(axis=1, keepdims=True)
    finite = np.where(np.isfinite(squares), squares, 0)
    low, high = np.full(len(points), -30.0), np.full(len(points), 30.0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        precision = np.exp(middle).astype(np.float32)
        chances = np.exp(squares * -precision[:, None])
        total = chances.sum(axis=1)
        chances /= total[:, None]
        entropy = np.log(total) + precision * np.einsum("ij,ij->i", chances, finite)
        too_wide = entropy > np.log(perplexity)
        low, high = np.where(too_wide, middle, low), np.where(too_wide, high, middle)
    both: np.ndarray = np.maximum((chances + chances.T) / (2 * len(points)), 1e-12)
    return both


def _gradient(joint: np.ndarray, place: np.ndarray) -> np.ndarray:
    # in place: at these sizes making arrays costs more than filling them
    near = place @ (-2 * place.T)
    norms = np.square(place).sum(axis=1)
    near += norms
    near += norms[:, None] + 1
    np.maximum(near, 1, out=near)
    np.reciprocal(near, out=near)
    np.fill_diagonal(near, 0)
    pull = near * (-1 / near.sum())
    pull += joint
    pull *= near
    gradient: np.ndarray = 4 * (pull.sum(axis=1)[:, None] * place - pull @ place)
    return gradient
