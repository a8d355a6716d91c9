"""numbers.h in numpy: the same bits for the same stream and index, so that every program learns the same thing."""

import numpy as np

CLASSES = 10
ROWS, TEACHER, KERNEL1, KERNEL2, KERNEL3 = 1, 2, 3, 4, 5  # streams


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


def glorot_uniform(stream, shape):
    """A kernel in Keras's layout: the last two axes are the channels, those before them the window."""
    window = int(np.prod(shape[:-2]))
    limit = np.float32(np.sqrt(6.0 / (window * (shape[-2] + shape[-1]))))
    return limit * unit(stream, int(np.prod(shape))).reshape(shape)
