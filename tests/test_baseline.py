"""The baseline: scales and scores worked out by hand, explanations, and the attacks of the lab capture."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")

import pcapframe as pf
from pcapframe.features import BaselineDetector, WindowFeatures


@pytest.fixture(scope="module")
def lab():
    return pf.read_pcap("examples/data/lab.pcap")


def test_the_baseline_by_hand():
    """Medians 3, 0, 5; absolute deviations 2 1 0 1 97, 0 0 0 0 10, none: scales 1.4826·1, 1.2533·2, 1."""
    X = np.array([[1, 0, 5], [2, 0, 5], [3, 0, 5], [4, 0, 5], [100, 10, 5.0]])
    detector = BaselineDetector(threshold=3.5).fit(X)
    assert detector.median_.tolist() == [3, 0, 5]
    assert detector.scale_ == pytest.approx([1.482602, 2 * 1.253314, 1], rel=1e-6)
    assert detector.score_samples(X) == pytest.approx([-2 / 1.482602, -1 / 1.482602, 0, -1 / 1.482602, -97 / 1.482602], rel=1e-6)
    assert detector.decision_function(X) == pytest.approx(detector.score_samples(X) + 3.5)
    assert detector.predict(X).tolist() == [1, 1, 1, 1, -1]
    assert detector.predict([[3, 0, 9], [3, 0, 8]]).tolist() == [-1, 1]


def test_a_baseline_says_why():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame({"size": [1, 2, 3, 4, 100], "peers": [0, 0, 0, 0, 10], "same": [5] * 5})
    detector = BaselineDetector().fit(X)
    size, peers = detector.explain(4)
    assert size == detector.explain(-1)[0] == ("size", 100, 3, pytest.approx(97 / 1.482602, rel=1e-6))
    assert peers == ("peers", 10, 0, pytest.approx(10 / 2.506628, rel=1e-6))
    assert -abs(size.deviation) == detector.score_samples(X)[4]
    assert str(size) == "size: 100, +65.4 deviations from the usual 3"
    assert [deviation.feature for deviation in detector.explain(4, top=1)] == ["size"]
    assert detector.explain(2) == []
    low = X.assign(size=-100, same=4)
    assert [(d.feature, d.value) for d in detector.explain(0, low, top=None)] == [("size", -100), ("same", 4)]


def test_explanations_need_a_sample():
    detector = BaselineDetector().fit([[1], [2], [9]])
    for row in (3, -4):
        with pytest.raises(IndexError, match=f"sample {row} is not there: there are 3"):
            detector.explain(row)
    with pytest.raises(ValueError, match="top is 0"):
        detector.explain(0, top=0)
    again = pickle.loads(pickle.dumps(detector))
    assert again.explain(2, [[1], [2], [9]]) == detector.explain(2)
    with pytest.raises(ValueError, match=r"explain\(i, X\)"):
        again.explain(2)


def test_pickles_do_not_grow_with_what_was_fitted():
    sizes = [len(pickle.dumps(BaselineDetector().fit(np.ones((rows, 3))))) for rows in (10, 10_000)]
    assert abs(sizes[0] - sizes[1]) < 20


@pytest.mark.parametrize(
    "values", [{"contamination": v} for v in (0, 0.6, "auto", math.nan)] + [{"threshold": 0}, {"threshold": "x"}]
)
def test_parameters_of_the_baseline(values):
    (name,) = values
    with pytest.raises(ValueError, match=f"{name} is "):
        BaselineDetector(**values).fit([[1], [2]])


def test_contamination_is_a_share():
    X = np.random.default_rng(0).normal(size=(1000, 3))
    assert (BaselineDetector(0.05).fit_predict(X) == -1).sum() == 50
    assert (BaselineDetector().fit_predict(X) == -1).sum() == 10


def test_half_of_the_samples_do_not_move_a_baseline():
    random = np.random.default_rng(0)
    usual, attack = random.normal(10, 1, (600, 1)), random.normal(1e6, 1, (400, 1))
    detector = BaselineDetector(threshold=10).fit(np.vstack([usual, attack]))
    assert detector.predict(usual).tolist() == [1] * 600
    assert detector.predict(attack).tolist() == [-1] * 400


def test_numbers_at_the_end_of_the_range_stay_finite():
    most = np.finfo(np.float64).max
    for X in ([[most], [-most], [0], [1]], [[0], [5e-324], [0]], [[most], [most], [-most]]):
        detector = BaselineDetector().fit(X)
        assert np.isfinite(detector.score_samples([*X, [most]])).all()
        assert np.isfinite(detector.scale_).all()
        assert (detector.scale_ > 0).all()
    detector = BaselineDetector().fit([[most]] * 5 + [[-most]] * 2)
    assert detector.scale_ == pytest.approx([2 / 7 * 1.253314 * most], rel=1e-6)


def test_attacks_stand_out_from_a_quiet_minute(lab):
    """Of the labelled capture: what is unusual by the first minute, without attacks, is the attacker and its target."""
    pytest.importorskip("pandas")
    features = WindowFeatures("10s", log=True, hosts="10.20.0.0/24").set_output(transform="pandas")
    windows = features.fit_transform(lab)
    quiet = windows.index.get_level_values("window") < np.datetime64("2026-11-23T21:52:00")
    detector, later = BaselineDetector().fit(windows[quiet]), windows[~quiet]
    found = later.index[detector.predict(later) == -1]
    assert set(found.get_level_values("host")) == {"10.20.0.10", "10.20.0.66"}
    scan = ("10.20.0.66", np.datetime64("2026-11-23T21:52:20"))
    assert scan in found
    assert [why.feature for why in detector.explain(later.index.get_loc(scan), later, top=2)] == [
        "rst_ratio_received",
        "syns_sent",
    ]
