"""tests/golden/training/losses.*: values of Keras's loss objects and their gradients with respect to y_pred.

losses.json: {"cases": [{"case", "class_name", "config", "inputs": {"y_true", "y_pred", "sample_weight"?}, "tolerance"}]}; the
inputs name arrays of losses.npz (several cases share one), which also holds `<case>/value` (rank 0, or as reduction "none"
gives it) and `<case>/gradient` (of the sum of the value).
"""

import keras
import numpy as np
import tensorflow as tf

from golden.common import rng_for, write_arrays, write_rows


def data():
    rng = rng_for("losses")
    logits = rng.normal(size=(6, 4)).astype(np.float32) * 2
    raw = rng.uniform(0.05, 1, size=(6, 4)).astype(np.float32)
    classes = np.array([0, 3, 1, 1, 2, 0], np.int32)
    edges = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1e-9, 1, 0, 0]], np.float32)
    return {
        "logits": logits,
        "probabilities": (raw / raw.sum(1, keepdims=True)).astype(np.float32),
        "unnormalized": raw,
        "edges": edges,  # zeros and ones where the logarithm has none
        "one_hot": np.eye(4, dtype=np.float32)[classes],
        "classes": classes,
        "classes_column": classes[:, None].astype(np.int64),
        "binary": (rng.uniform(size=(6, 4)) > 0.5).astype(np.float32),
        "targets": rng.normal(size=(6, 4)).astype(np.float32),
        "weight": rng.uniform(0, 2, size=(6,)).astype(np.float32),
        "weight_zero": np.zeros((6,), np.float32),
        "cube_true": rng.normal(size=(2, 3, 4)).astype(np.float32),
        "cube_pred": rng.normal(size=(2, 3, 4)).astype(np.float32),
    }


REDUCTIONS = ("sum_over_batch_size", "sum", "none", "mean", "mean_with_sample_weight")


def calls():
    """(case, class, options, y_true, y_pred, sample_weight)"""
    kinds = (("categorical", "CategoricalCrossentropy", "one_hot", "probabilities"),
             ("sparse", "SparseCategoricalCrossentropy", "classes", "probabilities"),
             ("binary", "BinaryCrossentropy", "binary", "unnormalized"))
    for word, name, truth, guess in kinds:
        yield f"{word}_probabilities", name, {}, truth, guess, None
        yield f"{word}_logits", name, {"from_logits": True}, truth, "logits", None
        yield f"{word}_edges", name, {}, truth, "edges", None
        yield f"{word}_weighted", name, {}, truth, guess, "weight"
        yield f"{word}_logits_weighted", name, {"from_logits": True}, truth, "logits", "weight"
        yield f"{word}_weights_of_zero", name, {}, truth, guess, "weight_zero"
        for reduction in REDUCTIONS[1:]:
            yield f"{word}_{reduction}", name, {"reduction": reduction}, truth, guess, None
            yield f"{word}_{reduction}_weighted", name, {"reduction": reduction}, truth, guess, "weight"
        if word != "sparse":
            yield f"{word}_smoothed", name, {"label_smoothing": 0.1}, truth, guess, None
            yield f"{word}_logits_smoothed", name, {"label_smoothing": 0.2, "from_logits": True}, truth, "logits", None
    yield "categorical_unnormalized", "CategoricalCrossentropy", {}, "one_hot", "unnormalized", None
    yield "sparse_unnormalized", "SparseCategoricalCrossentropy", {}, "classes", "unnormalized", None
    yield "sparse_column", "SparseCategoricalCrossentropy", {}, "classes_column", "probabilities", None
    yield "sparse_ignored_class", "SparseCategoricalCrossentropy", {"ignore_class": 1}, "classes", "probabilities", None
    yield "sparse_logits_ignored_class", "SparseCategoricalCrossentropy", {"ignore_class": 1, "from_logits": True}, "classes", "logits", None
    yield "mse", "MeanSquaredError", {}, "targets", "logits", None
    yield "mse_weighted", "MeanSquaredError", {}, "targets", "logits", "weight"
    yield "mse_cube", "MeanSquaredError", {}, "cube_true", "cube_pred", None
    for reduction in REDUCTIONS[1:]:
        yield f"mse_{reduction}", "MeanSquaredError", {"reduction": reduction}, "targets", "logits", "weight"
    yield "mae", "MeanAbsoluteError", {}, "targets", "logits", None
    yield "mae_weighted", "MeanAbsoluteError", {}, "targets", "logits", "weight"


def make(folder):
    shared = data()
    arrays, rows = dict(shared), []
    for case, name, options, truth, guess, weight in calls():
        loss = getattr(keras.losses, name)(**options)
        prediction = tf.constant(shared[guess])
        with tf.GradientTape() as tape:
            tape.watch(prediction)
            value = loss(shared[truth], prediction, sample_weight=None if weight is None else shared[weight])
        arrays[f"{case}/value"] = value.numpy()
        arrays[f"{case}/gradient"] = tape.gradient(value, prediction).numpy()
        inputs = {"y_true": truth, "y_pred": guess} | ({} if weight is None else {"sample_weight": weight})
        rows.append({"case": case, "class_name": name, "config": options, "inputs": inputs, "tolerance": 2e-6})
    size = write_arrays(folder / "training" / "losses.npz", arrays)
    return size + write_rows(folder / "training" / "losses.json", rows, arrays="losses.npz")
