"""tests/golden/training: ten training steps on the whole batch, for every optimizer option and loss.

cases.json: {"cases": [{"case", "setup", "loss": {"class_name", "config"}, "optimizer": {"class_name", "config"}, "tolerance"}],
             "setups": {name: {"layers": [{"class_name", "units", "activation", "name"}], "input_shape"}}}
setup_<name>.npz: `x`, `y`, and the weights before the first step as `initial/<layer>/<weight>`.
<case>.npz: `losses` (10: before each step), and by weight `gradient/…` of step 1 (before any clipping), `after1/…`, `after10/…`.
optimizer.config is Keras's own get_config().
"""

import keras
import numpy as np
import tensorflow as tf

from golden.common import rng_for, write_arrays, write_rows

SETUPS = {
    "softmax": [(16, "relu"), (10, "softmax")],
    "logits": [(16, "relu"), (10, "linear")],
    "binary": [(8, "tanh"), (1, "sigmoid")],
    "regression": [(8, "sigmoid"), (8, "relu"), (3, "linear")],
}
ROWS, COLUMNS, STEPS = 16, 10, 10


def description(name):
    layers = [{"class_name": "Dense", "units": u, "activation": a, "name": f"dense_{i + 1}"} for i, (u, a) in enumerate(SETUPS[name])]
    return {"layers": layers, "input_shape": [COLUMNS]}


def build(name):
    keras.utils.set_random_seed(len(name))
    layers = [keras.layers.Dense(r["units"], activation=r["activation"], name=r["name"]) for r in description(name)["layers"]]
    model = keras.Sequential([keras.Input((COLUMNS,)), *layers])
    rng = rng_for("training/" + name)
    for variable in model.trainable_variables:  # biases that are not zero show what is done to them
        if variable.path.endswith("bias"):
            variable.assign(rng.normal(size=variable.shape).astype(np.float32) * 0.1)
    return model


def path_of(variable):
    return "/".join(variable.path.split("/")[-2:])


def targets(name, loss):
    rng = rng_for("targets/" + name)
    units = SETUPS[name][-1][0]
    if "Sparse" in loss:
        return rng.integers(0, units, size=ROWS).astype(np.int32)
    if "Categorical" in loss:
        return np.eye(units, dtype=np.float32)[rng.integers(0, units, size=ROWS)]
    if "Binary" in loss:
        return rng.integers(0, 2, size=(ROWS, units)).astype(np.float32)
    return rng.normal(size=(ROWS, units)).astype(np.float32)


SGD = {
    "plain": {"learning_rate": 0.1}, "momentum": {"learning_rate": 0.1, "momentum": 0.9},
    "nesterov": {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
    "weight_decay": {"learning_rate": 0.1, "weight_decay": 0.05}, "clipnorm": {"learning_rate": 0.5, "clipnorm": 0.1},
    "clipvalue": {"learning_rate": 0.5, "clipvalue": 0.02}, "global_clipnorm": {"learning_rate": 0.5, "global_clipnorm": 0.15},
    "momentum_weight_decay_clipnorm": {"learning_rate": 0.1, "momentum": 0.5, "weight_decay": 0.01, "clipnorm": 0.2},
}
ADAM = {
    "defaults": {}, "fast": {"learning_rate": 0.01}, "amsgrad": {"learning_rate": 0.05, "amsgrad": True},
    "betas": {"learning_rate": 0.02, "beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-4},
    "weight_decay": {"learning_rate": 0.01, "weight_decay": 0.05}, "clipnorm": {"learning_rate": 0.01, "clipnorm": 0.1},
    "global_clipnorm": {"learning_rate": 0.01, "global_clipnorm": 0.1}, "clipvalue": {"learning_rate": 0.01, "clipvalue": 0.01},
}
LOSSES = (("softmax", "CategoricalCrossentropy", {}), ("softmax", "SparseCategoricalCrossentropy", {}),
          ("logits", "CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}),
          ("logits", "SparseCategoricalCrossentropy", {"from_logits": True}),
          ("binary", "BinaryCrossentropy", {}), ("regression", "MeanSquaredError", {}))

WORDS = {"CategoricalCrossentropy": "categorical", "SparseCategoricalCrossentropy": "sparse", "BinaryCrossentropy": "crossentropy",
         "MeanSquaredError": "mse"}


def calls():
    """(case, setup, loss class, loss options, optimizer class, its options)"""
    for word, options in SGD.items():
        yield f"sgd_{word}", *LOSSES[0], "SGD", options
    for word, options in ADAM.items():
        yield f"adam_{word}", *LOSSES[0], "Adam", options
    for setup, loss, options in LOSSES[1:]:
        word = f"{setup}_{WORDS[loss]}"
        yield f"{word}_sgd", setup, loss, options, "SGD", SGD["momentum"]
        yield f"{word}_adam", setup, loss, options, "Adam", ADAM["fast"]


def train(model, x, y, loss, optimizer, arrays):
    losses = []
    for step in range(1, STEPS + 1):
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        gradients = tape.gradient(value, [v.value for v in model.trainable_variables])
        if step == 1:
            arrays |= {f"gradient/{path_of(v)}": g.numpy() for v, g in zip(model.trainable_variables, gradients)}
        optimizer.apply(gradients, model.trainable_variables)
        losses.append(value.numpy())
        if step in (1, STEPS):
            arrays |= {f"after{step}/{path_of(v)}": v.numpy() for v in model.trainable_variables}
    return {"losses": np.array(losses, np.float32)} | arrays


def make(folder):
    folder = folder / "training"
    size, rows, setups = 0, [], {}
    for case, setup, loss_name, loss_options, optimizer_name, options in calls():
        model, y = build(setup), targets(setup, loss_name)
        x = rng_for("x/" + setup).normal(size=(ROWS, COLUMNS)).astype(np.float32)
        setups.setdefault(setup, {"x": x} | {f"initial/{path_of(v)}": v.numpy() for v in model.trainable_variables})
        kind = "classes" if y.ndim == 1 else "y"
        setups[setup][kind] = y
        loss = getattr(keras.losses, loss_name)(**loss_options)
        optimizer = getattr(keras.optimizers, optimizer_name)(**options)
        size += write_arrays(folder / f"{case}.npz", train(model, x, y, loss, optimizer, {}))
        rows.append({"case": case, "setup": setup, "target": kind, "loss": {"class_name": loss_name, "config": loss_options},
                     "optimizer": {"class_name": optimizer_name, "config": optimizer.get_config()}, "tolerance": 1e-6})
    for name, arrays in setups.items():
        size += write_arrays(folder / f"setup_{name}.npz", arrays)
    return size + write_rows(folder / "cases.json", rows, setups={name: description(name) for name in setups})
