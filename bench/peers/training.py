"""What the training peers share: warm-up and timed steps, and one trainer a mode, built when it is first asked for."""

import time

from peer import serve


def timed_steps(step, batches, warm, batch):
    """Steps through all batches of arguments; the first `warm` are not timed."""
    total = 0.0
    for arguments in batches[:warm]:
        total += float(step(*arguments))
    began, cpu = time.perf_counter(), time.process_time()
    for arguments in batches[warm:]:
        total += float(step(*arguments))  # waits for the step, as a training loop that reports its loss does
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    return {"work": (len(batches) - warm) * batch, "seconds": seconds, "cpuSeconds": cpu_seconds, "loss": total / len(batches)}


def serve_trainers(trainer, modes):
    """`trainer(mode)` gives a function that trains from the beginning and says what it measured."""
    trainers = {}

    def answer(mode):
        if mode not in trainers:
            trainers[mode] = trainer(mode)
        return trainers[mode]()

    serve(["tensorflow-cpu", "numpy"], {mode: lambda mode=mode: answer(mode) for mode in modes})
