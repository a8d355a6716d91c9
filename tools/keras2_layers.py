#!/usr/bin/env python3
"""Every layer that Keras 2.15 and Namesake both have, with odd arguments in Keras 2's words: the rows that make_keras2_golden.py packs together, or, run by itself,
each row in files of its own.

    TF_CPP_MIN_LOG_LEVEL=3 python tools/keras2_layers.py FOLDER      # with Keras 2.15: <n>.keras, <n>.h5, <n>.npz (x0, x1, ..., y0), cases.json

A row is (class, options, shapes of the inputs without the batch axis). Rows with one input are Sequential and functional in turn.
"""

import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

L, I, R, C = keras.layers, keras.initializers, keras.regularizers, keras.constraints
L1, L2 = R.L1(0.01), R.L2(0.02)
FIRST = {"data_format": "channels_first"}


def rows():
    return dense_rows() + noise_rows() + shape_rows() + merging_rows() + normalizing_rows() + convolution_rows() + pooling_rows() + attention_rows() + recurrent_rows() + wrapper_rows()


def dense_rows():
    return [
        ("InputLayer", {"input_shape": (3, 2), "name": "pixels"}, [(3, 2)]),
        ("Dense", {"units": 3, "activation": "gelu", "use_bias": False, "kernel_regularizer": R.L1L2(0.1, 0.2), "kernel_initializer": I.VarianceScaling(2.0, "fan_avg", "uniform", seed=4)}, [(3, 4)]),
        ("Dense", {"units": 2, "activation": "swish", "kernel_regularizer": "l1", "bias_regularizer": "l2", "activity_regularizer": L1, "kernel_constraint": C.MaxNorm(1.5, axis=0),
                   "bias_constraint": "non_neg", "trainable": False}, [(4,)]),
        ("Dense", {"units": 2, "activation": "hard_sigmoid", "kernel_initializer": I.Orthogonal(0.7, seed=1), "kernel_regularizer": R.OrthogonalRegularizer(0.02, "columns"), "name": "block/dense"}, [(4,)]),
        ("Dense", {"units": 2, "activation": tf.nn.relu6, "kernel_initializer": "lecun_normal", "bias_initializer": I.RandomUniform(-0.1, 0.2), "dtype": "float64"}, [(4,)]),
        ("Dense", {"units": 4, "activation": "softsign", "kernel_initializer": "identity", "kernel_constraint": C.MinMaxNorm(0.1, 0.9, 0.5, axis=0), "bias_initializer": I.TruncatedNormal(0.1, 0.2)}, [(4,)]),
        ("Dense", {"units": 2, "kernel_initializer": "he_normal", "bias_initializer": "lecun_uniform"}, [(4,)]),
        ("Activation", {"activation": "exponential"}, [(4,)]),
        ("Activation", {"activation": tf.nn.silu}, [(4,)]),
        ("Activation", {"activation": "mish"}, [(4,)]),
        ("Activation", {"activation": "selu"}, [(3, 4)]),
        ("Activation", {"activation": "elu"}, [(3, 4)]),
        ("Activation", {"activation": "softmax"}, [(3, 4)]),
        ("ELU", {"alpha": 0.5}, [(4,)]),
        ("LeakyReLU", {}, [(4,)]),
        ("LeakyReLU", {"alpha": 0.05}, [(2, 4)]),
        ("PReLU", {"shared_axes": [1], "alpha_initializer": I.Constant(0.25), "alpha_regularizer": L1}, [(3, 4)]),
        ("PReLU", {"alpha_constraint": C.UnitNorm()}, [(4,)]),
        ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, [(4,)]),
        ("ReLU", {"max_value": np.float32(0.5)}, [(4,)]),
        ("Softmax", {"axis": 1}, [(3, 4)]),
        ("Softmax", {"axis": [1, 2]}, [(2, 3)]),
        ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d", "activation": "relu"}, [(2, 4)]),
        ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 3, "kernel_regularizer": L2}, [(2, 4)]),
        ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (2, 2, 3), "bias_axes": "de"}, [(2, 4)]),
        ("Embedding", {"input_dim": 5, "output_dim": 3, "embeddings_constraint": "unit_norm", "input_length": 4}, [(4,)]),
        ("Embedding", {"input_dim": 5, "output_dim": 2, "mask_zero": True, "embeddings_regularizer": L2, "embeddings_initializer": "normal"}, [(2, 3)]),
        ("Identity", {}, [(4,)]),
        ("Masking", {"mask_value": 1.5}, [(3, 2)]),
        ("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, [(4,)]),
    ]


