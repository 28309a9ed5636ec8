"""Adam for embedding tables and layers in TensorFlow: the fused kernel, and lazy Adam (touched rows only) written out."""

import tensorflow as tf

beta1, beta2, epsilon = 0.9, 0.999, 1e-8


def fused(variable, moments, gradient, powers, rate):
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle, m=moments[0].handle, v=moments[1].handle, beta1_power=powers[0], beta2_power=powers[1],
        lr=rate, beta1=beta1, beta2=beta2, epsilon=epsilon, grad=gradient,
    )


def lazy(table, moments, counts, gradient, touched, rate):
    """Moments of untouched rows stand still, each row counts its own steps: the algorithm of ours."""
    rows, where = tf.unique(touched)
    sums = tf.math.unsorted_segment_sum(gradient, where, tf.size(rows))
    done = tf.gather(counts, rows) + 1.0
    first = beta1 * tf.gather(moments[0], rows) + (1 - beta1) * sums
    second = beta2 * tf.gather(moments[1], rows) + (1 - beta2) * tf.square(sums)
    update = rate * (first / (1 - beta1 ** done)[:, None]) / (tf.sqrt(second / (1 - beta2 ** done)[:, None]) + epsilon)
    for variable, value in ((moments[0], first), (moments[1], second), (counts, done)):
        variable.scatter_update(tf.IndexedSlices(value, rows))
    table.scatter_sub(tf.IndexedSlices(update, rows))
