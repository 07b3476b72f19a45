"""The estimators by scikit-learn's own checks of its conventions."""

from __future__ import annotations

import pytest

pytest.importorskip("sklearn", minversion="1.6")

from sklearn.utils.estimator_checks import parametrize_with_checks

from pcapframe.features import BaselineDetector, FlowFeatures, WindowFeatures

ESTIMATORS = [
    FlowFeatures(),
    FlowFeatures(log=True),
    WindowFeatures(),
    WindowFeatures(log=True),
    BaselineDetector(),
    BaselineDetector(contamination=0.1),
]


@parametrize_with_checks(ESTIMATORS)
def test_conventions(estimator, check):
    check(estimator)
