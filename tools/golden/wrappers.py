"""tests/golden/layers/wrappers: layers that hold another layer, by the format of layer_cases.py."""

import keras
import numpy as np

from golden.layer_cases import layer_case, write_layer_cases

L = keras.layers
MASK = np.array([[True, True, False, True], [True, False, False, True], [False, True, True, True]])


def each(layer, **options):
    return L.TimeDistributed(layer, **options)


def inner_model():
    return keras.Sequential([keras.Input((3,)), L.Dense(4, activation="tanh", name="a"), L.Dense(2, name="b")], name="inner")


def time_distributed():
    frozen = each(L.Dense(2, name="inner"))
    frozen.trainable = False
    return [
        layer_case("time_distributed", each(L.Dense(3, activation="relu")), [(2, 3, 4)]),
        layer_case("time_distributed_masked", each(L.Dense(2)), [(3, 4, 2)], masks=[MASK]),
        layer_case("time_distributed_image", each(L.Conv2D(2, 2, kernel_regularizer="l2")), [(2, 3, 4, 3, 1)]),
        layer_case("time_distributed_twice", each(each(L.Dense(2))), [(2, 3, 2, 4)]),
        layer_case("time_distributed_flatten", each(L.Flatten()), [(2, 3, 2, 2)]),
        layer_case("time_distributed_embedding", each(L.Embedding(5, 2)), [np.array([[[3, 0], [1, 3]], [[4, 4], [2, 1]]], dtype=np.int32)]),
        layer_case("time_distributed_batch_normalization", each(L.BatchNormalization(momentum=0.7)), [(4, 3, 2)]),
        layer_case("time_distributed_batch_normalization_training", each(L.BatchNormalization(momentum=0.7)), [(4, 3, 2)], training=True),
        layer_case("time_distributed_softmax_masked", each(L.Softmax()), [(3, 4, 2)], masks=[np.repeat(MASK[..., None], 2, axis=2)]),
        layer_case("time_distributed_model", each(inner_model()), [(2, 2, 3)]),
        layer_case("time_distributed_frozen", frozen, [(2, 3, 4)]),
    ]


def make(folder):
    return write_layer_cases(folder, "wrappers", time_distributed())
