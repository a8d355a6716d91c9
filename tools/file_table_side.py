#!/usr/bin/env python3
"""The part of tools/file_table.py that runs inside one Keras, 2 or 3: it saves models, and opens files of others.

    file_table_side.py write FOLDER      # NAME.keras, NAME.h5, NAME_only.h5, NAME.weights.h5, the SavedModel NAME_saved, and NAME.npz with inputs and predictions
    file_table_side.py read  < jobs      # one line of JSON a file: {"model", "weights", "file", "npz"}

`write` prints {suffix: {model: error}} of what could not be written; `read` prints {"error", "difference"} a line.
"""

import json
import pathlib
import sys

import keras
import numpy as np

L = keras.layers


def sequence():
    return keras.Sequential([keras.Input((5,)), L.Dense(6, activation="relu"), L.BatchNormalization(), L.Dropout(0.2), L.Dense(3, activation="softmax", name="probs")], name="sequence")


def branches():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = L.Dense(3, activation="tanh", name="shared")
    x = L.Concatenate(name="both")([shared(a), shared(b), L.LayerNormalization(name="norm")(a)])
    return keras.Model([a, b], [L.Dense(2, name="p")(x), L.Dense(1, activation="sigmoid", name="q")(x)], name="branches")


def image():
    x = keras.Input((7, 6, 2), name="image")
    y = L.LeakyReLU(0.2)(L.BatchNormalization()(L.Conv2D(4, 3, strides=2, padding="same", use_bias=False)(x)))
    y = L.DepthwiseConv2D(2, activation="relu")(L.ZeroPadding2D(1)(y))
    return keras.Model(x, L.Dense(2)(L.GlobalAveragePooling2D()(L.MaxPooling2D()(y))), name="image")


def text():
    return keras.Sequential([keras.Input((6,)), L.Embedding(9, 4), L.Conv1D(3, 2, padding="causal", activation="relu"), L.GlobalMaxPooling1D(), L.Dense(2)], name="text")


def nested():
    inner = keras.Sequential([keras.Input((3,)), L.Dense(3, name="a", trainable=False), L.BatchNormalization(name="norm"), L.Dense(3, name="b")], name="encoder")
    x = keras.Input((3,), name="x")
    shared = L.Dense(3, name="shared")
    return keras.Model(x, L.Dense(2, name="head")(L.Add(name="sum")([shared(inner(x)), shared(x)])), name="nested")


MODELS = {"sequence": sequence, "branches": branches, "image": image, "text": text, "nested": nested}


def made(name):
    """A compiled model that has taken a step, with other weights than any initial ones."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    model = MODELS[name]()
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
    xs = inputs_of(name, model)
    targets = [np.zeros(y.shape, "float32") for y in outputs_of(model, xs)]
    model.train_on_batch(xs if len(xs) > 1 else xs[0], targets if len(targets) > 1 else targets[0])
    rng = np.random.default_rng(2)
    for weight in model.weights:
        value = rng.normal(size=tuple(weight.shape), scale=0.5)
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.name else value)
    return model, xs


def inputs_of(name, model):
    rng = np.random.default_rng(3)
    shapes = [(3, *x.shape[1:]) for x in model.inputs]
    return [(rng.integers(0, 9, shape) if name == "text" else rng.normal(size=shape)).astype("float32") for shape in shapes]


def outputs_of(model, xs):
    ys = model(xs if len(xs) > 1 else xs[0], training=False)
    return [np.asarray(y) for y in (ys if isinstance(ys, (list, tuple)) else [ys])]


def error_text(error):
    return f"{type(error).__name__}: {error}"


SAVERS = {".keras": lambda model, path: model.save(path), ".h5": lambda model, path: model.save(path),
          "_only.h5": lambda model, path: model.save_weights(path), ".weights.h5": lambda model, path: model.save_weights(path),
          "_saved": lambda model, path: model.export(path, verbose=False) if hasattr(L, "TFSMLayer") else model.save(path)}


def write(folder):
    errors = {suffix: {} for suffix in SAVERS}
    for name in MODELS:
        for suffix, save in SAVERS.items():
            model, xs = made(name)  # anew each time: saving a .h5 file changes the model in Keras 3
            np.savez(folder / f"{name}.npz", **{f"x{i}": x for i, x in enumerate(xs)})
            np.savez(folder / f"{name}_y.npz", **{f"y{i}": y for i, y in enumerate(outputs_of(model, xs))})
            try:
                save(model, str(folder / f"{name}{suffix}"))
            except Exception as error:  # whatever this Keras says is what the table tells
                errors[suffix][name] = error_text(error)
    print(json.dumps({"version": keras.__version__, "errors": errors}))


def read_one(job):
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    with np.load(job["npz"]) as arrays:
        xs = [arrays[f"x{i}"] for i in range(len(arrays))]
    with np.load(job["npz"].replace(".npz", "_y.npz")) as arrays:
        expected = [arrays[f"y{i}"] for i in range(len(arrays))]
    if job["weights"]:
        model = MODELS[job["model"]]()
        model.load_weights(job["file"])
    elif job["file"].endswith("_saved") and hasattr(L, "TFSMLayer"):
        return difference(expected, outputs_of_layer(job["file"], xs))
    else:
        model = keras.models.load_model(job["file"])
    return difference(expected, outputs_of(model, xs))


def outputs_of_layer(file, xs):
    """Keras 3 takes a SavedModel as a layer: of the function `serve`, or of the signature."""
    try:
        layer = L.TFSMLayer(file, call_endpoint="serve")
    except ValueError:
        layer = L.TFSMLayer(file, call_endpoint="serving_default")
    ys = layer(xs if len(xs) > 1 else xs[0])
    return [np.asarray(y) for y in (ys.values() if isinstance(ys, dict) else ys if isinstance(ys, (list, tuple)) else [ys])]


def difference(expected, ys):
    if len(ys) != len(expected):
        raise ValueError(f"{len(ys)} outputs instead of {len(expected)}")
    return max(float(np.abs(y - e).max()) for y, e in zip(ys, expected))


def read():
    for line in sys.stdin:
        try:
            answer = {"error": None, "difference": read_one(json.loads(line))}
        except Exception as error:  # whatever this Keras says is what the table tells
            answer = {"error": error_text(error), "difference": None}
        print("=> " + json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(pathlib.Path(sys.argv[2]))
    else:
        read()
