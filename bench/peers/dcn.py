"""DCN-v2 in TensorFlow: the same network, tables, batches and examples, several ways to update the tables and to compile."""

from peer import config
from training import feature_trainer, glorot, serve_trainers

import numpy as np
import tensorflow as tf

c = config()


def read_labels(file, count):
    return [np.fromfile(file, dtype=np.uint8, count=count).astype(np.float32)]


def loss_of(block, labels, dense):
    x, at = block, 0
    for _ in range(c["crossLayers"]):
        x = block * (tf.nn.bias_add(tf.matmul(x, dense[at]), dense[at + 1])) + x
        at += 2
    for _ in c["deep"]:
        x = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, dense[at]), dense[at + 1]))
        at += 2
    logits = tf.squeeze(tf.nn.bias_add(tf.matmul(x, dense[at]), dense[at + 1]), 1)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels[0], logits))


def dense_of(rng, labels):
    made = []
    widths = [c["width"]] * (c["crossLayers"] + 1) + c["deep"] + [1]
    for n, m in zip(widths, widths[1:]):
        made += [tf.Variable(glorot(rng, n, m)), tf.Variable(tf.zeros(m))]
    rate = labels[0].mean()
    made[-1].assign([np.log(rate / (1 - rate))])  # begins at the base rate, as ours does
    return made


serve_trainers(feature_trainer(c, read_labels, dense_of, loss_of), ("keras", "dense", "lazy", "dense-xla", "lazy-xla"))
