"""tests/golden/layers/conv.*: the layers over images and sequences, by the format of layer_cases.py."""

import keras
import numpy as np

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


def more_convolutions():
    return [
        layer_case("depthwise_conv2d", L.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"), [(2, 5, 6, 3)]),
        layer_case("depthwise_conv2d_same", L.DepthwiseConv2D((3, 2), strides=2, padding="same", use_bias=False), [(1, 5, 6, 2)]),
        layer_case("depthwise_conv2d_dilated", L.DepthwiseConv2D(2, dilation_rate=2, depthwise_regularizer="l2",
                                                                 depthwise_constraint="unit_norm"), [(1, 6, 5, 2)]),
        layer_case("depthwise_conv1d", L.DepthwiseConv1D(3, padding="same", depth_multiplier=2), [(2, 6, 2)]),
        layer_case("separable_conv2d", L.SeparableConv2D(4, 3, depth_multiplier=2, padding="same", activation="relu"), [(2, 5, 4, 3)]),
        layer_case("separable_conv2d_strides", L.SeparableConv2D(3, 2, strides=2, use_bias=False, pointwise_regularizer="l1"), [(1, 6, 5, 2)]),
        layer_case("separable_conv1d", L.SeparableConv1D(3, 3, padding="same"), [(2, 6, 2)]),
        layer_case("conv2d_transpose", L.Conv2DTranspose(3, 3), [(2, 4, 3, 2)]),
        layer_case("conv2d_transpose_same", L.Conv2DTranspose(2, (3, 4), strides=2, padding="same", activation="relu"), [(1, 4, 3, 3)]),
        layer_case("conv2d_transpose_valid", L.Conv2DTranspose(2, 2, strides=3, use_bias=False), [(1, 3, 4, 2)]),
        layer_case("conv2d_transpose_output_padding", L.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=1), [(1, 3, 4, 2)]),
        layer_case("conv2d_transpose_dilated", L.Conv2DTranspose(2, 2, dilation_rate=2), [(1, 4, 3, 2)]),
        layer_case("conv1d_transpose", L.Conv1DTranspose(3, 3, strides=2), [(2, 4, 2)]),
    ]


def borders():
    return [
        layer_case("zero_padding2d", L.ZeroPadding2D(), [(2, 3, 2, 2)]),
        layer_case("zero_padding2d_sides", L.ZeroPadding2D(((1, 0), (2, 3))), [(1, 3, 2, 2)]),
        layer_case("zero_padding2d_first", L.ZeroPadding2D((0, 2), data_format="channels_first"), [(1, 2, 3, 2)]),
        layer_case("zero_padding1d", L.ZeroPadding1D((1, 2)), [(2, 3, 2)]),
        layer_case("cropping2d", L.Cropping2D(((1, 0), (0, 2))), [(2, 4, 5, 2)]),
        layer_case("cropping2d_first", L.Cropping2D(1, data_format="channels_first"), [(1, 2, 4, 5)]),
        layer_case("cropping1d", L.Cropping1D((0, 2)), [(2, 5, 3)]),
        layer_case("up_sampling2d", L.UpSampling2D((2, 3)), [(2, 2, 3, 2)]),
        layer_case("up_sampling2d_bilinear", L.UpSampling2D(2, interpolation="bilinear"), [(1, 3, 2, 3)]),
        layer_case("up_sampling2d_first", L.UpSampling2D(2, interpolation="bilinear", data_format="channels_first"), [(1, 2, 3, 2)]),
        layer_case("up_sampling1d", L.UpSampling1D(3), [(2, 3, 2)]),
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
        layer_case("global_average_pooling1d_masked", L.GlobalAveragePooling1D(), [(2, 4, 3)],
                   masks=[np.array([[True, True, False, True], [False, True, False, False]])]),
    ]


def make(folder):
    return sum(write_layer_cases(folder, family.__name__, family()) for family in (convolutions, more_convolutions, poolings, borders))
