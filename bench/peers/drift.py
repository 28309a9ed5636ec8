"""A drift report of two Parquet windows by pandas, numpy and scipy: PSI in ten quantile bins, Jensen-Shannon, Kolmogorov-Smirnov."""

import time

from peer import config, serve

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

c = config()


def report():
    began, cpu = time.perf_counter(), time.process_time()
    reference, current = pd.read_parquet(c["reference"]), pd.read_parquet(c["current"])
    found = []
    for name in reference.columns:
        before, after = reference[name].to_numpy(), current[name].to_numpy()
        edges = np.quantile(before, np.linspace(0, 1, 11))
        edges[0], edges[-1] = -np.inf, np.inf
        p, q = (np.histogram(values, edges)[0] + 0.5 for values in (before, after))
        p, q = p / p.sum(), q / q.sum()
        found.append(float(((q - p) * np.log(q / p)).sum()))
        jensenshannon(p, q, base=2)
        ks_2samp(before, after, method="asymp")
    return {"work": 2 * c["rows"] * c["columns"], "seconds": time.perf_counter() - began, "cpuSeconds": time.process_time() - cpu, "value": found}


serve(["scipy", "pandas", "numpy"], {"report": report})