def noise_rows():
    return [
        ("Dropout", {"rate": 0.25, "noise_shape": (None, 1), "seed": 7}, [(4,)]),
        ("Dropout", {"rate": 0, "dtype": "float16"}, [(2, 3)]),
        ("AlphaDropout", {"rate": 0.3, "seed": 3}, [(4,)]),
        ("AlphaDropout", {"rate": 0.3, "noise_shape": (1, 4)}, [(4,)]),
        ("GaussianDropout", {"rate": 0.3}, [(4,)]),
        ("GaussianNoise", {"stddev": 1, "seed": 2}, [(4,)]),
        ("SpatialDropout1D", {"rate": 0.3}, [(3, 2)]),
        ("SpatialDropout2D", {"rate": 0.3, **FIRST}, [(2, 3, 2)]),
    ]


def shape_rows():
    return [
        ("Cropping1D", {"cropping": (1, 2)}, [(5, 2)]),
        ("Cropping1D", {"cropping": 1}, [(5, 2)]),
        ("Cropping2D", {"cropping": ((1, 0), (0, 2))}, [(3, 4, 2)]),
        ("Cropping2D", {"cropping": 1, **FIRST}, [(2, 5, 4)]),
        ("Flatten", FIRST, [(2, 3, 2)]),
        ("Flatten", {}, [()]),
        ("Permute", {"dims": (3, 1, 2)}, [(3, 4, 2)]),
        ("RepeatVector", {"n": 3}, [(4,)]),
        ("Rescaling", {"scale": 0.5, "offset": [1.0, 2.0]}, [(3, 2)]),
        ("Rescaling", {"scale": 1 / 255}, [(3, 2)]),
        ("Reshape", {"target_shape": (-1, 2)}, [(3, 4)]),
        ("Reshape", {"target_shape": [2, 2, 3]}, [(12,)]),
        ("UpSampling1D", {"size": 3}, [(3, 2)]),
        ("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, [(2, 3, 2)]),
        ("UpSampling2D", {"size": 2, **FIRST}, [(2, 3, 2)]),
        ("ZeroPadding1D", {"padding": (1, 2)}, [(3, 2)]),
        ("ZeroPadding2D", {"padding": ((1, 0), (0, 2))}, [(2, 3, 2)]),
        ("ZeroPadding2D", {"padding": (2, 1), **FIRST}, [(2, 3, 2)]),
    ]


def merging_rows():
    return [
        ("Add", {}, [(3, 2), (3, 2), (3, 2)]),
        ("Add", {}, [(3, 2), (1, 2)]),
        ("Average", {}, [(3, 2), (1, 2)]),
        ("Concatenate", {"axis": 1}, [(3, 2), (1, 2)]),
        ("Concatenate", {}, [(3, 2), (3, 4), (3, 1)]),
        ("Dot", {"axes": 1}, [(4,), (4,)]),
        ("Dot", {"axes": (2, 1), "normalize": True}, [(2, 3), (3, 4)]),
        ("Dot", {"axes": -1}, [(2, 3), (4, 3)]),
        ("Maximum", {}, [(3, 2), (3, 2)]),
        ("Minimum", {}, [(3, 2), (1, 2)]),
        ("Multiply", {}, [(3, 2), (3, 2), (3, 2)]),
        ("Subtract", {}, [(3, 2), (3, 2)]),
    ]


def normalizing_rows():
    return [
        ("BatchNormalization", {}, [(4,)]),
        ("BatchNormalization", {"axis": 1, "momentum": 0.5, "epsilon": 0.01, "scale": False, "beta_regularizer": L2}, [(3, 2, 4)]),
        ("BatchNormalization", {"axis": [-1], "center": False, "gamma_constraint": "non_neg", "moving_mean_initializer": "random_normal", "trainable": False}, [(3, 4)]),
        ("BatchNormalization", {"fused": False, "gamma_initializer": I.RandomNormal(1.0, 0.1)}, [(3, 2, 4)]),
        ("BatchNormalization", {"dtype": "mixed_float16"}, [(3, 4)]),
        ("BatchNormalization", {"synchronized": True}, [(3, 4)]),
        ("GroupNormalization", {"groups": 2}, [(3, 4)]),
        ("GroupNormalization", {"groups": -1, "axis": 1, "center": False, "epsilon": 0.1}, [(3, 4, 2)]),
        ("LayerNormalization", {}, [(4,)]),
        ("LayerNormalization", {"axis": (1, 2), "center": False, "gamma_initializer": "random_uniform"}, [(2, 3)]),
        ("LayerNormalization", {"axis": 1, "scale": False, "epsilon": 0.1}, [(2, 3)]),
        ("Normalization", {}, [(4,)]),
        ("Normalization", {"axis": (1, 2)}, [(2, 3)]),
        ("Normalization", {"axis": None}, [(2, 3)]),
        ("Normalization", {"mean": [1.0, 2.0], "variance": [0.5, 2.0], "invert": True}, [(3, 2)]),
        ("Normalization", {"axis": None, "mean": 1.0, "variance": 0.5}, [(3, 2)]),
        ("UnitNormalization", {"axis": [1, 2]}, [(3, 4)]),
        ("UnitNormalization", {}, [(3, 4)]),
    ]


def convolution_rows():
    return [
        ("Conv1D", {"filters": 3, "kernel_size": 2, "padding": "causal", "dilation_rate": 2}, [(5, 2)]),
        ("Conv1D", {"filters": 4, "kernel_size": (3,), "strides": 2, "padding": "same", "groups": 2, "activation": "relu", "use_bias": False}, [(6, 2)]),
        ("Conv2D", {"filters": 4, "kernel_size": (3, 2), "strides": (2, 1), "groups": 2, "activation": "tanh", "kernel_regularizer": L2}, [(6, 5, 2)]),
        ("Conv2D", {"filters": 3, "kernel_size": 3, "padding": "same", "dilation_rate": (1, 2), "kernel_constraint": C.UnitNorm(axis=(0, 1, 2))}, [(5, 7, 1)]),
        ("Conv2D", {"filters": 2, "kernel_size": 2, "dtype": "mixed_bfloat16"}, [(3, 4, 2)]),
        ("Conv1DTranspose", {"filters": 3, "kernel_size": 2, "strides": 2}, [(3, 2)]),
        ("Conv1DTranspose", {"filters": 2, "kernel_size": 3, "strides": 3, "padding": "same", "output_padding": 1}, [(4, 2)]),
        ("Conv2DTranspose", {"filters": 3, "kernel_size": (3, 2), "strides": (2, 1), "padding": "same", "activation": "softplus"}, [(3, 4, 2)]),
        ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "use_bias": False}, [(3, 4, 2)]),
        ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2, "output_padding": (1, 0)}, [(3, 4, 2)]),
        ("DepthwiseConv1D", {"kernel_size": 2, "depth_multiplier": 2}, [(5, 2)]),
        ("DepthwiseConv2D", {"kernel_size": (2, 3), "padding": "same", "activation": "relu"}, [(4, 5, 2)]),
        ("DepthwiseConv2D", {"kernel_size": 2, "strides": 2, "depth_multiplier": 3, "depthwise_regularizer": L1, "depthwise_initializer": "he_uniform"}, [(4, 5, 2)]),
        ("SeparableConv1D", {"filters": 3, "kernel_size": 2, "padding": "same"}, [(5, 2)]),
        ("SeparableConv2D", {"filters": 3, "kernel_size": (2, 3), "depth_multiplier": 2, "activation": "elu", "pointwise_regularizer": L2, "depthwise_constraint": "max_norm"}, [(4, 5, 2)]),
    ]


