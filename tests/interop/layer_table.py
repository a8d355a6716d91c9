"""Odd options for every layer class: (class, options, shapes of the inputs without the batch axis). Options are Keras's own arguments."""

import keras
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

# Exported from no module: the layers of models of keras.applications.
OF_APPLICATIONS = {"LayerScale": LayerScale, "StochasticDepth": StochasticDepth, "CustomScaleLayer": CustomScaleLayer}

L1, L2 = keras.regularizers.L1(0.01), keras.regularizers.L2(0.02)


def rows():
    return dense_rows() + shape_rows() + normalizing_rows() + convolution_rows() + pooling_rows() + attention_rows() + recurrent_rows() + wrapper_rows() + model_rows()


def dense_rows():
    return [
        ("Activation", {"activation": "tanh"}, [(4,)]),
        ("Activation", {"activation": "log_softmax"}, [(3, 4)]),
        ("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, [(4,)]),
        ("AlphaDropout", {"rate": 0.3, "seed": 3}, [(4,)]),
        ("Dense", {"units": 3}, [(4,)]),
        ("Dense", {"units": 2, "activation": "gelu", "use_bias": False, "kernel_regularizer": keras.regularizers.L1L2(0.1, 0.2),
                   "kernel_initializer": keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform", seed=4)}, [(3, 4)]),
        ("Dense", {"units": 5, "activation": "hard_sigmoid", "bias_regularizer": "l2", "activity_regularizer": L1, "kernel_constraint": keras.constraints.MaxNorm(1.5, axis=0),
                   "bias_constraint": "non_neg", "trainable": False}, [(4,)]),
        ("Dropout", {"rate": 0.25, "noise_shape": (None, 1), "seed": 7}, [(4,)]),
        ("Dropout", {"rate": 0.0}, [(2, 3)]),
        ("ELU", {"alpha": 0.5}, [(4,)]),
        ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d", "activation": "relu"}, [(2, 4)]),
        ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 3, "kernel_regularizer": L2}, [(2, 4)]),
        ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (2, 2, 3), "bias_axes": "de"}, [(2, 4)]),
        ("Embedding", {"input_dim": 5, "output_dim": 3, "embeddings_constraint": "unit_norm"}, [(4,)]),
        ("Embedding", {"input_dim": 5, "output_dim": 2, "mask_zero": True, "embeddings_regularizer": L2}, [(2, 3)]),
        ("GaussianDropout", {"rate": 0.3, "seed": 1}, [(4,)]),
        ("GaussianNoise", {"stddev": 0.3}, [(4,)]),
        ("Identity", {}, [(4,)]),
        ("InputLayer", {"shape": (3, 2), "name": "pixels"}, [(3, 2)]),
        ("LeakyReLU", {}, [(4,)]),
        ("LeakyReLU", {"negative_slope": 0.05}, [(2, 4)]),
        ("Masking", {"mask_value": 1.5}, [(3, 2)]),
        ("PReLU", {"shared_axes": [1], "alpha_initializer": keras.initializers.Constant(0.25), "alpha_regularizer": L1}, [(3, 4)]),
        ("PReLU", {"alpha_constraint": keras.constraints.MinMaxNorm(0.1, 0.9, 0.5, axis=0)}, [(4,)]),
        ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, [(4,)]),
        ("Softmax", {"axis": 1}, [(3, 4)]),
        ("Softmax", {"axis": (1, 2)}, [(2, 3)]),
        ("SpatialDropout1D", {"rate": 0.3}, [(3, 2)]),
        ("SpatialDropout2D", {"rate": 0.3, "data_format": "channels_last", "seed": 2}, [(2, 3, 2)]),
    ]


