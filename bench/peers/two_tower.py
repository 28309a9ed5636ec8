"""A two-tower model with in-batch softmax in TensorFlow, three ways to update its tables. One repetition trains a fresh model on the same examples."""

from peer import config
from training import serve_trainers, timed_steps
import adam

import numpy as np
import tensorflow as tf

c = config()
ids, dims, batch, warm, steps = c["ids"], c["dims"], c["batch"], c["warmSteps"], c["steps"]
both = np.fromfile(c["file"], dtype=np.int32).reshape(2, -1)
count = both.shape[1]
rate = c["rate"]
share = np.bincount(both[1], minlength=ids) / count
log_q = tf.constant(np.log(np.maximum(batch * share, 1e-12)), tf.float32)


def forward(rows, dense):
    w1, b1, w2, b2 = dense
    return tf.math.l2_normalize(tf.nn.relu(rows @ w1 + b1) @ w2 + b2, axis=1)


def loss_of(query_rows, video_rows, query_dense, video_dense, videos):
    logits = tf.matmul(forward(query_rows, query_dense), forward(video_rows, video_dense), transpose_b=True) / c["temperature"]
    logits -= tf.gather(log_q, videos)[None, :]
    same = tf.cast(videos[:, None] == videos[None, :], tf.float32) - tf.eye(batch)
    logits -= 1e9 * same  # accidental hits
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.range(batch), logits))


def dense_layers(rng):
    def glorot(n, m):
        limit = (6 / (n + m)) ** 0.5
        return tf.Variable(rng.uniform(-limit, limit, (n, m)).astype(np.float32))

    return [glorot(dims, c["hidden"]), tf.Variable(tf.zeros(c["hidden"])), glorot(c["hidden"], c["out"]), tf.Variable(tf.zeros(c["out"]))]


def trainer(mode):
    """Builds the variables and the traced step once; a repetition begins with fresh weights and moments."""
    rng = np.random.RandomState(c["seed"])
    tables = [tf.Variable(rng.normal(0, 0.01, (ids, dims)).astype(np.float32)) for _ in range(2)]
    towers = [dense_layers(rng) for _ in range(2)]
    dense = towers[0] + towers[1]
    # weights of each kind keep their moments; the powers are Adam's bias corrections
    moments = {v.ref(): (tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in [*tables, *dense]} if mode != "keras" else {}
    counts = [tf.Variable(tf.zeros(ids)) for _ in tables] if mode == "lazy" else []
    powers = [tf.Variable(adam.beta1), tf.Variable(adam.beta2)]
    optimizer = tf.keras.optimizers.legacy.Adam(rate, adam.beta1, adam.beta2, adam.epsilon) if mode == "keras" else None

    @tf.function
    def step(users, videos):
        rows = [tf.gather(table, index) for table, index in zip(tables, (users, videos))] if mode == "lazy" else None
        with tf.GradientTape() as tape:
            if rows is not None:
                tape.watch(rows)
                taken = rows
            else:
                taken = [tf.gather(table, index) for table, index in zip(tables, (users, videos))]
            loss = loss_of(taken[0], taken[1], towers[0], towers[1], videos)
        sources = [*(rows if rows is not None else tables), *dense]
        gradients = tape.gradient(loss, sources)
        if mode == "keras":
            optimizer.apply_gradients(zip(gradients, sources))
            return loss
        for k, (variable, gradient) in enumerate(zip([*tables, *dense], gradients)):
            if k < 2 and mode == "lazy":
                adam.lazy(variable, moments[variable.ref()], counts[k], gradient, (users, videos)[k], rate)
            else:
                adam.fused(variable, moments[variable.ref()], tf.convert_to_tensor(gradient), powers, rate)
        powers[0].assign(powers[0] * adam.beta1)
        powers[1].assign(powers[1] * adam.beta2)
        return loss

    first = [variable.numpy() for variable in [*tables, *dense]]
    step(*(tf.constant(column[:batch]) for column in both))  # traced, and the optimizer's own variables made
    variables = [*tables, *dense, *(one for pair in moments.values() for one in pair), *counts, *powers, *(optimizer.variables() if optimizer else [])]
    initial = [first[k] if k < len(first) else np.zeros(variable.shape, variable.dtype.as_numpy_dtype) for k, variable in enumerate(variables)]

    def run():
        for variable, value in zip(variables, initial):
            variable.assign(value)
        for power, beta in zip(powers, (adam.beta1, adam.beta2)):
            power.assign(beta)
        batches = [(tf.constant(both[0][part]), tf.constant(both[1][part])) for part in np.split(rng.permutation(count), warm + steps)]
        return timed_steps(step, batches, warm, batch)

    return run


serve_trainers(trainer, ("keras", "dense", "lazy"))
