"""LightGBM in Python: binning and training on the same rows with the same parameters and threads."""

import time

from peer import config, serve

import lightgbm
import numpy as np
from sklearn.metrics import roc_auc_score

c = config()
rows, test, columns = c["rows"], c["testRows"], c["columns"]
with open(c["file"], "rb") as file:
    x = np.fromfile(file, dtype=np.float32, count=(rows + test) * columns).reshape(-1, columns)
    y = np.fromfile(file, dtype=np.uint8, count=rows + test)


def train():
    began, cpu = time.perf_counter(), time.process_time()
    data = lightgbm.Dataset(x[:rows], label=y[:rows].astype(np.float32), params=c["parameters"], categorical_feature=c["categories"])
    booster = lightgbm.train(c["parameters"], data, num_boost_round=c["trees"])
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    return {"work": rows * c["trees"], "seconds": seconds, "cpuSeconds": cpu_seconds, "value": float(roc_auc_score(y[rows:], booster.predict(x[rows:])))}


serve(["lightgbm", "numpy"], {"train": train})