def shape_rows():
    return [
        ("Add", {}, [(3, 2), (3, 2), (2,)]),
        ("Average", {}, [(3, 2), (1, 2)]),
        ("Concatenate", {"axis": 1}, [(3, 2), (1, 2)]),
        ("Concatenate", {}, [(3, 2), (3, 4), (3, 1)]),
        ("Cropping1D", {"cropping": (1, 2)}, [(5, 2)]),
        ("Cropping2D", {"cropping": ((1, 0), (0, 2))}, [(3, 4, 2)]),
        ("Cropping2D", {"cropping": 1, "data_format": "channels_first"}, [(2, 5, 4)]),
        ("Dot", {"axes": 1}, [(4,), (4,)]),
        ("Dot", {"axes": (2, 1), "normalize": True}, [(2, 3), (3, 4)]),
        ("Flatten", {"data_format": "channels_first"}, [(2, 3, 2)]),
        ("Flatten", {}, [()]),
        ("Maximum", {}, [(3, 2), (3, 2)]),
        ("Minimum", {}, [(3, 2), (1, 2)]),
        ("Multiply", {}, [(3, 2), (3, 2)]),
        ("Permute", {"dims": (3, 1, 2)}, [(3, 4, 2)]),
        ("RepeatVector", {"n": 3}, [(4,)]),
        ("Rescaling", {"scale": 0.5, "offset": [1.0, 2.0]}, [(3, 2)]),
        ("Rescaling", {"scale": 1 / 255}, [(3, 2)]),
        ("Reshape", {"target_shape": (-1, 2)}, [(3, 4)]),
        ("Reshape", {"target_shape": (2, 2, 3)}, [(12,)]),
        ("Subtract", {}, [(3, 2), (3, 2)]),
        ("UpSampling1D", {"size": 3}, [(3, 2)]),
        ("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, [(2, 3, 2)]),
        ("UpSampling2D", {"size": 2, "data_format": "channels_first"}, [(2, 3, 2)]),
        ("ZeroPadding1D", {"padding": (1, 2)}, [(3, 2)]),
        ("ZeroPadding2D", {"padding": ((1, 0), (0, 2))}, [(2, 3, 2)]),
        ("ZeroPadding2D", {"padding": (2, 1), "data_format": "channels_first"}, [(2, 3, 2)]),
    ]


def normalizing_rows():
    return [
        ("BatchNormalization", {}, [(4,)]),
        ("BatchNormalization", {"axis": 1, "momentum": 0.5, "epsilon": 0.01, "scale": False, "beta_regularizer": L2}, [(3, 2, 4)]),
        ("BatchNormalization", {"center": False, "gamma_constraint": "non_neg", "moving_mean_initializer": "random_normal", "trainable": False}, [(3, 4)]),
        ("GroupNormalization", {"groups": 2}, [(3, 4)]),
        ("GroupNormalization", {"groups": -1, "axis": 1, "center": False, "epsilon": 0.1}, [(3, 4, 2)]),
        ("LayerNormalization", {}, [(4,)]),
        ("LayerNormalization", {"axis": (1, 2), "center": False, "gamma_initializer": "random_uniform"}, [(2, 3)]),
        ("Normalization", {}, [(4,)]),
        ("Normalization", {"axis": (1, 2)}, [(2, 3)]),
        ("Normalization", {"axis": None}, [(2, 3)]),
        ("Normalization", {"mean": [1.0, 2.0], "variance": [0.5, 2.0], "invert": True}, [(3, 2)]),
        ("Normalization", {"axis": None, "mean": 1.0, "variance": 0.5}, [(3, 2)]),
        ("RMSNormalization", {"axis": -1, "epsilon": 0.01}, [(3, 4)]),
        ("UnitNormalization", {"axis": (1, 2)}, [(3, 4)]),
        ("LayerScale", {"init_values": 0.3, "projection_dim": 4}, [(3, 4)]),
        ("StochasticDepth", {"drop_path_rate": 0.3}, [(3, 4)]),
        ("CustomScaleLayer", {"scale": 0.17}, [(3, 2), (3, 2)]),
    ]


def convolution_rows():
    first = {"data_format": "channels_first"}
    return [
        ("Conv1D", {"filters": 3, "kernel_size": 2, "padding": "causal", "dilation_rate": 2}, [(5, 2)]),
        ("Conv1D", {"filters": 4, "kernel_size": (3,), "strides": 2, "padding": "same", "groups": 2, "activation": "relu", "use_bias": False}, [(6, 2)]),
        ("Conv2D", {"filters": 4, "kernel_size": (3, 2), "strides": (2, 1), "groups": 2, "activation": "tanh", "kernel_regularizer": L2}, [(6, 5, 2)]),
        ("Conv2D", {"filters": 3, "kernel_size": 3, "padding": "same", "dilation_rate": (1, 2), "kernel_constraint": keras.constraints.UnitNorm(axis=(0, 1, 2))}, [(5, 7, 1)]),
        ("Conv2D", {"filters": 2, "kernel_size": 1, **first}, [(3, 4, 5)]),
        ("Conv1DTranspose", {"filters": 3, "kernel_size": 2, "strides": 2}, [(3, 2)]),
        ("Conv1DTranspose", {"filters": 2, "kernel_size": 3, "strides": 3, "padding": "same", "output_padding": 1}, [(4, 2)]),
        ("Conv2DTranspose", {"filters": 3, "kernel_size": (3, 2), "strides": (2, 1), "padding": "same", "activation": "softplus"}, [(3, 4, 2)]),
        ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "use_bias": False}, [(3, 4, 2)]),
        ("DepthwiseConv1D", {"kernel_size": 2, "depth_multiplier": 2}, [(5, 2)]),
        ("DepthwiseConv2D", {"kernel_size": (2, 3), "padding": "same", "activation": "relu"}, [(4, 5, 2)]),
        ("DepthwiseConv2D", {"kernel_size": 2, "strides": 2, "depth_multiplier": 3, "depthwise_regularizer": L1}, [(4, 5, 2)]),
        ("SeparableConv1D", {"filters": 3, "kernel_size": 2, "padding": "same"}, [(5, 2)]),
        ("SeparableConv2D", {"filters": 3, "kernel_size": (2, 3), "depth_multiplier": 2, "activation": "elu", "pointwise_regularizer": L2}, [(4, 5, 2)]),
    ]


