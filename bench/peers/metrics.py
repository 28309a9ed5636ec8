"""AUC and NDCG by scikit-learn on the same rows. Data are read before the clock starts."""

import time

from peer import config, serve

import numpy as np
from sklearn.metrics import ndcg_score, roc_auc_score

c = config()
rows, width, k = c["rows"], c["width"], c["k"]
with open(c["file"], "rb") as file:
    scores = np.fromfile(file, dtype=np.float64, count=rows)
    labels = np.fromfile(file, dtype=np.uint8, count=rows)
lists = (labels.reshape(-1, width), scores.reshape(-1, width))
relevant = lists[0].sum(axis=1) > 0
lists = (lists[0][relevant], lists[1][relevant])  # scikit-learn counts a list without relevant rows as 0; both sides leave it out


def timed(work, function):
    def run():
        began, cpu = time.perf_counter(), time.process_time()
        value = float(function())
        return {"work": work, "seconds": time.perf_counter() - began, "cpuSeconds": time.process_time() - cpu, "value": value}

    return run


serve(["scikit-learn", "numpy"], {
    "auc": timed(rows, lambda: roc_auc_score(labels, scores)),
    "ndcg": timed(rows, lambda: ndcg_score(*lists, k=k)),
    "ndcg-ignoring-ties": timed(rows, lambda: ndcg_score(*lists, k=k, ignore_ties=True)),
})
