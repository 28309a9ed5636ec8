"""IPS and DR by Open Bandit Pipeline (Saito et al., 2021) on the same rounds. Its tables are dense: every action of every round."""

import resource
import sys
import time
import types

from peer import bare, config, serve

torch = types.ModuleType("torch")  # named in annotations only; nothing of it runs here
torch.Tensor = torch.tensor = object
sys.modules["torch"] = torch
bare("obp", "obp.ope")

import numpy as np  # noqa: E402
from obp.ope.estimators import DoublyRobust, InverseProbabilityWeighting  # noqa: E402

c = config()
rounds, actions, contexts = c["rounds"], c["actions"], c["contexts"]
with open(c["file"], "rb") as file:
    target, model = (np.fromfile(file, dtype=np.float64, count=contexts * actions).reshape(contexts, actions) for _ in range(2))
    logging, reward = (np.fromfile(file, dtype=np.float64, count=rounds) for _ in range(2))
    context, action = (np.fromfile(file, dtype=np.int32, count=rounds) for _ in range(2))

log = dict(reward=reward, action=action, pscore=logging, position=np.zeros(rounds, dtype=int), action_dist=target[context][:, :, None])
q = dict(estimated_rewards_by_reg_model=model[context][:, :, None])


def timed(function):
    def run():
        began, cpu = time.perf_counter(), time.process_time()
        value = float(function())
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return {"work": rounds, "seconds": seconds, "cpuSeconds": used, "value": value, "peakBytes": peak}

    return run


serve(["obp", "numpy"], {
    "ips": timed(lambda: InverseProbabilityWeighting().estimate_policy_value(**log)),
    "dr": timed(lambda: DoublyRobust().estimate_policy_value(**log, **q)),
})
