"""Percentile interval of a mean by resampling users, in numpy. Data are read before the clock starts."""

import time

from peer import config, serve

import numpy as np

c = config()
rows, users, replicates = c["rows"], c["users"], c["replicates"]
with open(c["file"], "rb") as file:
    values = np.fromfile(file, dtype=np.float64, count=rows)
    user = np.fromfile(file, dtype=np.int32, count=rows)
block = 50


def run():
    began, cpu = time.perf_counter(), time.process_time()
    sums = np.stack([np.bincount(user, weights=values, minlength=users), np.bincount(user, minlength=users)], axis=1).astype(float)
    rng = np.random.default_rng(c["seed"])
    means = np.empty(replicates)
    for start in range(0, replicates, block):
        n = min(block, replicates - start)
        totals = rng.poisson(1.0, size=(n, users)).astype(float) @ sums
        means[start : start + n] = totals[:, 0] / totals[:, 1]
    np.percentile(means, [2.5, 97.5])
    return {
        "work": users * replicates,
        "seconds": time.perf_counter() - began,
        "cpuSeconds": time.process_time() - cpu,
        "estimate": values.mean(),
        "standardError": means.std(ddof=1),
    }


serve(["numpy"], {"run": run})