def pooling_rows():
    return [
        ("AveragePooling1D", {"pool_size": 2, "padding": "same"}, [(5, 2)]),
        ("AveragePooling1D", {"pool_size": 2, "strides": 1, **FIRST}, [(2, 5)]),
        ("AveragePooling2D", {"pool_size": (2, 3), "strides": (1, 2), "padding": "same"}, [(5, 4, 2)]),
        ("GlobalAveragePooling1D", {}, [(4, 2)]),
        ("GlobalAveragePooling1D", {"keepdims": True, **FIRST}, [(4, 2)]),
        ("GlobalAveragePooling2D", {"keepdims": True}, [(3, 4, 2)]),
        ("GlobalMaxPooling1D", {"keepdims": True}, [(4, 2)]),
        ("GlobalMaxPooling2D", FIRST, [(3, 4, 2)]),
        ("MaxPooling1D", {"pool_size": 3, "strides": 1, "padding": "same"}, [(4, 2)]),
        ("MaxPooling2D", {}, [(4, 6, 2)]),
        ("MaxPooling2D", {"pool_size": 2, "strides": 1}, [(4, 3, 2)]),
    ]


def attention_rows():
    pair = [(3, 4), (2, 5)]
    return [
        ("AdditiveAttention", {}, [(3, 4), (2, 4)]),
        ("AdditiveAttention", {"use_scale": False, "dropout": 0.2}, [(3, 4), (2, 4), (2, 4)]),
        ("Attention", {}, [(3, 4), (2, 4), (2, 4)]),
        ("Attention", {"use_scale": True, "score_mode": "concat", "dropout": 0.2}, [(3, 4), (2, 4)]),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, pair),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 2, "dropout": 0.1, "use_bias": False, "output_shape": 3,
                                "kernel_initializer": "he_normal", "kernel_regularizer": L2, "kernel_constraint": "non_neg"}, [(3, 4), (2, 5), (2, 2)]),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "attention_axes": 2, "activity_regularizer": L2}, [(2, 3, 4), (2, 2, 4)]),
        ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2, "output_shape": (2, 3), "dtype": "float64"}, pair),
    ]


