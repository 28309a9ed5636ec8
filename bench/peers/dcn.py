"""DCN-v2 in TensorFlow: the same network, tables, batches and examples, several ways to update the tables and to compile. All tables are one variable
with offsets (one gather a batch), which is faster than a table a field."""

from peer import config
from training import serve_trainers, timed_steps
import adam

import numpy as np
import tensorflow as tf

c = config()
batch, warm, steps, dims, rate = c["batch"], c["warmSteps"], c["steps"], c["dims"], c["rate"]
fields, numbers, width = len(c["tables"]), c["numbers"], c["width"]
count = batch * (warm + steps)
with open(c["file"], "rb") as file:
    ids = np.fromfile(file, dtype=np.int32, count=count * fields).reshape(count, fields)
    values = np.fromfile(file, dtype=np.float32, count=count * numbers).reshape(count, numbers)
    clicks = np.fromfile(file, dtype=np.uint8, count=count).astype(np.float32)
rows = int(np.sum(c["tables"]))
data = [tf.constant(column) for column in (ids + np.concatenate([[0], np.cumsum(c["tables"])[:-1]]).astype(np.int32), values, clicks)]


def network(block, dense):
    x, at = block, 0
    for _ in range(c["crossLayers"]):
        x = block * (tf.nn.bias_add(tf.matmul(x, dense[at]), dense[at + 1])) + x
        at += 2
    for _ in c["deep"]:
        x = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, dense[at]), dense[at + 1]))
        at += 2
    return tf.squeeze(tf.nn.bias_add(tf.matmul(x, dense[at]), dense[at + 1]), 1)


def dense_layers(rng):
    made = []
    widths = [width] * (c["crossLayers"] + 1) + c["deep"] + [1]
    for n, m in zip(widths, widths[1:]):
        limit = (6 / (n + m)) ** 0.5
        made += [tf.Variable(rng.uniform(-limit, limit, (n, m)).astype(np.float32)), tf.Variable(tf.zeros(m))]
    made[-1].assign([np.log(clicks.mean() / (1 - clicks.mean()))])  # begins at the base rate, as ours does
    return made


def trainer(mode):
    """Builds the variables and the traced step once; a repetition begins with fresh weights and moments."""
    update, _, xla = mode.partition("-")
    rng = np.random.RandomState(c["seed"])
    table = tf.Variable(rng.normal(0, dims ** -0.5, (rows, dims)).astype(np.float32))
    dense = dense_layers(rng)
    learned = [table, *dense]
    moments = {v.ref(): (tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in learned} if update != "keras" else {}
    counts = tf.Variable(tf.zeros(rows)) if update == "lazy" else None
    powers = [tf.Variable(adam.beta1), tf.Variable(adam.beta2)]
    optimizer = tf.keras.optimizers.legacy.Adam(rate, adam.beta1, adam.beta2, adam.epsilon) if update == "keras" else None

    def gradients_of(embedded, some, labels, *layers):
        """Loss and gradients of the embeddings and the layers; XLA compiles this part, which has fixed shapes."""
        with tf.GradientTape() as tape:
            tape.watch([embedded, *layers])
            block = tf.concat([tf.reshape(embedded, [batch, fields * dims]), some], 1)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, network(block, layers)))
        return loss, tape.gradient(loss, [embedded, *layers])

    compiled = tf.function(gradients_of, jit_compile=True) if xla else gradients_of

    @tf.function
    def step(examples):
        keys, some, labels = [tf.gather(column, examples) for column in data]
        flat = tf.reshape(keys, [-1])
        embedded = tf.gather(table, flat)
        loss, (of_rows, *of_dense) = compiled(embedded, some, labels, *[tf.convert_to_tensor(v) for v in dense])
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
        batches = [(tf.constant(part, tf.int32),) for part in np.split(rng.permutation(count), warm + steps)]
        return timed_steps(step, batches, warm, batch)

    return run


serve_trainers(trainer, ("keras", "dense", "lazy", "dense-xla", "lazy-xla"))
