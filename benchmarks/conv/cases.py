"""cases.h in Python."""

import numpy as np

from shared.numbers import CLASSES, KERNEL1, KERNEL2, KERNEL3, ROWS, TEACHER, bits, glorot_uniform, unit

SIDE = 28
FILTERS1, FILTERS2 = 16, 32
FLAT = 5 * 5 * FILTERS2


def rows(arguments):
    return 640 if arguments.quick else 12_800


def images(arguments):
    """x (rows, 28, 28, 1) float32 and labels (rows) int32."""
    count = rows(arguments)
    x = unit(ROWS, count * SIDE * SIDE).reshape(count, SIDE, SIDE, 1)
    labels = (bits(TEACHER, count) % np.uint64(CLASSES)).astype(np.int32)
    for image, k in zip(x, labels):
        top, left = 3 + 8 * (k // 4), 1 + 7 * (k % 4)
        image[top : top + 6, left : left + 6] += 1
    return x, labels


def make_weights():
    """As Model.set_weights takes them."""
    kernels = (KERNEL1, (3, 3, 1, FILTERS1)), (KERNEL2, (3, 3, FILTERS1, FILTERS2)), (KERNEL3, (FLAT, CLASSES))
    return [w for stream, shape in kernels for w in (glorot_uniform(stream, shape), np.zeros(shape[-1], np.float32))]