def recurrent_rows():
    return [
        ("GRU", {"units": 3, "return_sequences": True, "go_backwards": True, "kernel_regularizer": L2, "implementation": 1}, [(4, 2)]),
        ("GRU", {"units": 2, "reset_after": False, "recurrent_activation": "hard_sigmoid", "dropout": 0.1, "recurrent_dropout": 0.2}, [(4, 3)]),
        ("LSTM", {"units": 3, "name": "block/lstm"}, [(4, 2)]),
        ("LSTM", {"units": 2, "return_sequences": True, "unit_forget_bias": False, "recurrent_regularizer": L1, "activity_regularizer": L2, "unroll": True}, [(4, 3)]),
        ("LSTM", {"units": 2, "recurrent_activation": "hard_sigmoid", "activation": "relu", "dtype": "float64"}, [(4, 3)]),
        ("SimpleRNN", {"units": 3, "activation": "sigmoid", "kernel_constraint": C.UnitNorm(), "dropout": 0.2}, [(4, 2)]),
        ("RNN", {"cell": L.LSTMCell(2, kernel_regularizer=L2, name="inner"), "return_sequences": True}, [(4, 3)]),
        ("RNN", {"cell": L.StackedRNNCells([L.LSTMCell(3), L.GRUCell(2), L.SimpleRNNCell(2)])}, [(4, 3)]),
    ]


def wrapper_rows():
    return [
        ("Bidirectional", {"layer": L.LSTM(2, return_sequences=True, kernel_regularizer=L2)}, [(4, 3)]),
        ("Bidirectional", {"layer": L.GRU(2, name="inner"), "merge_mode": "ave", "name": "block/both"}, [(4, 3)]),
        ("Bidirectional", {"layer": L.SimpleRNN(2), "merge_mode": "mul", "backward_layer": L.SimpleRNN(2, activation="relu", go_backwards=True, name="back")}, [(4, 3)]),
        ("Bidirectional", {"layer": L.GRU(2, return_sequences=True, go_backwards=True, reset_after=False), "merge_mode": "sum"}, [(4, 3)]),
        ("TimeDistributed", {"layer": L.Dense(3, activation="relu", kernel_regularizer=L2)}, [(3, 4)]),
        ("TimeDistributed", {"layer": L.DepthwiseConv2D(2, name="inner")}, [(2, 4, 3, 1)]),
        ("TimeDistributed", {"layer": L.BatchNormalization(axis=[-1]), "name": "block/steps"}, [(3, 4)]),
        ("TimeDistributed", {"layer": keras.Sequential([L.Dense(3, input_shape=(4,)), L.LeakyReLU(0.2)], name="inner")}, [(3, 4)]),
    ]


