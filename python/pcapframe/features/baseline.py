"""A baseline: what is usual of each feature, and how far a sample is from it."""

from __future__ import annotations

from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ._sklearn import BaseEstimator, OutlierMixin, check_is_fitted, validate_data

#: Of a normal distribution the standard deviation is this times the median, and this times the mean, absolute deviation.
OF_MEDIAN = 1.482602218505602
OF_MEAN = 1.2533141373155003
LARGEST = np.finfo(np.float64).max


class Deviation(NamedTuple):
    """How far one feature of a sample is from what is usual.

    Attributes
    ----------
    feature : str
        Its name.
    value : float
        What the sample has.
    median : float
        What is usual.
    deviation : float
        (value - median) / scale.
    """

    feature: str
    value: float
    median: float
    deviation: float

    def __str__(self) -> str:
        return f"{self.feature}: {self.value:.6g}, {self.deviation:+.1f} deviations from the usual {self.median:.6g}"


class BaselineDetector(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Find what is unusual by the distance from the median, in median absolute deviations, of the most unusual feature.

    Each feature x has the deviation z = (x - median) / scale; a sample's score is -max(abs(z)) over its features. The scale is
    1.4826 · MAD, the median absolute deviation made comparable with a standard deviation; where half of all values are the
    same, so that this is 0, 1.2533 · the mean absolute deviation (Iglewicz and Hoaglin, *How to Detect and Handle Outliers*,
    1993); and of a constant feature 1, so that it deviates by its own unit. Up to half of the samples may be outliers without
    moving the baseline far.

    Parameters
    ----------
    contamination : float
        Which share of what is fitted counts as outliers, above 0 and up to 0.5.
    threshold : float, optional
        From how many deviations on a sample is an outlier, in place of `contamination`. 3.5 is usual for a single feature.

    Attributes
    ----------
    median_ : numpy.ndarray of float64
        What is usual of each feature.
    scale_ : numpy.ndarray of float64
        What one deviation is of each feature; above 0.
    offset_ : float
        Samples whose score is below this are outliers.
    n_features_in_ : int
        How many features :meth:`fit` has seen.
    feature_names_in_ : numpy.ndarray of object
        Their names, if all are texts.

    Notes
    -----
    What was fitted is kept for :meth:`explain`, not a copy of it, and is left out of pickles.

    Examples
    --------
    >>> import numpy as np
    >>> from pcapframe.features import BaselineDetector
    >>> usual = np.array([[10.0, 0], [12, 0], [9, 0], [11, 0], [10, 7]])
    >>> detector = BaselineDetector(threshold=4).fit(usual)
    >>> detector.predict([[11, 0], [30, 0]])
    array([ 1, -1])
    >>> for deviation in detector.explain(4):
    ...     print(deviation)
    x1: 7, +4.0 deviations from the usual 0
    """

    def __init__(self, contamination: float = 0.01, *, threshold: float | None = None) -> None:
        self.contamination = contamination
        self.threshold = threshold

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what is usual.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            A parameter is out of range, or `X` is empty, has NaN or infinity.
        """
        self._check()
        samples = validate_data(self, X, dtype=np.float64)
        self.median_ = np.median(samples, axis=0)
        self.scale_ = _scales(samples, self.median_)
        self._samples = samples
        self.offset_ = self._offset(samples)
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return the opposite of the largest deviation of each sample: the lower, the more unusual.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        numpy.ndarray of float64
            At most 0.
        """
        check_is_fitted(self)
        return self._scores(validate_data(self, X, dtype=np.float64, reset=False))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the scores less `offset_`: below 0 for outliers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        numpy.ndarray of float64
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Tell outliers from what is usual.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        numpy.ndarray of int64
            -1 for outliers, 1 for the rest.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def explain(self, i: int, X: Any = None, *, top: int | None = 5) -> list[Deviation]:
        """Say which features make a sample unusual, and by how much.

        Parameters
        ----------
        i : int
            Row of the sample; below 0 from the end.
        X : array-like of shape (n_samples, n_features), optional
            Where the sample is; by default what was fitted.
        top : int or None
            At most so many features; None for all.

        Returns
        -------
        list of Deviation
            Features that are not as usual, most unusual first. That of the first, without its sign, is the sample's score.

        Raises
        ------
        IndexError
            There is no such row.
        ValueError
            `X` is missing and the detector was unpickled, so that what was fitted is gone; or `top` is less than 1.
        """
        check_is_fitted(self)
        if top is not None and top < 1:
            message = f"top is {top}, but must be at least 1, or None for all"
            raise ValueError(message)
        samples = self._fitted() if X is None else validate_data(self, X, dtype=np.float64, reset=False)
        if not -len(samples) <= i < len(samples):
            message = f"sample {i} is not there: there are {len(samples)} samples"
            raise IndexError(message)
        deviations = self._deviations(samples[i])
        names = self._feature_names()
        order = np.argsort(-np.abs(deviations), kind="stable")[:top]
        return [
            Deviation(names[j], float(samples[i, j]), float(self.median_[j]), float(deviations[j]))
            for j in order.tolist()
            if deviations[j]
        ]

    def _check(self) -> None:
        if not isinstance(self.contamination, Real) or not 0 < self.contamination <= 0.5:
            message = f"contamination is {self.contamination!r}, but must be above 0 and at most 0.5"
            raise ValueError(message)
        if self.threshold is not None and not (isinstance(self.threshold, Real) and 0 < self.threshold <= LARGEST):
            message = f"threshold is {self.threshold!r}, but must be above 0 and finite, or None"
            raise ValueError(message)

    def _offset(self, samples: NDArray[np.float64]) -> float:
        if self.threshold is not None:
            return -float(self.threshold)
        return float(np.percentile(self._scores(samples), 100 * self.contamination))

    def _fitted(self) -> NDArray[np.float64]:
        samples: NDArray[np.float64] | None = getattr(self, "_samples", None)
        if samples is None:
            message = "what was fitted is not in a pickle; pass the samples: explain(i, X)"
            raise ValueError(message)
        return samples

    def _feature_names(self) -> list[str]:
        names = getattr(self, "feature_names_in_", None)
        return [f"x{place}" for place in range(self.n_features_in_)] if names is None else list(names)

    def _deviations(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        # Numbers at the end of the range saturate.
        with np.errstate(over="ignore"):
            deviations: NDArray[np.float64] = np.clip((samples - self.median_) / self.scale_, -LARGEST, LARGEST)
        return deviations

    def _scores(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        largest: NDArray[np.float64] = np.abs(self._deviations(samples)).max(axis=1)
        return -largest

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_samples"}


def _scales(samples: NDArray[np.float64], median: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what one deviation is of each feature."""
    with np.errstate(over="ignore", under="ignore"):
        apart = np.clip(np.abs(samples - median), 0, LARGEST)
        scale = OF_MEDIAN * np.median(apart, axis=0)
        # Divided first, so that the sum is in range.
        mean = OF_MEAN * (apart / len(samples)).sum(axis=0)
    scale = np.where(scale > 0, scale, mean)
    return np.where(scale > 0, np.minimum(scale, LARGEST), 1.0)