def pooling_rows():
    first = {"data_format": "channels_first"}
    return [
        ("AveragePooling1D", {"pool_size": 2, "padding": "same"}, [(5, 2)]),
        ("AveragePooling2D", {"pool_size": (2, 3), "strides": (1, 2), "padding": "same"}, [(5, 4, 2)]),
        ("GlobalAveragePooling1D", {}, [(4, 2)]),
        ("GlobalAveragePooling1D", {"keepdims": True, **first}, [(4, 2)]),
        ("GlobalAveragePooling2D", {"keepdims": True}, [(3, 4, 2)]),
        ("GlobalMaxPooling1D", {"keepdims": True}, [(4, 2)]),
        ("GlobalMaxPooling2D", first, [(3, 4, 2)]),
        ("MaxPooling1D", {"pool_size": 3, "strides": 1, "padding": "same"}, [(4, 2)]),
        ("MaxPooling2D", {}, [(4, 6, 2)]),
        ("MaxPooling2D", {"pool_size": (2, 2), "strides": (1, 1)}, [(4, 3, 2)]),
    ]


def attention_rows():
    pair = [(3, 4), (2, 5)]
    return [
        ("AdditiveAttention", {}, [(3, 4), (2, 4)]),
        ("AdditiveAttention", {"use_scale": False, "dropout": 0.2, "seed": 3}, [(3, 4), (2, 4), (2, 4)]),
        ("Attention", {}, [(3, 4), (2, 4), (2, 4)]),
        ("Attention", {"use_scale": True, "score_mode": "concat", "dropout": 0.2}, [(3, 4), (2, 4)]),
        ("GroupQueryAttention", {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}, [(3, 4), (2, 4)]),
        ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 3, "num_key_value_heads": 1, "dropout": 0.1, "use_bias": False, "use_gate": True,
                                 "sliding_window": 2, "seed": 4, "kernel_regularizer": L2, "activity_regularizer": L1}, [(3, 4), (2, 4), (2, 5)]),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, pair),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 2, "dropout": 0.1, "use_bias": False, "output_shape": 3, "seed": 7,
                                "kernel_initializer": "he_normal", "kernel_regularizer": L2, "kernel_constraint": "non_neg"}, pair),
        ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2, "use_gate": True, "sliding_window": 1, "bias_regularizer": L1}, [(3, 4), (2, 5), (2, 2)]),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "attention_axes": 2, "activity_regularizer": L2}, [(2, 3, 4), (2, 2, 4)]),
    ]


