"""tests/golden/layers/conv.*: the layers over images and sequences, by the format of layer_cases.py."""

import keras

from golden.layer_cases import layer_case, write_layer_cases

L = keras.layers


def convolutions():
    return [
        layer_case("conv2d", L.Conv2D(5, 3), [(2, 7, 6, 3)]),
        layer_case("conv2d_same_even", L.Conv2D(4, (2, 4), strides=(2, 1), padding="same", activation="relu"), [(2, 5, 7, 1)]),
        layer_case("conv2d_same_odd", L.Conv2D(3, (3, 5), strides=2, padding="same", use_bias=False), [(1, 8, 7, 2)]),
        layer_case("conv2d_stride_above_kernel", L.Conv2D(2, 1, strides=3), [(2, 7, 8, 3)]),
        layer_case("conv2d_dilated", L.Conv2D(3, 3, dilation_rate=(2, 1), padding="same"), [(2, 7, 5, 2)]),
        layer_case("conv2d_groups", L.Conv2D(6, 3, groups=3, activation="tanh"), [(2, 5, 5, 6)]),
        layer_case("conv2d_pointwise", L.Conv2D(17, 1), [(2, 3, 3, 5)]),
        layer_case("conv2d_regularized", L.Conv2D(2, 2, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2",
                                                  kernel_constraint="max_norm", bias_constraint="non_neg"), [(1, 4, 4, 2)]),
        layer_case("conv1d", L.Conv1D(4, 3, activation="relu"), [(2, 7, 3)]),
        layer_case("conv1d_same", L.Conv1D(3, 4, strides=2, padding="same", use_bias=False), [(2, 7, 2)]),
        layer_case("conv1d_causal", L.Conv1D(3, 3, dilation_rate=2, padding="causal"), [(2, 6, 2)]),
    ]


def poolings():
    return [
        layer_case("max_pooling2d", L.MaxPooling2D(), [(2, 5, 6, 3)]),
        layer_case("max_pooling2d_same", L.MaxPooling2D((3, 2), strides=(2, 1), padding="same"), [(2, 6, 5, 17)]),
        layer_case("average_pooling2d", L.AveragePooling2D((2, 3)), [(2, 5, 7, 3)]),
        layer_case("average_pooling2d_same", L.AveragePooling2D(3, strides=2, padding="same"), [(2, 6, 5, 9)]),
        layer_case("max_pooling1d", L.MaxPooling1D(3, strides=2, padding="same"), [(2, 7, 3)]),
        layer_case("average_pooling1d", L.AveragePooling1D(2), [(2, 7, 3)]),
        layer_case("max_pooling2d_first", L.MaxPooling2D(2, data_format="channels_first"), [(2, 3, 5, 6)]),
        layer_case("average_pooling2d_first", L.AveragePooling2D(2, padding="same", data_format="channels_first"), [(2, 3, 5, 6)]),
        layer_case("global_max_pooling2d", L.GlobalMaxPooling2D(), [(2, 3, 4, 5)]),
        layer_case("global_average_pooling2d", L.GlobalAveragePooling2D(keepdims=True), [(2, 3, 4, 5)]),
        layer_case("global_average_pooling2d_first", L.GlobalAveragePooling2D(data_format="channels_first"), [(2, 3, 4, 5)]),
        layer_case("global_max_pooling1d", L.GlobalMaxPooling1D(keepdims=True), [(2, 5, 3)]),
        layer_case("global_average_pooling1d", L.GlobalAveragePooling1D(), [(2, 5, 3)]),
    ]


def make(folder):
    return sum(write_layer_cases(folder, family.__name__, family()) for family in (convolutions, poolings))
