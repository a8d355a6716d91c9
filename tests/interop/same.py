"""Questions that several tests ask of a model: its names, its variables, what it predicts here and with our command."""

import keras
import numpy as np

from conftest import run_program


def layer_names(model, prefix=""):
    """Names of all layers, nested ones as inner/dense."""
    names = []
    for layer in model.layers:
        names.append(prefix + layer.name)
        if isinstance(layer, keras.Sequential):
            names += layer_names(layer, prefix + layer.name + "/")
    return names


def variable_names(model):
    """(layer, weight, shape) of every weight in the order of the layers: what does not depend on how Keras came to build them."""
    rows = []
    for layer in model.layers:
        if isinstance(layer, keras.Sequential):
            rows += [(f"{layer.name}/{inner}", name, shape) for inner, name, shape in variable_names(layer)]
        else:
            rows += [(layer.name, v.name, tuple(v.shape)) for v in layer.weights]
    return rows


def input_for(model, rows=5, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, *model.input_shape[1:])).astype(np.float32)


def our_prediction(path, x, folder):
    """What `namesake predict` says."""
    np.save(folder / "x.npy", x)
    run_program("namesake", "predict", path, "--input", folder / "x.npy", "-o", folder / "y.npy")
    return np.load(folder / "y.npy")


def keras_prediction(model, x):
    return keras.ops.convert_to_numpy(model(x, training=False))
