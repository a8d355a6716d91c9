"""tests/golden/fits: Keras's fit, evaluate and predict on models with one or two inputs and outputs.

data.npz: rows of every input and target, and sample weights. <case>.keras: the compiled model before fit.
cases.json: {"cases": [{"case", "x", "y": names of arrays or {output: array}, "options": as of fit, "history": [[name, [numbers]]],
             "evaluate": {name: number}, "outputs": [[numbers of three rows]]}]}; history in Keras's order.
"""

import zipfile

import keras
import numpy as np

from golden.common import rng_for, write_arrays, write_rows

ROWS = 22


def data():
    rng = rng_for("fits")
    normal = lambda *shape: rng.normal(size=shape).astype(np.float32)  # noqa: E731
    return {"a": normal(ROWS, 4), "b": normal(ROWS, 3), "age": normal(ROWS, 1), "kind": rng.integers(0, 3, ROWS).astype(np.int32),
            "weight": rng.uniform(0.2, 2, ROWS).astype(np.float32), "other": rng.uniform(0.2, 2, ROWS).astype(np.float32)}


def two(regularized=False):
    layers = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    penalty = {"kernel_regularizer": keras.regularizers.L2(0.03), "activity_regularizer": keras.regularizers.L1(0.01)} if regularized else {}
    hidden = layers.Concatenate(name="both")([layers.Dense(5, activation="tanh", name="of_a", **penalty)(a), layers.Dense(2, name="of_b")(b)])
    return keras.Model([a, b], [layers.Dense(1, name="age")(hidden), layers.Dense(3, activation="softmax", name="kind")(hidden)], name="two")


def one():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, activation="relu", name="hidden"),
                             keras.layers.Dense(3, activation="softmax", name="probs")], name="one")


SPARSE = "sparse_categorical_crossentropy"
BOTH = {"x": ["a", "b"], "y": ["age", "kind"]}
NAMED = {"x": {"b": "b", "a": "a"}, "y": {"kind": "kind", "age": "age"}}
CASES = {
    "lists": (two, {"loss": ["mse", SPARSE], "metrics": ["mae", "accuracy"]}, BOTH, {"epochs": 3, "batch_size": 5, "validation_split": 0.3}),
    "named": (two, {"loss": {"kind": SPARSE, "age": "mae"}, "loss_weights": {"age": 0.4, "kind": 2.0}, "metrics": {"age": ["mse", "mae"]},
                    "weighted_metrics": {"kind": ["accuracy"], "age": ["mae"]}}, NAMED,
              {"epochs": 2, "batch_size": 4}),
    "weights_in_a_list": (two, {"loss": {"kind": SPARSE, "age": "mae"}, "loss_weights": {"age": 0.4, "kind": 2.0},
                                "weighted_metrics": {"kind": ["accuracy"], "age": ["mae"]}}, BOTH,
                          {"epochs": 2, "batch_size": 4, "sample_weight": ["weight", "other"]}),
    "one_weight_for_all": (two, {"loss": ["mse", SPARSE], "loss_weights": [1.0, 0.5], "weighted_metrics": [[], ["accuracy"]]}, BOTH,
                           {"epochs": 2, "batch_size": 6, "sample_weight": "weight"}),
    "without_a_loss": (two, {"loss": [None, SPARSE], "metrics": {"kind": "accuracy"}}, BOTH, {"epochs": 2, "batch_size": 7}),
    "regularized": (lambda: two(True), {"loss": ["mse", SPARSE]}, BOTH, {"epochs": 2, "batch_size": 8, "validation_split": 0.25}),
    "class_weight": (one, {"loss": SPARSE, "metrics": ["accuracy"], "weighted_metrics": ["accuracy"]}, {"x": ["a"], "y": ["kind"]},
                     {"epochs": 3, "batch_size": 6, "class_weight": {"0": 0.5, "2": 3.0}, "validation_split": 0.2, "validation_freq": 2}),
    "steps": (one, {"loss": SPARSE}, {"x": ["a"], "y": ["kind"]}, {"epochs": 3, "batch_size": 4, "steps_per_epoch": 4}),
    "steps_decide_the_batch": (one, {"loss": SPARSE, "metrics": ["accuracy"]}, {"x": ["a"], "y": ["kind"]}, {"epochs": 3, "initial_epoch": 1, "steps_per_epoch": 4}),
    "validation_data": (one, {"loss": SPARSE, "weighted_metrics": ["accuracy"]}, {"x": ["a"], "y": ["kind"]},
                        {"epochs": 3, "batch_size": 4, "validation_data": ["a", "kind", "weight"], "validation_batch_size": 3, "validation_freq": [1, 3]}),
}


def pick(arrays, wanted):
    if isinstance(wanted, dict):
        return {key: arrays[name] for key, name in wanted.items()}
    if isinstance(wanted, str):
        return arrays[wanted]
    picked = [arrays[name] for name in wanted]
    return picked if len(picked) > 1 else picked[0]


def squeeze(path):
    """The same archive with its entries deflated: most of a small HDF5 file is nothing."""
    with zipfile.ZipFile(path) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path.stat().st_size


def make(folder):
    folder = folder / "fits"
    arrays = data()
    size = write_arrays(folder / "data.npz", arrays)
    rows = []
    for case, (build, compiled, feeds, options) in CASES.items():
        keras.utils.clear_session()
        keras.utils.set_random_seed(len(case))
        model = build()
        model.compile(keras.optimizers.SGD(0.1, momentum=0.5), **compiled)
        model.save(folder / f"{case}.keras")
        size += squeeze(folder / f"{case}.keras")
        model = keras.models.load_model(folder / f"{case}.keras")
        x, y = pick(arrays, feeds["x"]), pick(arrays, feeds["y"])
        given = dict(options)
        if "sample_weight" in given:
            given["sample_weight"] = pick(arrays, given["sample_weight"])
        if "validation_data" in given:
            given["validation_data"] = tuple(arrays[name] for name in given["validation_data"])
        if "class_weight" in given:
            given["class_weight"] = {int(key): value for key, value in given["class_weight"].items()}
        history = model.fit(x, y, shuffle=False, verbose=0, **given).history
        evaluated = model.evaluate(x, y, batch_size=9, verbose=0, return_dict=True)
        first = [rows_[:3] for rows_ in x] if isinstance(x, list) else {k: v[:3] for k, v in x.items()} if isinstance(x, dict) else x[:3]
        outputs = model.predict(first, verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        rows.append({"case": case, **feeds, "options": options, "history": [[key, values] for key, values in history.items()],
                     "evaluate": evaluated, "outputs": [np.asarray(o).ravel().tolist() for o in outputs]})
    return size + write_rows(folder / "cases.json", rows, keras=keras.__version__)
