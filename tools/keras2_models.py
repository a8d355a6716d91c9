#!/usr/bin/env python3
"""Eight small models as people made them with Keras 2, one for each thing that Keras 3 cannot open: of the sixteen files that Keras 2.15 saves of them as .keras and .h5,
Keras 3 opens two. make_keras2_golden.py packs them; run by itself, each is a pair of files of its own.

    TF_CPP_MIN_LOG_LEVEL=3 python tools/keras2_models.py FOLDER      # with Keras 2.15: <name>.keras, <name>.h5, <name>.npz (x0, y0), cases.json
"""

import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

L = keras.layers


def dense_alone():
    return keras.Sequential([L.Dense(5, activation="relu", input_shape=(4,)), L.Dense(3, activation="softmax")])


def slash_in_a_name():
    x = keras.Input((4,), name="x")
    y = L.Dense(3, activation="tanh", name="block1/dense")(x)
    return keras.Model(x, L.Dense(2, name="block2/dense")(y))


def normalized_and_compiled():
    model = keras.Sequential([L.Dense(4, input_shape=(3,)), L.BatchNormalization(), L.Dense(2)])
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    return model


def model_in_a_model():
    inner_x = keras.Input((4,))
    inner = keras.Model(inner_x, L.Dense(3, activation="relu")(inner_x), name="encoder")
    head = keras.Sequential([L.Dense(3, input_shape=(3,)), L.Dense(2)], name="head")
    x = keras.Input((4,))
    return keras.Model(x, head(inner(x)))


def convolution():
    x = keras.Input((6, 6, 2))
    y = L.Conv2D(3, 3, padding="same", activation="relu")(x)
    y = L.MaxPooling2D()(L.DepthwiseConv2D(2)(y))
    return keras.Model(x, L.Dense(2)(L.GlobalAveragePooling2D()(y)))


def recurrent():
    return keras.Sequential([L.Embedding(9, 3, mask_zero=True, input_length=5), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.GRU(4), L.Dense(1, activation="sigmoid")])


def attention():
    x = keras.Input((5, 4))
    y = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(num_heads=2, key_dim=3)(x, x)]))
    return keras.Model(x, L.Dense(2)(L.GlobalAveragePooling1D()(y)))


def calls_of_ops():
    x = keras.Input((4,))
    y = tf.nn.relu(L.Dense(3)(x)) * 2.0
    return keras.Model(x, tf.concat([y, x[:, :2]], axis=1))


CASES = [dense_alone, slash_in_a_name, normalized_and_compiled, model_in_a_model, convolution, recurrent, attention, calls_of_ops]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for index, case in enumerate(CASES):
        keras.backend.clear_session()
        keras.utils.set_random_seed(index)
        rng = np.random.default_rng(index)
        model = case()
        for variable in model.weights:
            if variable.dtype.is_floating and "variance" not in variable.name:
                variable.assign(rng.normal(size=variable.shape, scale=0.5))
        shape = (3, *model.inputs[0].shape[1:])
        x = (rng.integers(0, 9, shape) if case is recurrent else rng.normal(size=shape)).astype("float32")
        np.savez(folder / f"{case.__name__}.npz", x0=x, y0=np.asarray(model(x, training=False)))
        model.save(folder / f"{case.__name__}.keras")
        model.save(folder / f"{case.__name__}.h5", save_format="h5")
    (folder / "cases.json").write_text(json.dumps([case.__name__ for case in CASES]))


if __name__ == "__main__":
    main()
