"""tests/golden/models: files that Keras saved, with what Keras computes from them.

models.json: {"cases": [{"case", "file", "compiled", "iterations", "layers", "weights": [{"path", "shape", "dtype"}], "next_losses"}]}
  layers    names from the top, nested ones as "inner/dense"
  weights   model.weights in order; a path is without the outermost model's own name
<case>.npz: `x`, `y` (predict(x)), `weight/<i>` in the order of weights; if next_losses: `train_x`, `train_y` and `next_losses`, what
five train_on_batch calls on that one batch return after loading (the loss before each of the five steps).
"""

import keras
import numpy as np

from golden.common import rng_for, write_arrays, write_rows

Dense, Input, Sequential = keras.layers.Dense, keras.Input, keras.Sequential


@keras.saving.register_keras_serializable()  # the package is "Custom"
class CustomDense(keras.layers.Layer):
    def __init__(self, units=1, **keywords):
        super().__init__(**keywords)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(name="weight", shape=(input_shape[-1], self.units), initializer="random_normal")
        self.b = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.w) + self.b

    def get_config(self):
        return super().get_config() | {"units": self.units}


def dense_adam():
    model = Sequential([Input((10,)), Dense(8, activation="relu", name="hidden"), Dense(4, activation="softmax", name="probs")],
                       name="classifier")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def sgd_momentum_sparse():
    model = Sequential([Input((6,)), Dense(5, activation="tanh"), Dense(3, activation="softmax")], name="small")
    model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
                  loss=keras.losses.SparseCategoricalCrossentropy(), metrics=[keras.metrics.SparseCategoricalAccuracy()])
    return model


def regression_amsgrad():
    model = Sequential([Input((5,)), Dense(4, activation="gelu"), Dense(2)], name="regression")
    model.compile(optimizer=keras.optimizers.Adam(0.02, amsgrad=True, weight_decay=0.004), loss="mean_squared_error")
    return model


def binary_logits():
    model = Sequential([Input((5,)), Dense(4, activation="elu", kernel_initializer="he_normal"), Dense(1, use_bias=False)], name="binary")
    model.compile(optimizer="adam", loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=["binary_accuracy"])
    return model


def nested():
    inner = Sequential([Dense(7, activation="relu", name="a"), Dense(7, activation="relu", name="b")], name="encoder")
    deeper = Sequential([Dense(7, name="a"), Sequential([Dense(7, activation="tanh", name="a")], name="deepest")], name="middle")
    model = Sequential([Input((7,)), inner, Dense(7, name="a"), deeper, Dense(3, activation="softmax", name="head")], name="tree")
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss="sparse_categorical_crossentropy")
    return model


def same_shapes():
    return Sequential([Input((6,)), *(Dense(6, activation="tanh", name=n) for n in ("zeta", "alpha", "dense", "dense_10", "dense_2"))],
                      name="same_shapes")


def many_kinds():
    kinds = keras.layers
    return Sequential([Input((4, 3)), kinds.Flatten(), Dense(6), kinds.Activation("relu"), kinds.Dropout(0.25, seed=7),
                       Dense(6, activation="sigmoid"), kinds.Dropout(0.5), kinds.Activation("softplus"), Dense(2)], name="many_kinds")


def automatic_names():
    keras.utils.clear_session()
    Sequential([Input((3,)), Dense(2)])  # a model before it, so that the names have moved on: sequential_1, dense_1
    return Sequential([Input((3,)), Dense(4), Dense(4), keras.layers.Activation("relu"), Dense(4)])


def input_shape_argument():
    return Sequential([Dense(4, activation="relu", input_shape=(10,), name="dense_1"), Dense(2, name="dense_2")], name="model_0")


def custom_layer():
    model = Sequential([Input((10,)), CustomDense(8, name="custom_dense_1"), Dense(4, activation="softmax", name="dense_2")], name="model_0")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="categorical_crossentropy")
    return model


CASES = (dense_adam, sgd_momentum_sparse, regression_amsgrad, binary_logits, nested, same_shapes, many_kinds, automatic_names,
         input_shape_argument, custom_layer)


def layer_names(model, prefix=""):
    names = []
    for layer in model.layers:
        names.append(prefix + layer.name)
        if isinstance(layer, Sequential):
            names += layer_names(layer, prefix + layer.name + "/")
    return names


def paths(model, prefix=""):
    """Our paths of the weights, in the order of model.weights."""
    table = {}
    for layer in model.layers:
        if isinstance(layer, Sequential):
            table |= paths(layer, prefix + layer.name + "/")
        else:
            table |= {id(v): f"{prefix}{layer.name}/{v.name}" for v in layer.weights}
    return table


def target(model, rng):
    rows, units = 8, model.output_shape[-1]
    loss = model.loss if isinstance(model.loss, str) else type(model.loss).__name__
    if "parse" in loss:
        return rng.integers(0, units, size=rows).astype(np.int32)
    if "ategorical" in loss:
        return np.eye(units, dtype=np.float32)[rng.integers(0, units, size=rows)]
    if "inary" in loss:
        return rng.integers(0, 2, size=(rows, units)).astype(np.float32)
    return rng.normal(size=(rows, units)).astype(np.float32)


def save_case(build, folder):
    name = build.__name__
    keras.utils.clear_session()
    keras.utils.set_random_seed(11)
    model, rng = build(), rng_for("models/" + name)
    compiled = model.compiled
    x = rng.normal(size=(5, *model.input_shape[1:])).astype(np.float32)
    train_x = rng.normal(size=(8, *model.input_shape[1:])).astype(np.float32)
    if compiled:
        train_y = target(model, rng)
        model.fit(train_x, train_y, batch_size=3, epochs=2, shuffle=False, verbose=0)
    else:
        for weight in model.weights:
            weight.assign(rng.normal(size=weight.shape).astype(np.float32) * 0.5)
    path = folder / f"{name}.keras"
    model.save(path)
    table = paths(model)
    row = {"case": name, "file": path.name, "compiled": compiled, "iterations": int(model.optimizer.iterations) if compiled else 0,
           "name": model.name, "layers": layer_names(model),
           "weights": [{"path": table[id(v)], "shape": list(v.shape), "dtype": v.dtype} for v in model.weights], "next_losses": compiled}
    arrays = {f"weight/{i}": v.numpy() for i, v in enumerate(model.weights)}
    again = keras.models.load_model(path)
    arrays |= {"x": x, "y": again.predict(x, verbose=0)}
    if compiled:
        losses = [train_loss(again, train_x, train_y) for _ in range(5)]
        arrays |= {"train_x": train_x, "train_y": train_y, "next_losses": np.array(losses, np.float32)}
    return row, path.stat().st_size + write_arrays(folder / f"{name}.npz", arrays)


def train_loss(model, x, y):
    model.reset_metrics()
    result = model.train_on_batch(x, y)
    return float(result[0] if isinstance(result, (list, tuple)) else result)


def make(folder):
    folder = folder / "models"
    folder.mkdir(parents=True, exist_ok=True)
    rows, total = [], 0
    for build in CASES:
        row, size = save_case(build, folder)
        rows.append(row)
        total += size
    return total + write_rows(folder / "models.json", rows, tolerance=1e-5)
