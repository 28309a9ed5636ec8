"""Records what trusted libraries give on shared cases, for peers.test.ts: `python peers.py > peers.json`.

Needs scikit-learn, scipy, ranx, recbole, torch and torchrec from PyPI; the versions used are in the JSON. RecBole and torchrec are asked for
their own functions behind each metric; their packages' __init__, which would load what formulas do not need, are left out.
"""

import importlib
import importlib.metadata
import importlib.util
import json
import sys
import types

import numpy as np
import torch
from ranx import Qrels, Run, evaluate
from scipy.stats import rankdata, somersd
from sklearn import metrics as sk

np.float, np.bool = float, bool  # names that RecBole 1.2 still uses


def bare(*names):
    for name in names:
        module = types.ModuleType(name)
        module.__path__ = list(importlib.util.find_spec(name).submodule_search_locations)
        sys.modules[name] = module


def stub(name, **members):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(members)


stub("torchrec.distributed.types", get_tensor_size_bytes=None)
bare("torchrec", "torchrec.metrics", "torchrec.distributed", "recbole", "recbole.utils", "recbole.evaluator")
sys.modules["recbole.utils"].EvaluatorType = importlib.import_module("recbole.utils.enum_type").EvaluatorType
recbole = importlib.import_module("recbole.evaluator.metrics")
rec = lambda name: importlib.import_module(f"torchrec.metrics.{name}")
rng = np.random.default_rng(20)
config = {"topk": [1, 2, 3, 4, 5], "metric_decimal_place": 15}
tensor = lambda values: torch.tensor(np.asarray(values, dtype=np.float64)).reshape(1, -1)


def binary(scores):
    n = len(scores)
    labels = (rng.random(n) < scores).astype(int)
    weights = rng.integers(0, 4, n)
    users = rng.integers(0, 7, n)
    labels[users == 6] = 1  # a user of one class
    users[0] = 7  # a user of one row
    called = (scores >= 0.5).astype(int)
    precision, recall, thresholds = sk.precision_recall_curve(labels, scores)
    f1 = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], 1e-300)
    tn, fp, fn, tp = sk.confusion_matrix(labels, called, sample_weight=weights).ravel()
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], scores)  # as calibration_curve(strategy="uniform")
    ece = sum(abs(scores[bins == b].sum() - labels[bins == b].sum()) for b in range(10)) / n
    one = np.ones(n)

    def ne(w):
        ce = rec("ne").compute_cross_entropy(tensor(labels), tensor(scores), tensor(w), 1e-15).sum()
        total, positive = tensor(w).sum(), (tensor(w) * tensor(labels)).sum()
        return float(rec("ne").compute_ne(ce, total, positive, total - positive, 1e-15))

    def auprc(w):
        return float(rec("auprc").compute_auprc(1, tensor(scores), tensor(labels), tensor(w)))

    groups = [np.flatnonzero(users == u) for u in np.unique(users)]
    ranks = [rankdata(-scores[g]) for g in groups]
    sums = np.array([[r[labels[g] == 1].sum()] for r, g in zip(ranks, groups)])
    lens, positives = np.array([len(g) for g in groups]), np.array([labels[g].sum() for g in groups])
    by_user = [sk.roc_auc_score(labels[g], scores[g]) for g in groups if 0 < labels[g].sum() < len(g)]
    width = max(lens)
    padded = lambda column: torch.tensor(np.array([[np.pad(column[g], (0, width - len(g))) for g in groups]], dtype=np.float64))
    gauc = rec("gauc").compute_gauc_3d(padded(scores), padded(labels), padded(one))  # weight 0 pads
    own = {
        "labels": labels, "scores": scores, "weights": weights, "users": users,
        "scikit-learn": {
            "auc": sk.roc_auc_score(labels, scores),
            "auc weighted": sk.roc_auc_score(labels, scores, sample_weight=weights),
            "average precision": sk.average_precision_score(labels, scores),
            "average precision weighted": sk.average_precision_score(labels, scores, sample_weight=weights),
            "pr trapezoid": sk.auc(recall, precision),
            "confusion": [tp, fp, fn, tn],
            "precision": sk.precision_score(labels, called, sample_weight=weights),
            "recall": sk.recall_score(labels, called, sample_weight=weights),
            "f1": sk.f1_score(labels, called, sample_weight=weights),
            "best f1": f1.max(),
            "best threshold": thresholds[np.flatnonzero(f1 >= f1.max() - 1e-12)[-1]],
            "log loss": sk.log_loss(labels, scores),
            "log loss weighted": sk.log_loss(labels, scores, sample_weight=weights),
            "brier": sk.brier_score_loss(labels, scores),
            "brier weighted": sk.brier_score_loss(labels, scores, sample_weight=weights),
            "ece by width": ece,
            "auc by user": by_user,
        },
        "RecBole": {
            "auc": recbole.AUC(config).metric_info(scores, labels),
            "gauc by positives": recbole.GAUC(config).metric_info(sums, lens, positives),
            "log loss": recbole.LogLoss(config).metric_info(scores, labels),
        },
        "torchrec": {"ne": ne(one), "ne weighted": ne(weights), "auprc": auprc(one), "auprc weighted": auprc(weights)},
    }
    if len(set(scores)) == n:  # torchrec's GAUC orders ties as they come
        own["torchrec"]["gauc equal"] = float(gauc["auc_sum"] / gauc["num_samples"])
    return own


