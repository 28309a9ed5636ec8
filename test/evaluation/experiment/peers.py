"""Records what trusted libraries give on shared and on edge cases, for peers.test.ts: `python peers.py > peers.json`.

Needs gbstats, spotify-confidence, statsmodels, scipy, numpy and confseq from PyPI; the versions used are in the JSON. confseq 0.0.11 wants
Boost's headers, and a pybind11 newer than the one it asks for:
`pip install pybind11 scikit-build cmake ninja setuptools wheel; pip install --no-build-isolation --no-deps confseq`.
"""

import importlib.metadata
import json
import math

import numpy as np
import pandas as pd
import spotify_confidence as spotify
import statsmodels.api as sm
from confseq.boundaries import normal_mixture_bound
from gbstats.frequentist.tests import FrequentistConfig, SequentialConfig, SequentialTwoSidedTTest, TwoSidedTTest
from gbstats.models.statistics import RatioStatistic, RegressionAdjustedStatistic, SampleMeanStatistic
from scipy.stats import chi2_contingency
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

rng = np.random.default_rng(15)


def numbers(values):
    return [float(v) for v in values]


def sample(x):
    return SampleMeanStatistic(n=len(x), sum=float(np.sum(x)), sum_squares=float(np.sum(x**2)))


def ratio(n, d):
    return RatioStatistic(
        n=len(n),
        m_statistic=sample(n),
        d_statistic=sample(d),
        m_d_sum_of_products=float(np.sum(n * d)),
    )


def result(r):
    if r.error_message is not None:
        return None  # it is refused
    return {
        "expected": r.expected,
        "low": r.ci[0],
        "high": r.ci[1],
        "p": r.p_value,
    }


def gb(a, b, relative):
    return result(TwoSidedTTest(a, b, FrequentistConfig(difference_type="relative" if relative else "absolute")).compute_result())


def by_spotify(a, b):
    rows = pd.DataFrame(
        {"group": ["a", "b"], "s": [a.sum(), b.sum()], "ss": [(a**2).sum(), (b**2).sum()], "n": [len(a), len(b)]}
    )
    found = spotify.StudentsTTest(
        rows, numerator_column="s", numerator_sum_squares_column="ss", denominator_column="n",
        categorical_group_columns="group", interval_size=0.95,
    ).difference("a", "b")
    return {
        "expected": float(found["difference"][0]),
        "low": float(found["ci_lower"][0]),
        "high": float(found["ci_upper"][0]),
        "p": float(found["p-value"][0]),
    }


means = []
for name, a, b in [
    ("plain", rng.normal(5, 2, 60), rng.normal(5.6, 3, 45)),
    ("two users each", np.array([1.0, 3.0]), np.array([2.0, 5.5])),
    ("counts with zeros", rng.poisson(0.4, 80).astype(float), rng.poisson(0.6, 90).astype(float)),
    ("negative values", rng.normal(-2, 1, 30), rng.normal(-1.5, 1, 30)),
    ("control does not vary", np.full(4, 2.0), np.array([1.0, 2.0, 4.0, 5.0])),
    ("heavy tail", rng.pareto(1.5, 200), rng.pareto(1.4, 220)),
]:
    low, high = CompareMeans(DescrStatsW(b), DescrStatsW(a)).tconfint_diff(usevar="unequal")
    t, p, df = CompareMeans(DescrStatsW(b), DescrStatsW(a)).ttest_ind(usevar="unequal")
    means.append(
        {
            "name": name,
            "a": numbers(a),
            "b": numbers(b),
            "statsmodels": {"low": float(low), "high": float(high), "p": float(p), "df": float(df)},
            "gbstats": gb(sample(a), sample(b), False),
            "lift": gb(sample(a), sample(b), True),
            "spotify": by_spotify(a, b),
        }
    )

ratios = []
for name, n in [("plain", 70), ("few", 5)]:
    da, db = rng.poisson(9, n).astype(float) + 1, rng.poisson(11, n).astype(float) + 1
    na, nb = rng.binomial(da.astype(int), 0.2).astype(float), rng.binomial(db.astype(int), 0.25).astype(float)
    ratios.append(
        {
            "name": name,
            "a": [numbers(na), numbers(da)],
            "b": [numbers(nb), numbers(db)],
            "gbstats": gb(ratio(na, da), ratio(nb, db), False),
            "lift": gb(ratio(na, da), ratio(nb, db), True),
        }
    )

p_values = [0.001, 0.04, 0.03, 0.2, 0.04, 0.9, 0.0, 1.0]
multiple = {
    "p": p_values,
    "holm": numbers(multipletests(p_values, method="holm")[1]),
    "bh": numbers(multipletests(p_values, method="fdr_bh")[1]),
}

