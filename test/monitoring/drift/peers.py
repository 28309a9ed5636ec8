"""Records what trusted libraries give on shared cases, for peers.test.ts: `python peers.py > peers.json`.

Needs scipy, evidently, river and nannyml from PyPI, with pandas below 3; the versions used are in the JSON.
"""

import importlib.metadata
import json
import warnings

warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd
from evidently.legacy.calculations.stattests import (
    chi_stat_test,
    jensenshannon_stat_test,
    ks_stat_test,
    psi_stat_test,
    wasserstein_stat_test,
)
from evidently.legacy.core import ColumnType
from nannyml.performance_estimation.confidence_based.metrics import (
    estimate_accuracy,
    estimate_f1,
    estimate_precision,
    estimate_recall,
    estimate_roc_auc,
)
from river import drift
from scipy import special, stats
from scipy.spatial import distance

rng = np.random.default_rng(20)


def numbers(values):
    return [float(v) for v in values]


def rounded(values):
    return np.round(values, 4)


samples = []
for name, a, b in [
    ("normals", rounded(rng.normal(0, 1, 60)), rounded(rng.normal(0.4, 1.3, 45))),
    ("equally many", rounded(rng.normal(0, 1, 40)), rounded(rng.normal(0, 1, 40))),
    ("one value each", np.array([1.0]), np.array([2.0])),
    ("ties", rng.poisson(2, 50).astype(float), rng.poisson(3, 70).astype(float)),
    ("apart", np.arange(8.0), np.arange(8.0) + 100),
]:
    exact = stats.ks_2samp(a, b, method="exact")
    effective = len(a) * len(b) / (len(a) + len(b))
    samples.append(
        {
            "name": name,
            "a": numbers(a),
            "b": numbers(b),
            "ks": float(exact.statistic),
            "exactP": float(exact.pvalue),
            "limitP": float(special.kolmogorov(exact.statistic * np.sqrt(effective))),
            "wasserstein": float(stats.wasserstein_distance(a, b)),
            "evidentlyWasserstein": float(wasserstein_stat_test.func(pd.Series(a), pd.Series(b), ColumnType.Numerical, 0.1)[0]),
            "evidentlyKsP": float(ks_stat_test.func(pd.Series(a), pd.Series(b), ColumnType.Numerical, 0.05)[0]),
        }
    )

counts = []
for name, a, b in [
    ("four values", [120, 60, 15, 5], [80, 70, 30, 20]),
    ("a new value", [50, 50, 0], [40, 50, 10]),
    ("a value gone", [50, 45, 5], [60, 40, 0]),
    ("a rare value", [20000, 1, 30], [15000, 0, 35]),
]:
    reference = pd.Series(np.repeat([f"v{i}" for i in range(len(a))], a))
    current = pd.Series(np.repeat([f"v{i}" for i in range(len(b))], b))
    chi = stats.chi2_contingency([a, b], correction=False)
    fit = float(chi_stat_test.func(reference, current, ColumnType.Categorical, 0.05)[0])
    p, q = np.array(a) / sum(a), np.array(b) / sum(b)
    counts.append(
        {
            "name": name,
            "a": a,
            "b": b,
            "chiSquare": float(chi.statistic),
            "degrees": int(chi.dof),
            "p": float(chi.pvalue),
            "evidentlyFitP": fit,
            "evidentlyPsi": float(psi_stat_test.func(reference, current, ColumnType.Categorical, 0.1)[0]),
            "evidentlyJs": float(jensenshannon_stat_test.func(reference, current, ColumnType.Categorical, 0.1)[0]),
            "scipyJs2": float(distance.jensenshannon(p, q, 2)),
        }
    )


def alarms(detector, values):
    found = []
    for i, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            found.append(i)
    return found


level = rounded(np.concatenate([rng.normal(0, 1, 700), rng.normal(0.8, 1, 500), rng.normal(0.8, 3, 400), rng.normal(-1, 1, 400)]))
errors = np.concatenate([rng.random(800) < 0.2, rng.random(600) < 0.45, rng.random(600) < 0.1]).astype(int)
warnings_at = []
ddm = drift.binary.DDM()
for i, value in enumerate(errors):
    ddm.update(bool(value))
    if ddm.warning_detected:
        warnings_at.append(i)
streams = {
    "level": numbers(level),
    "errors": [int(e) for e in errors],
    "adwin": [
        {"delta": d, "every": c, "alarms": alarms(drift.ADWIN(delta=d, clock=c), level)}
        for d, c in [(0.002, 32), (0.05, 1), (0.3, 8)]
    ],
    "adwinErrors": alarms(drift.ADWIN(), errors),
    "pageHinkley": [
        {"least": n, "tolerance": d, "threshold": t, "direction": m, "alarms": alarms(drift.PageHinkley(n, d, t, mode=m), level)}
        for n, d, t, m in [(30, 0.005, 50.0, "both"), (30, 0.1, 20.0, "both"), (10, 0.3, 15.0, "up"), (10, 0.3, 15.0, "down")]
    ],
    "ddm": [
        {"least": n, "warning": w, "drift": d, "alarms": alarms(drift.binary.DDM(n, w, d), errors)}
        for n, w, d in [(30, 2.0, 3.0), (100, 1.5, 2.5)]
    ],
    "ddmWarnings": warnings_at,
}

score = rounded(rng.beta(2, 3, 80))
chance = rounded(np.clip(score * 0.9 + 0.03, 0, 1))
predicted = (score >= 0.5).astype(int)
estimated = {
    "score": numbers(score),
    "chance": numbers(chance),
    "auc": float(estimate_roc_auc(chance, score)),
    "accuracy": float(estimate_accuracy(predicted, chance)),
    "precision": float(estimate_precision(predicted, chance)),
    "recall": float(estimate_recall(predicted, chance)),
    "f1": float(estimate_f1(predicted, chance)),
}

print(
    json.dumps(
        {
            "versions": {p: importlib.metadata.version(p) for p in ("scipy", "evidently", "river", "nannyml", "numpy")},
            "samples": samples,
            "counts": counts,
            "streams": streams,
            "estimated": estimated,
        }
    )
)