def recurrent_rows():
    layers = keras.layers
    noise = {"dropout": 0.1, "recurrent_dropout": 0.2, "seed": 3}
    return [
        ("GRU", {"units": 3, "return_sequences": True, "go_backwards": True, "kernel_regularizer": L2, "activity_regularizer": L1}, [(4, 2)]),
        ("GRU", {"units": 2, "reset_after": False, "activation": "relu", "recurrent_activation": "hard_sigmoid", **noise}, [(4, 3)]),
        ("GRUCell", {"units": 3, "use_bias": False}, [(2,), (3,)]),
        ("LSTM", {"units": 3}, [(4, 2)]),
        ("LSTM", {"units": 2, "return_sequences": True, "zero_output_for_mask": True, "unit_forget_bias": False, "recurrent_regularizer": L1, **noise}, [(4, 3)]),
        ("LSTM", {"units": 2, "unroll": True, "bias_constraint": "non_neg", "recurrent_initializer": "glorot_normal", "trainable": False}, [(4, 3)]),
        ("LSTMCell", {"units": 3, "recurrent_constraint": "unit_norm"}, [(2,), (3,), (3,)]),
        ("RNN", {"cell": layers.LSTMCell(2, kernel_regularizer=L2, name="inner"), "return_sequences": True}, [(4, 3)]),
        ("RNN", {"cell": layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2), layers.LSTMCell(2)])}, [(4, 3)]),
        ("SimpleRNN", {"units": 3, "activation": "sigmoid", "bias_regularizer": L2, "kernel_constraint": "unit_norm"}, [(4, 2)]),
        ("SimpleRNNCell", {"units": 3}, [(2,), (3,)]),
        ("StackedRNNCells", {"cells": [layers.GRUCell(3), layers.SimpleRNNCell(2)]}, [(4,), (3,), (2,)]),
    ]


def wrapper_rows():
    layers = keras.layers
    return [
        ("Bidirectional", {"layer": layers.LSTM(2, return_sequences=True, kernel_regularizer=L2, name="inner")}, [(4, 3)]),
        ("Bidirectional", {"layer": layers.GRU(2), "merge_mode": "mul", "backward_layer": layers.GRU(2, activation="relu", go_backwards=True, name="back")}, [(4, 3)]),
        ("Bidirectional", {"layer": layers.SimpleRNN(2, dropout=0.1), "merge_mode": "ave"}, [(4, 3)]),
        ("TimeDistributed", {"layer": layers.Dense(3, activation="relu", kernel_regularizer=L2, name="inner")}, [(3, 4)]),
        ("TimeDistributed", {"layer": layers.Conv1D(3, 2, name="inner")}, [(2, 4, 3)]),
        ("TimeDistributed", {"layer": keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()], name="inner")}, [(3, 4)]),
    ]


def model_rows():
    """Models as layers: their options are made when they are built, by nested()."""
    return [("Sequential", {}, [(4,)]), ("Functional", {}, [(4,), (3,)])]


def called(layer, inputs):
    """The layer's output for the inputs of its row."""
    if layer.__class__.__name__.endswith(("Cell", "Cells")):
        return layer(inputs[0], inputs[1:])[0]
    by_position = isinstance(layer, (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention))
    return layer(*inputs) if by_position or len(inputs) == 1 else layer(inputs)


def nested(class_name):
    if class_name == "Sequential":
        return keras.Sequential([keras.layers.Dense(3, activation="relu"), keras.layers.BatchNormalization(), keras.layers.Dense(2)], name="tried")
    a, b = keras.Input((4,)), keras.Input((3,))
    shared = keras.layers.Dense(3)
    return keras.Model([a, b], keras.layers.Add()([shared(a), b, shared(a)]), name="tried")
