"""What the training peers share: warm-up and timed steps, one trainer a mode, built when it is first asked for, and training on rows of features."""

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


def table_trainer(c, table_of, dense_of, keys_of, loss_of, examples, work_of=1):
    """
    A trainer of a network over one table of embeddings (all fields in it, with offsets: one gather a batch, which is faster than a table a field).
    `table_of(rng)` and `dense_of(rng)` make table and layers; `keys_of(batch)` gives the rows of the table that a batch reads, [n], and what else the loss needs;
    `loss_of(embedded, others, layers)` the mean loss. `work_of`: units of work in an example. Modes are how the table is updated, and whether XLA compiles network, loss and gradients.
    """
    import adam
    import numpy as np
    import tensorflow as tf

    batch, warm, steps, rate = c["batch"], c["warmSteps"], c["steps"], c["rate"]

    def trainer(mode):
        """Builds the variables and the traced step once; a repetition begins with fresh weights and moments."""
        update, _, xla = mode.partition("-")
        rng = np.random.RandomState(c["seed"])
        table = tf.Variable(table_of(rng))
        dense = dense_of(rng)
        rows, learned = table.shape[0], [table, *dense]
        moments = {v.ref(): (tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in learned} if update != "keras" else {}
        counts = tf.Variable(tf.zeros(rows)) if update == "lazy" else None
        powers = [tf.Variable(adam.beta1), tf.Variable(adam.beta2)]
        optimizer = tf.keras.optimizers.legacy.Adam(rate, adam.beta1, adam.beta2, adam.epsilon) if update == "keras" else None

        def gradients_of(embedded, others, *layers):
            """Loss and gradients of the embeddings and the layers; XLA compiles this part, which has fixed shapes."""
            with tf.GradientTape() as tape:
                tape.watch([embedded, *layers])
                loss = loss_of(embedded, others, layers)
            return loss, tape.gradient(loss, [embedded, *layers])

        compiled = tf.function(gradients_of, jit_compile=True) if xla else gradients_of

        @tf.function
        def step(some):
            flat, others = keys_of(some)
            loss, (of_rows, *of_dense) = compiled(tf.gather(table, flat), others, *[tf.convert_to_tensor(v) for v in dense])
            if update == "keras":
                optimizer.apply_gradients([(tf.IndexedSlices(of_rows, flat, table.shape), table), *zip(of_dense, dense)])
                return loss
            if update == "lazy":
                adam.lazy(table, moments[table.ref()], counts, of_rows, flat, rate)
            else:
                adam.fused(table, moments[table.ref()], tf.math.unsorted_segment_sum(of_rows, flat, rows), powers, rate)
            for variable, gradient in zip(dense, of_dense):
                adam.fused(variable, moments[variable.ref()], gradient, powers, rate)
            powers[0].assign(powers[0] * adam.beta1)
            powers[1].assign(powers[1] * adam.beta2)
            return loss

        first = [variable.numpy() for variable in learned]
        step(tf.range(batch))  # traced and compiled, and the optimizer's own variables made
        state = [*(one for pair in moments.values() for one in pair), *([counts] if counts is not None else []), *(optimizer.variables() if optimizer else [])]

        def run():
            for variable, value in zip(learned, first):
                variable.assign(value)
            for variable in state:
                variable.assign(tf.zeros_like(variable))
            for power, beta in zip(powers, (adam.beta1, adam.beta2)):
                power.assign(beta)
            batches = [(tf.constant(part, tf.int32),) for part in np.split(rng.permutation(examples), warm + steps)]
            return timed_steps(step, batches, warm, batch * work_of)

        return run

    return trainer


def feature_trainer(c, read_labels, dense_of, loss_of):
    """
    A trainer on rows of features from the bench's file: ids of all fields, numbers, then what `read_labels(file, count)` gives, a list of arrays [count, ...].
    `dense_of(rng, labels)` makes the layers; `loss_of(block, labels, layers)` reads embeddings beside numbers, [batch, width].
    """
    import numpy as np
    import tensorflow as tf

    batch, dims, fields, numbers = c["batch"], c["dims"], len(c["tables"]), c["numbers"]
    count = batch * (c["warmSteps"] + c["steps"])
    with open(c["file"], "rb") as file:
        ids = np.fromfile(file, dtype=np.int32, count=count * fields).reshape(count, fields)
        values = np.fromfile(file, dtype=np.float32, count=count * numbers).reshape(count, numbers)
        labels = read_labels(file, count)
    offsets = np.concatenate([[0], np.cumsum(c["tables"])[:-1]])
    data = [tf.constant(column) for column in ((ids + offsets).astype(np.int32), values, *labels)]

    def keys_of(some):
        keys, *others = [tf.gather(column, some) for column in data]
        return tf.reshape(keys, [-1]), others

    def mean_loss(embedded, others, layers):
        numbers_of, *labels_of = others
        return loss_of(tf.concat([tf.reshape(embedded, [batch, fields * dims]), numbers_of], 1), labels_of, layers)

    def table_of(rng):
        return rng.normal(0, dims ** -0.5, (int(np.sum(c["tables"])), dims)).astype(np.float32)

    return table_trainer(c, table_of, lambda rng: dense_of(rng, labels), keys_of, mean_loss, count)


def glorot(rng, *shape):
    """Uniform in ±√(6 / (inputs + outputs)), of the last two dimensions."""
    import numpy as np

    limit = (6 / (shape[-2] + shape[-1])) ** 0.5
    return rng.uniform(-limit, limit, shape).astype(np.float32)
