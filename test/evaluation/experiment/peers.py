"""Records what trusted libraries give on shared cases, for peers.test.ts: `python peers.py > peers.json`.

Needs gbstats, statsmodels, scipy and numpy from PyPI; the versions used are in the JSON. Confidence sequences are by the formula of confseq's
paper, written here in Python once more, since confseq needs a C++ build.
"""

import importlib.metadata
import json
import math

import numpy as np
from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
from gbstats.models.statistics import RatioStatistic, RegressionAdjustedStatistic, SampleMeanStatistic
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
    return {
        "expected": r.expected,
        "low": r.ci[0],
        "high": r.ci[1],
        "p": r.p_value,
    }


def gb(a, b, relative):
    return result(TwoSidedTTest(a, b, FrequentistConfig(difference_type="relative" if relative else "absolute")).compute_result())


means = []
for name, a, b in [
    ("plain", rng.normal(5, 2, 60), rng.normal(5.6, 3, 45)),
    ("two users each", np.array([1.0, 3.0]), np.array([2.0, 5.5])),
    ("counts with zeros", rng.poisson(0.4, 80).astype(float), rng.poisson(0.6, 90).astype(float)),
    ("negative values", rng.normal(-2, 1, 30), rng.normal(-1.5, 1, 30)),
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

# Waudby-Smith et al.: lil-free normal mixture, as confseq's docs give it
sequences = []
for tuned, n in [(500, 10), (500, 500), (500, 5000), (20000, 20000)]:
    alpha = 0.05
    rho = math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tuned)
    width = math.sqrt(2 * (n * rho**2 + 1) / (n**2 * rho**2) * math.log(math.sqrt(n * rho**2 + 1) / alpha))
    sequences.append({"tuned": tuned, "n": n, "rho": rho, "width": width})

print(
    json.dumps(
        {
            "versions": {p: importlib.metadata.version(p) for p in ("gbstats", "statsmodels", "scipy", "numpy")},
            "means": means,
            "ratios": ratios,
            "multiple": multiple,
            "power": power,
            "sequences": sequences,
        }
    )
)
