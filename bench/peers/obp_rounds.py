"""Open Bandit Pipeline's synthetic bandit data (Saito et al., 2021): a round is one context, one action drawn by a logging policy, one reward."""

import sys
import time
import types

from peer import bare, config, serve

torch = types.ModuleType("torch")  # named in annotations of obp.utils only; nothing of it runs here
torch.Tensor = torch.tensor = object
sys.modules["torch"] = torch
bare("obp", "obp.dataset")

from obp.dataset.synthetic import SyntheticBanditDataset, linear_behavior_policy, logistic_reward_function  # noqa: E402

c = config()
dataset = SyntheticBanditDataset(
    n_actions=c["actions"],
    dim_context=c["dims"],
    reward_type="binary",
    reward_function=logistic_reward_function,
    behavior_policy_function=linear_behavior_policy,
    random_state=c["seed"],
)


def run():
    began, cpu = time.perf_counter(), time.process_time()
    feedback = dataset.obtain_batch_bandit_feedback(n_rounds=c["rounds"])
    return {"work": int(feedback["n_rounds"]), "seconds": time.perf_counter() - began, "cpuSeconds": time.process_time() - cpu}


serve(["obp", "numpy"], {"run": run})
