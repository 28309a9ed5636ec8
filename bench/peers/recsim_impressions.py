"""RecSim's interest-evolution environment (Ie et al., 2019) under a uniformly random policy: an impression is one slot of a slate shown."""

import time

from peer import bare, config, serve

bare("recsim.simulator", "recsim.environments")  # their __init__ pulls in agents' libraries (dopamine)

import numpy as np  # noqa: E402
from recsim.environments import interest_evolution  # noqa: E402

c = config()
slots = c["slots"]


def environment(resample):
    env = interest_evolution.create_environment(
        {"seed": c["seed"], "num_candidates": c["candidates"], "slate_size": slots, "resample_documents": resample}
    )
    env.reset()
    return env


def runner(resample, steps):
    env = environment(resample)
    luck = np.random.RandomState(c["seed"])

    def run():
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(steps):
            slate = luck.choice(c["candidates"], slots, replace=False)
            _, _, done, _ = env.step(slate)
            if done:
                env.reset()
        return {"work": steps * slots, "seconds": time.perf_counter() - began, "cpuSeconds": time.process_time() - cpu}

    return run


serve(["recsim", "gym", "numpy"], {"resampled": runner(True, c["steps"]), "fixed": runner(False, c["steps"])})
