"""The multi-task ranker in TensorFlow, MMoE (Ma et al., 2018): the same network, tables, batches, labels and losses; all experts, gates and towers in a
handful of products, as ours."""

from peer import config
from training import feature_trainer, glorot, serve_trainers

import numpy as np
import tensorflow as tf

c = config()
tasks, experts, wide, tower = len(c["odds"]), c["experts"], c["expertWidth"], c["towerWidth"]


def read_labels(file, count):
    """Amounts, then targets, [count, tasks] each."""
    both = np.fromfile(file, dtype=np.float32, count=2 * tasks * count).reshape(2, tasks, count)
    return [np.ascontiguousarray(part.T) for part in both]


def loss_of(block, labels, dense):
    bottom, bottom_bias, gate, gate_bias, towers, tower_bias, head, head_bias = dense
    n = block.shape[0]
    hidden = tf.nn.relu(tf.nn.bias_add(tf.matmul(block, bottom), bottom_bias))
    gates = tf.nn.softmax(tf.reshape(tf.nn.bias_add(tf.matmul(block, gate), gate_bias), [n, tasks, experts]))
    mixed = tf.transpose(tf.matmul(gates, tf.reshape(hidden, [n, experts, wide])), [1, 0, 2])
    logits = tf.transpose(tf.squeeze(tf.matmul(tf.nn.relu(tf.matmul(mixed, towers) + tower_bias), head) + head_bias, 2))
    amounts, targets = labels
    return tf.reduce_sum(amounts * tf.nn.softplus(logits) - targets * logits) / n


def dense_of(rng, labels):
    beside = lambda n, m, parts: np.concatenate([glorot(rng, n, m) for _ in range(parts)], 1)
    return [tf.Variable(value) for value in (
        beside(c["width"], wide, experts), tf.zeros(experts * wide), beside(c["width"], experts, tasks), tf.zeros(tasks * experts),
        glorot(rng, tasks, wide, tower), tf.zeros([tasks, 1, tower]), glorot(rng, tasks, tower, 1), np.log(c["odds"]).astype(np.float32).reshape(tasks, 1, 1),
    )]


serve_trainers(feature_trainer(c, read_labels, dense_of, loss_of), ("keras", "dense", "lazy", "dense-xla", "lazy-xla"))
