#!/usr/bin/env python3
"""Writes tests/golden/h5: small .h5 and .weights.h5 files of real Keras, with what each model predicts, for the tests of saving/.

Run by hand, never by the build, once with each Keras; each run writes its own part:

    python tools/make_h5_golden.py     # with Keras 3: k3_*
    python tools/make_h5_golden.py     # with Keras 2.15: k2_*, and keras22_*, whose layout is that of Keras 2.2

Every file is written by a process of its own: saving a .h5 file changes the model in Keras 3.
"""

import json
import os
import pathlib
import platform
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import h5py
import keras
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "h5"
KERAS_2 = keras.__version__.startswith("2.")
PREFIX = "k2" if KERAS_2 else "k3"
layers = keras.layers


def sequential():
    """Layers of one shape in a row, and state that is not trained."""
    return keras.Sequential([
        keras.Input((4,)),
        layers.Dense(4, activation="relu", name="dense_1"),
        layers.BatchNormalization(),
        layers.Dropout(0.2),
        layers.Dense(4, activation="tanh", name="dense_2"),
        layers.Dense(2),
    ], name="model_0")


def nested():
    """A shared layer, and a model in a model with one layer frozen: its weights stand last in its group."""
    inner = keras.Sequential([
        keras.Input((3,)),
        layers.Dense(3, name="a", trainable=False),
        layers.BatchNormalization(name="norm"),
        layers.Dense(3, name="b"),
    ], name="encoder")
    x = keras.Input((3,), name="x")
    shared = layers.Dense(3, name="shared")
    y = layers.Add(name="sum")([shared(inner(x)), shared(x)])
    return keras.Model(x, layers.Dense(2, name="head")(y), name="nested")


def scoped():
    """Names with slashes, as Keras 2 allows them."""
    x = keras.Input((6, 6, 2), name="image")
    y = layers.Conv2D(3, 3, name="conv1/conv", use_bias=False)(x)
    y = layers.BatchNormalization(name="conv1/bn", axis=3)(y)
    y = layers.ReLU(name="conv1/relu")(y)
    y = layers.GlobalAveragePooling2D(name="pool")(y)
    return keras.Model(x, layers.Dense(2, name="fc")(y), name="scoped")


def many():
    """So many names, one of them long, that they fill more than one attribute."""
    chain = [layers.Dense(1, name=f"{'x' * 5500 if i == 5 else 'd'}_{i}") for i in range(12)]
    return keras.Sequential([keras.Input((1,)), *chain], name="many")


def sgd():
    return keras.optimizers.SGD(0.05, momentum=0.9)


CASES = {"sequential": (sequential, lambda: keras.optimizers.Adam(0.01)), "nested": (nested, sgd)}
if KERAS_2:
    CASES["scoped"] = (scoped, None)
else:
    CASES["many"] = (many, None)


def input_of(model):
    shape = model.input_shape[1:]
    return np.linspace(-1, 1, 3 * int(np.prod(shape)), dtype="float32").reshape(3, *shape)


def trained(case):
    keras.utils.set_random_seed(7)
    build, optimizer = CASES[case]
    model = build()
    if optimizer:
        model.compile(optimizer=optimizer(), loss="mean_squared_error", metrics=["mae"])
        x = input_of(model)
        model.fit(x, np.ones((3, *model.output_shape[1:]), "float32"), epochs=2, verbose=0)
    else:
        rng = np.random.default_rng(3)
        model.set_weights([rng.uniform(0.1, 0.9, w.shape).astype("float32") for w in model.get_weights()])
    return model


def write(case, kind):
    model = trained(case)
    stem = f"{PREFIX}_{case}"
    if kind == "model":
        model.save(FOLDER / f"{stem}.h5")
    elif kind == "keras":
        model.save(FOLDER / f"{stem}.keras")
    elif kind == "weights":
        model.save_weights(FOLDER / f"{stem}.weights.h5")
    elif KERAS_2:  # Keras 3 writes no such file
        model.save_weights(FOLDER / f"{stem}_only.h5")
    if kind == "model":
        x = input_of(model)
        np.savez(FOLDER / f"{stem}.npz", x=x, y=model.predict(x, verbose=0))
        if CASES[case][1]:
            y = np.ones((3, *model.output_shape[1:]), "float32")
            steps = [float(np.ravel(model.train_on_batch(x, y))[0]) for _ in range(3)]
            np.savez(FOLDER / f"{stem}.npz", x=x, y=np.load(FOLDER / f"{stem}.npz")["y"], losses=np.array(steps, "float32"))


def write_keras22():
    """The sequential file as Keras 2.2 would have laid it out: the layers are a bare list, texts have a fixed length."""
    old = h5py.File(FOLDER / "k2_sequential.h5", "r")
    config = json.loads(old.attrs["model_config"])
    plain = []
    for entry in config["config"]["layers"]:
        if entry["class_name"] == "InputLayer":
            continue
        inner = {}
        for key, value in entry["config"].items():
            if isinstance(value, dict) and "module" in value:
                value = {"class_name": value["class_name"], "config": value["config"]}
                if value["class_name"] == "GlorotUniform":
                    value = {"class_name": "VarianceScaling",
                             "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}}
            if key == "axis":
                value = -1
            inner[key] = value
        if not plain:
            inner["batch_input_shape"] = [None, 4]
        inner.pop("dtype", None) if plain else None
        plain.append({"class_name": entry["class_name"], "config": inner})
    with h5py.File(FOLDER / "keras22_sequential.h5", "w") as new:
        new.attrs["model_config"] = np.bytes_(json.dumps({"class_name": "Sequential", "config": plain}))
        new.attrs["keras_version"] = np.bytes_("2.2.4")
        new.attrs["backend"] = np.bytes_("tensorflow")
        group = new.create_group("model_weights")
        group.attrs["keras_version"] = np.bytes_("2.2.4")
        group.attrs["backend"] = np.bytes_("tensorflow")
        names = [name for name in old["model_weights"].attrs["layer_names"] if name != "input_1"]
        group.attrs["layer_names"] = np.array([name.encode() for name in names])
        for name in names:
            layer = group.create_group(name)
            weights = list(old["model_weights"][name].attrs["weight_names"])
            layer.attrs["weight_names"] = np.array([weight.encode() for weight in weights])
            for weight in weights:
                layer[weight] = old["model_weights"][name][weight][()]


def write_manifest():
    path = FOLDER / "manifest.json"
    manifest = json.loads(path.read_text()) if path.exists() else {"command": "python tools/make_h5_golden.py"}
    manifest["keras2" if KERAS_2 else "keras3"] = {
        "python": platform.python_version(), "keras": keras.__version__, "numpy": np.__version__, "h5py": h5py.__version__}
    path.write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    if len(sys.argv) == 3:
        write(*sys.argv[1:])
        sys.exit()
    for case in CASES:
        for kind in ("model", "weights", "legacy_weights", "keras"):
            wanted = {"scoped": ("model", "keras"), "many": ("model",)}.get(case)
            if (wanted and kind not in wanted) or (kind == "keras" and not KERAS_2):
                continue
            subprocess.run([sys.executable, __file__, case, kind], check=True)
    if KERAS_2:
        write_keras22()
    write_manifest()
