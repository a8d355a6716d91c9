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


def bidirectional():
    two = L.Bidirectional
    return [
        layer_case("bidirectional", two(L.LSTM(3)), [(2, 4, 3)]),
        layer_case("bidirectional_sequences_masked", two(L.LSTM(2, return_sequences=True)), [(3, 4, 2)], masks=[MASK]),
        layer_case("bidirectional_last_masked", two(L.GRU(2), merge_mode="sum"), [(3, 4, 2)], masks=[MASK]),
        layer_case("bidirectional_product", two(L.GRU(2, return_sequences=True, reset_after=False), merge_mode="mul"), [(2, 3, 2)]),
        layer_case("bidirectional_average", two(L.SimpleRNN(3, kernel_regularizer="l2", return_sequences=True), merge_mode="ave"), [(2, 3, 2)]),
        layer_case("bidirectional_apart", two(L.SimpleRNN(2, return_sequences=True), merge_mode=None), [(3, 4, 2)], masks=[MASK]),
        layer_case("bidirectional_apart_last", two(L.GRU(2), merge_mode=None), [(3, 4, 2)], masks=[MASK]),
        layer_case("bidirectional_states", two(L.LSTM(2, return_sequences=True, return_state=True)), [(2, 3, 2)]),
        layer_case("bidirectional_states_apart", two(L.GRU(2, return_state=True), merge_mode=None), [(2, 3, 2)]),
        layer_case("bidirectional_two_kinds", two(L.LSTM(2), merge_mode="concat", backward_layer=L.GRU(3, go_backwards=True, name="back")), [(2, 3, 2)]),
        layer_case("bidirectional_own_mask", two(L.GRU(2, return_sequences=True), backward_layer=L.GRU(2, return_sequences=True, go_backwards=True)), [(3, 4, 2)], masks=[MASK]),
    ]


def make(folder):
    return write_layer_cases(folder, "wrappers", time_distributed() + bidirectional())
