"""data.h in numpy: the same bits for the same stream and index, so that every program learns the same thing."""

import numpy as np

HIDDEN = 128
CLASSES = 10
ROWS, TEACHER, KERNEL1, KERNEL2 = 1, 2, 3, 4  # streams


def bits(stream, count):
    i = np.arange(1, count + 1, dtype=np.uint64) + np.uint64(stream << 40)
    z = i * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def unit(stream, count):
    """Multiples of 2^-23 in [-1, 1), exact in float32."""
    half = 1 << 23
    return ((bits(stream, count) >> np.uint64(40)).astype(np.int64) - half).astype(np.float32) / np.float32(half)


def make_data(rows, inputs):
    """x (rows, inputs) float32 and labels (rows) int32."""
    x = unit(ROWS, rows * inputs).reshape(rows, inputs)
    teacher = 2.0 * (bits(TEACHER, inputs * CLASSES) & np.uint64(7)).astype(np.float64) - 7.0
    scores = x.astype(np.float64) @ teacher.reshape(inputs, CLASSES)  # exact, whatever the order of the sums
    return x, np.argmax(scores, axis=1).astype(np.int32)


def one_hot(labels):
    return np.eye(CLASSES, dtype=np.float32)[labels]


def glorot_uniform(stream, fan_in, fan_out):
    limit = np.float32(np.sqrt(6.0 / (fan_in + fan_out)))
    return limit * unit(stream, fan_in * fan_out).reshape(fan_in, fan_out)


def make_weights(inputs):
    """The first weights of inputs-128-10, as Model.set_weights takes them."""
    return [
        glorot_uniform(KERNEL1, inputs, HIDDEN),
        np.zeros(HIDDEN, np.float32),
        glorot_uniform(KERNEL2, HIDDEN, CLASSES),
        np.zeros(CLASSES, np.float32),
    ]