def refused_rows():
    """What Keras 3, or Namesake, has no layer for: the same, and words of the error that says what to do."""
    return [
        ("ThresholdedReLU", {"theta": 0.5}, [(4,)], "use ReLU(threshold=theta)"),
        ("LocallyConnected1D", {"filters": 2, "kernel_size": 2}, [(4, 2)], "write it as a layer of your own"),
        ("LocallyConnected2D", {"filters": 2, "kernel_size": 2}, [(4, 3, 2)], "write it as a layer of your own"),
        ("RandomHeight", {"factor": 0.2}, [(4, 3, 2)], "leave it out"),
        ("Lambda", {"function": lambda x: x + 1}, [(4,)], "Lambda"),
        ("Dense", {"units": 2, "kernel_constraint": C.RadialConstraint()}, [(4,)], "RadialConstraint"),
        ("Dense", {"units": 2, "activation": L.LeakyReLU(0.1)}, [(4,)], "a layer of its own after"),
        ("BatchNormalization", {"axis": [1, 2]}, [(3, 2, 4)], "one axis"),
        ("BatchNormalization", {"virtual_batch_size": 1}, [(3,)], "virtual_batch_size"),
        ("SeparableConv1D", {"filters": 3, "kernel_size": 2, "padding": "causal", "dilation_rate": 2}, [(5, 2)], "ZeroPadding1D"),
        ("UpSampling2D", {"size": 2, "interpolation": "bicubic"}, [(3, 3, 1)], "\"nearest\" or \"bilinear\""),
    ]


def input_of(row, shape, name):
    return keras.Input(shape, name=name, dtype=row[1].get("dtype", "float32") if row[1].get("dtype") in ("float16", "float64") else "float32")


def called(row, name):
    """(inputs, output) of a new layer."""
    class_name, options, shapes = row
    if class_name == "InputLayer":
        layer = L.InputLayer(**options)
        return [layer.output], L.Identity()(layer.output)
    xs = [input_of(row, shape, f"{name}_{i}") for i, shape in enumerate(shapes)]
    layer = getattr(L, class_name)(**options)
    return xs, layer(*xs) if class_name == "MultiHeadAttention" or len(xs) == 1 else layer(xs)


def alone(index, row):
    if len(row[2]) == 1 and index % 2 and row[0] != "InputLayer":
        return keras.Sequential([input_of(row, row[2][0], "x"), getattr(L, row[0])(**row[1])], name=f"row_{index}")
    xs, y = called(row, "x")
    return keras.Model(xs, y, name=f"row_{index}")


def packed(some):
    """One model of several rows, each with its own inputs and its own output."""
    pairs = [called(row, f"x{i}") for i, row in enumerate(some)]
    return keras.Model([x for xs, _ in pairs for x in xs], [y for _, y in pairs], name="rows")


def draw_weights(model, rng):
    """Nothing at its initial value; variances and counts stay positive."""
    for layer in model._flatten_layers():
        for variable in layer.weights:
            value = rng.normal(size=variable.shape, scale=0.5)
            if variable.dtype.is_floating:
                variable.assign(tf.cast(np.abs(value) + 0.5 if "variance" in variable.name or "stddev" in variable.name else value, variable.dtype))
        if hasattr(layer, "finalize_state"):  # Normalization computes with copies
            layer.finalize_state()


def inputs_of(model, rng):
    """Numbers that an embedding takes for words where one is next."""
    words = {id(layer.input) for layer in model.layers if isinstance(layer, L.Embedding)}
    return [(rng.integers(0, 5, (2, *x.shape[1:])) if id(x) in words else rng.normal(size=(2, *x.shape[1:]))).astype(x.dtype.as_numpy_dtype) for x in model.inputs]


def prediction(model, xs):
    ys = model(xs if len(xs) > 1 else xs[0], training=False)
    return [np.asarray(tf.cast(y, "float32") if y.dtype in (tf.float16, tf.bfloat16) else y) for y in tf.nest.flatten(ys)]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for index, row in enumerate(rows()):
        keras.backend.clear_session()
        keras.utils.set_random_seed(index)
        rng = np.random.default_rng(index)
        model = alone(index, row)
        draw_weights(model, rng)
        xs = inputs_of(model, rng)
        np.savez(folder / f"{index}.npz", **{f"x{i}": x for i, x in enumerate(xs)})
        np.savez(folder / f"{index}_y.npz", y=prediction(model, xs)[0])
        model.save(folder / f"{index}.keras")
        model.save(folder / f"{index}.h5", save_format="h5")
        cases.append({"case": index, "class": row[0], "options": [key for key in row[1]]})
    refused = []
    for index, (*row, words) in enumerate(refused_rows()):
        keras.backend.clear_session()
        alone(index, row).save(folder / f"refused_{index}.keras")
        alone(index, row).save(folder / f"refused_{index}.h5", save_format="h5")
        refused.append({"case": f"refused_{index}", "class": row[0], "words": words})
    (folder / "cases.json").write_text(json.dumps({"cases": cases, "refused": refused}))


if __name__ == "__main__":
    main()
