"""tests/golden/layers: layers of every family but the convolutional ones, by the format of layer_cases.py."""

import keras
import numpy as np

from golden.common import rng_for
from golden.layer_cases import layer_case, write_layer_cases

L = keras.layers


def core():
    return [
        layer_case("dense", L.Dense(4, activation="relu"), [(3, 5)]),
        layer_case("dense_3d", L.Dense(3, use_bias=False, activation="softmax"), [(2, 4, 5)]),
        layer_case("dense_regularized", L.Dense(2, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2), bias_regularizer="l2",
                                                activity_regularizer=keras.regularizers.L1(0.3),
                                                kernel_constraint=keras.constraints.MaxNorm(1.5), bias_constraint="non_neg"), [(3, 4)]),
        layer_case("activation", L.Activation("tanh"), [(2, 3)]),
        layer_case("flatten", L.Flatten(), [(2, 3, 4)]),
    ]


def make(folder):
    return sum(write_layer_cases(folder, family.__name__, family()) for family in (core,))
