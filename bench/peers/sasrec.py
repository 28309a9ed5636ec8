"""The sequence model in TensorFlow, SASRec (Kang and McAuley, 2018) with sampled softmax: the same network, sequences, sampling and loss. All sequences
are of one length, so there is no padding."""

from peer import config
from training import glorot, serve_trainers, table_trainer

import numpy as np
import tensorflow as tf

c = config()
items, dim, blocks, heads, length, negatives, batch = c["items"], c["dim"], c["blocks"], c["heads"], c["length"], c["negatives"], c["batch"]
sequences = np.fromfile(c["file"], dtype=np.int32).reshape(-1, length + 1)
examples, places = len(sequences), batch * length
share = np.bincount(sequences[:, 1:].reshape(-1), minlength=items) / (examples * length)
log_q = tf.constant(np.log(places * share + negatives / items + 1e-9), tf.float32)
data = tf.constant(sequences)
mask = tf.constant(-1e9 * np.triu(np.ones((length, length)), 1), tf.float32)


def linear(x, weight, bias):
    return tf.nn.bias_add(tf.matmul(x, weight), bias)


def norm(x, gain, shift):
    mean, variance = tf.nn.moments(x, 1, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-5) * gain + shift


def dropped(x):
    return tf.nn.dropout(x, c["dropout"])


def attention(x, weights):
    size = dim // heads
    split = lambda y: tf.transpose(tf.reshape(y, [batch, length, heads, size]), [0, 2, 1, 3])
    q, k, v = [split(linear(x, weights[at], weights[at + 1])) for at in (0, 2, 4)]
    mixed = tf.matmul(tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / size ** 0.5 + mask), v)
    return linear(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [places, dim]), weights[6], weights[7])


def keys_of(some):
    """Rows of the table: items read, items predicted and uniform draws."""
    both = tf.gather(data, some)
    candidates = tf.concat([tf.reshape(both[:, 1:], [-1]), tf.random.uniform([negatives], 0, items, tf.int32)], 0)
    return tf.concat([tf.reshape(both[:, :-1], [-1]), candidates], 0), candidates


def loss_of(embedded, candidates, dense):
    embedded = tf.math.l2_normalize(linear(embedded, dense[0], dense[1]), axis=1, epsilon=1e-12)
    h = dropped(embedded[:places] * dim ** 0.5 + tf.tile(dense[2][:length], [batch, 1]))
    for at in range(3, 3 + 16 * blocks, 16):
        p = dense[at:at + 16]
        h += dropped(attention(norm(h, p[0], p[1]), p[2:10]))
        h += dropped(linear(tf.nn.relu(linear(norm(h, p[10], p[11]), p[12], p[13])), p[14], p[15]))
    queries = tf.math.l2_normalize(norm(h, dense[-2], dense[-1]), axis=1, epsilon=1e-12)
    logits = tf.matmul(queries, embedded[places:], transpose_b=True) / c["temperature"] - tf.gather(log_q, candidates)[None, :]
    same = tf.cast(candidates[:places, None] == candidates[None, :], tf.float32) - tf.eye(places, places + negatives)
    logits -= 1e9 * same  # accidental hits
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.range(places), logits))


def dense_of(rng):
    layer = lambda n, m: [glorot(rng, n, m), np.zeros(m, np.float32)]
    gain = lambda: [np.ones(dim, np.float32), np.zeros(dim, np.float32)]
    values = [*layer(dim, dim), glorot(rng, length + 1, dim)]
    for _ in range(blocks):
        values += [*gain(), *(one for _ in range(4) for one in layer(dim, dim)), *gain(), *layer(dim, dim), *layer(dim, dim)]
    return [tf.Variable(value) for value in [*values, *gain()]]


def table_of(rng):
    return rng.normal(0, 0.05, (items, dim)).astype(np.float32)


serve_trainers(table_trainer(c, table_of, dense_of, keys_of, loss_of, examples, length), ("keras", "dense", "lazy"))