power = []
for effect, ratio_ab in [(0.1, 1.0), (0.03, 1.0), (0.2, 0.25)]:
    n1 = NormalIndPower().solve_power(effect_size=effect, alpha=0.05, power=0.8, ratio=ratio_ab)
    power.append(
        {
            "effect": effect,
            "ratio": ratio_ab,
            "users": float(n1 * (1 + ratio_ab)),
            "powerOf2000": float(NormalIndPower().power(effect, 2000 / (1 + ratio_ab), 0.05, ratio=ratio_ab)),
        }
    )

# two-sided normal mixtures: a boundary of the sum, so over n of the mean
sequences = []
for tuned, n in [(500, 10), (500, 500), (500, 5000), (20000, 20000)]:
    bound = normal_mixture_bound(n, alpha=0.05, v_opt=tuned, alpha_opt=0.05, is_one_sided=False)
    sequences.append({"tuned": tuned, "n": n, "width": float(bound) / n})

looks = []
for tuned, (a, b) in [(100, (rng.normal(5, 2, 60), rng.normal(6, 3, 45))), (5000, (rng.normal(1, 1, 300), rng.normal(1.1, 1, 300)))]:
    config = SequentialConfig(difference_type="absolute", sequential_tuning_parameter=tuned)
    looks.append(
        {"tuned": tuned, "a": numbers(a), "b": numbers(b), "gbstats": result(SequentialTwoSidedTTest(sample(a), sample(b), config).compute_result())}
    )

# CUPED with the theta of least squares on arm and covariate (the one that pools within arms, where arms are equally large)
x = [rng.normal(3, 2, 80), rng.normal(3, 2, 80)]
z = [rng.normal(0, 1, 80), rng.normal(0, 1, 80)]
y = [x[0] + 0.5 * z[0] + rng.normal(0, 1, 80), x[1] + 0.5 * z[1] + rng.normal(0.3, 1, 80)]
treated = np.repeat([0.0, 1.0], 80)
ols = lambda *columns: sm.OLS(np.concatenate(y), sm.add_constant(np.column_stack([treated, *columns]))).fit().params
theta = float(ols(np.concatenate(x))[2])
adjusted = [
    RegressionAdjustedStatistic(
        n=80, post_statistic=sample(y[i]), pre_statistic=sample(x[i]), post_pre_sum_of_products=float(np.sum(y[i] * x[i])), theta=theta
    )
    for i in range(2)
]
cuped = {
    "y": [numbers(v) for v in y],
    "x": [numbers(v) for v in x],
    "z": [numbers(v) for v in z],
    # gbstats' own theta pools over arms and so counts the effect as covariance; given this one, its variance is that of adjusted values
    "standardError": math.sqrt(sum(s.variance / 80 for s in adjusted)),
    "oneCovariate": float(ols(np.concatenate(x))[1]),
    "twoCovariates": float(ols(np.concatenate(x), np.concatenate(z))[1]),
}

# what the peers refuse
zero = [np.zeros(5), np.array([0.0, 1.0, 0.0, 2.0, 0.0])]
still = [np.full(4, 1.0), np.full(4, 2.0)]
odd = RatioStatistic(n=3, m_statistic=SampleMeanStatistic(3, 3, 3), d_statistic=SampleMeanStatistic(3, 3, 3), m_d_sum_of_products=9)
message = lambda a, b, relative: TwoSidedTTest(
    a, b, FrequentistConfig(difference_type="relative" if relative else "absolute")
).compute_result().error_message
refused = {
    "zeroControl": {"a": numbers(zero[0]), "b": numbers(zero[1]), "gbstats": message(sample(zero[0]), sample(zero[1]), True)},
    "noVariance": {"a": numbers(still[0]), "b": numbers(still[1]), "gbstats": message(sample(still[0]), sample(still[1]), False)},
    # sums that no users have: of users themselves, a variance by influence cannot be negative
    "negativeVariance": {"variance": float(odd.variance), "gbstats": message(odd, odd, False)},
}

rows = pd.DataFrame({"group": ["a", "b"], "s": [1.0, 1.0], "ss": [1.0, 1.0], "n": [821_588, 815_482]})
split, _ = spotify.StudentsTTest(
    rows, numerator_column="s", numerator_sum_squares_column="ss", denominator_column="n", categorical_group_columns="group"
).sample_ratio_test({"a": 0.5, "b": 0.5})
tables = [[[30, 50], [45, 40], [25, 10]], [[5, 7], [9, 8]]]
independence = [{"counts": t, "p": float(chi2_contingency(np.array(t), correction=False)[1])} for t in tables]

print(
    json.dumps(
        {
            "versions": {p: importlib.metadata.version(p) for p in ("gbstats", "spotify-confidence", "confseq", "statsmodels", "scipy", "numpy")},
            "means": means,
            "ratios": ratios,
            "multiple": multiple,
            "power": power,
            "sequences": sequences,
            "looks": looks,
            "cuped": cuped,
            "refused": refused,
            "split": {"counts": [821_588, 815_482], "p": float(split)},
            "independence": independence,
        }
    )
)