def amounts(actual, predicted):
    weights = rng.integers(0, 4, len(actual))
    one = tensor(np.ones(len(actual)))
    xauc = rec("xauc")
    return {
        "actual": actual, "predicted": predicted, "weights": weights,
        "scikit-learn": {
            "rmse": sk.root_mean_squared_error(actual, predicted),
            "rmse weighted": sk.root_mean_squared_error(actual, predicted, sample_weight=weights),
            "mae": sk.mean_absolute_error(actual, predicted),
            "mae weighted": sk.mean_absolute_error(actual, predicted, sample_weight=weights),
        },
        "scipy": {"concordance": (somersd(actual, predicted).statistic + 1) / 2},
        "RecBole": {
            "rmse": recbole.RMSE(config).metric_info(predicted, actual),
            "mae": recbole.MAE(config).metric_info(predicted, actual),
        },
        "torchrec": {
            "xauc agreement": float(xauc.compute_error_sum(tensor(actual), tensor(predicted), one)
                                    / xauc.compute_weighted_num_pairs(one)),
        },
    }


def lists(k, distinct):
    sizes = [8, 5, 12, 6, 9, 7]
    grades = [rng.choice(4, n, p=[0.5, 0.2, 0.2, 0.1]) for n in sizes]
    for g in grades:
        g[0] = 2  # something relevant at every level
    scores = [rng.permutation(n) / 16 if distinct else rng.integers(0, 4, n) / 4 for n in sizes]
    queries = np.repeat(np.arange(len(sizes)), sizes)
    per_query = lambda function: [float(function(g.reshape(1, -1), s.reshape(1, -1))) for g, s in zip(grades, scores)]
    own = {
        "k": k, "labels": np.concatenate(grades), "scores": np.concatenate(scores), "queries": queries,
        "scikit-learn": {
            "dcg": per_query(lambda g, s: sk.dcg_score(g, s, k=k)),
            "ndcg": per_query(lambda g, s: sk.ndcg_score(g, s, k=k)),
            "dcg exponential": per_query(lambda g, s: sk.dcg_score(2.0**g - 1, s, k=k)),
            "ndcg exponential": per_query(lambda g, s: sk.ndcg_score(2.0**g - 1, s, k=k)),
        },
    }
    if not distinct:
        return own
    names = lambda n: [f"d{i:02d}" for i in range(n)]
    qrels = Qrels({f"q{q}": {d: int(r) for d, r in zip(names(len(g)), g) if r > 0} for q, g in enumerate(grades)})
    run = Run({f"q{q}": dict(zip(names(len(s)), map(float, s))) for q, s in enumerate(scores)})
    asked = [*(f"{m}@{k}{level}" for level in ("", "-l2") for m in ("precision", "recall", "hit_rate", "mrr", "map")),
             f"dcg@{k}", f"ndcg@{k}", f"dcg_burges@{k}", f"ndcg_burges@{k}"]
    own["ranx"] = {m: list(evaluate(qrels, run, m, return_mean=False)) for m in asked}
    hits = np.array([[int(g[i] > 0) for i in np.argsort(-s)[:k]] for g, s in zip(grades, scores)], dtype=bool)
    wanted = np.array([(g > 0).sum() for g in grades])
    own["RecBole"] = {
        "map": recbole.MAP(config).metric_info(hits, wanted)[:, k - 1],
        "mrr": recbole.MRR(config).metric_info(hits)[:, k - 1],
        "hit_rate": recbole.Hit(config).metric_info(hits)[:, k - 1],
        "recall": recbole.Recall(config).metric_info(hits, wanted)[:, k - 1],
        "precision": recbole.Precision(config).metric_info(hits)[:, k - 1],
        "ndcg binary": recbole.NDCG(config).metric_info(hits, wanted)[:, k - 1],
    }
    flat = {"labels": tensor(own["labels"]), "predictions": tensor(own["scores"]), "weights": torch.ones(1, len(queries)).double(),
            "session_ids": torch.tensor(queries).reshape(1, -1), "k": k, "report_ndcg_as_decreasing_curve": False}
    mean = lambda exponential: (lambda s: float(s["sum_ndcg"] / s["num_sessions"]))(
        rec("ndcg")._get_ndcg_states(exponential_gain=exponential, **flat))
    own["torchrec"] = {"mean ndcg": mean(False), "mean ndcg exponential": mean(True)}
    return own


def shown(items, k):
    top = np.array([rng.choice(items, k, replace=False, p=np.arange(1, items + 1) / sum(range(items + 1))) for _ in range(9)])
    return {"k": k, "items": items, "top": top.ravel(), "RecBole": {
        "coverage": recbole.ItemCoverage(config).get_coverage(top, items),
        "gini": recbole.GiniIndex(config).get_gini(top, items),
    }}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (int, np.integer, str)):
        return value if isinstance(value, str) else int(value)
    return float(value)


cases = {
    "versions": {name: importlib.metadata.version(name)
                 for name in ("scikit-learn", "scipy", "ranx", "recbole", "torch", "torchrec", "numpy")},
    "binary": {
        "ties": binary(rng.integers(1, 19, 60) / 20),
        "distinct": binary(rng.permutation(np.linspace(0.02, 0.97, 48))),
        "constant": binary(np.full(30, 0.5)),
    },
    "amounts": {
        "ties": amounts(rng.integers(0, 9, 50) / 2, rng.integers(0, 12, 50) / 2),
        "distinct": amounts(rng.permutation(40) / 4, rng.normal(size=40).round(6)),
    },
    "lists": {"ties": lists(5, False), "distinct": lists(5, True)},
    "shown": shown(20, 5),
}
json.dump(plain(cases), sys.stdout)
print()
