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
        **more_data(),
    }


def more_data():
    """From a generator of its own, so that the arrays above stay as they are."""
    rng = rng_for("more losses")
    vectors = rng.normal(size=(7, 3)).astype(np.float32)
    signs = rng.choice([-1.0, 1.0], size=(5, 3)).astype(np.float32)
    positive = rng.uniform(0.1, 4, size=(5, 3)).astype(np.float32)
    masks = rng.uniform(size=(2, 3, 3, 2)).astype(np.float32)
    return {
        "signs": signs,
        "zero_one": (signs + 1) / 2,
        "margins": rng.normal(size=(5, 3)).astype(np.float32) * 1.5,
        "mixed": np.where(rng.uniform(size=(5, 3)) > 0.5, signs, 0).astype(np.float32),  # neither all 0 and 1 nor all -1 and 1
        "positive": positive,
        "counts": np.floor(positive * 1.5).astype(np.float32),  # some are 0
        "far": (positive * rng.normal(size=(5, 3)) * 3).astype(np.float32),
        "column": rng.normal(size=(5, 1)).astype(np.float32),
        "row": rng.normal(size=(5,)).astype(np.float32),
        "weight_5": rng.uniform(0, 2, size=(5,)).astype(np.float32),
        "weight_5_column": rng.uniform(0, 2, size=(5, 1)).astype(np.float32),
        "weight_cube": rng.uniform(0, 2, size=(2, 3)).astype(np.float32),
        "weight_cube_row": rng.uniform(0, 2, size=(2, 1)).astype(np.float32),
        "weight_scalar": np.float32(1.7),
        "masks_true": np.round(rng.uniform(size=(2, 3, 3, 2))).astype(np.float32),
        "masks_pred": masks,
        "embeddings": (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
        "groups": np.array([0, 1, 0, 2, 1, 0, 3], np.int32),  # 2 and 3 have no pair
        "sequences": np.array([[1, 2, 2, 0], [3, 0, 0, 0], [1, 3, 2, 1]], np.int32),
        "steps": rng.normal(size=(3, 9, 4)).astype(np.float32),
        "batch_mask": np.array([True, False, True, True, False, True]),
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


def more_calls():
    """The other losses; a seventh member is the mask that y_pred carries."""
    regression = ("MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "CosineSimilarity", "Huber", "LogCosh")
    for name in (*regression, "Poisson", "KLDivergence"):
        word = name.lower()
        truth, guess = ("counts", "positive") if name in ("Poisson", "KLDivergence") else ("positive", "far")
        yield word, name, {}, truth, guess, None
        yield f"{word}_weighted", name, {"reduction": "sum"}, truth, guess, "weight_5"
        yield f"{word}_cube", name, {"reduction": "none"}, "cube_true", "cube_pred", "weight_cube"
    yield "huber_delta", "Huber", {"delta": 0.3}, "positive", "far", None
    yield "cosinesimilarity_axis", "CosineSimilarity", {"axis": 1, "reduction": "none"}, "cube_true", "cube_pred", None
    for name in ("Hinge", "SquaredHinge", "CategoricalHinge"):
        for truth in ("signs", "zero_one", "mixed"):
            yield f"{name.lower()}_{truth}", name, {}, truth, "margins", "weight_5"
    for name, truth, guess in (("BinaryFocalCrossentropy", "binary", "unnormalized"), ("CategoricalFocalCrossentropy", "one_hot", "unnormalized")):
        word = name.lower()
        yield word, name, {}, truth, guess, None
        yield f"{word}_logits", name, {"from_logits": True, "gamma": 1.5, "alpha": 0.4}, truth, "logits", "weight"
        yield f"{word}_smoothed", name, {"label_smoothing": 0.1, "reduction": "none"}, truth, guess, None
        yield f"{word}_axis", name, {"axis": 0, "reduction": "none"}, truth, guess, None
    yield "binaryfocalcrossentropy_balanced", "BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3}, "binary", "unnormalized", None
    yield "generalized", "CategoricalGeneralizedCrossEntropy", {}, "classes", "probabilities", "weight"
    yield "generalized_q", "CategoricalGeneralizedCrossEntropy", {"q": 0.8}, "classes", "probabilities", None
    for name, options in (("Dice", {}), ("Tversky", {"alpha": 0.3, "beta": 0.7})):
        yield name.lower(), name, options, "masks_true", "masks_pred", None
        yield f"{name.lower()}_axis", name, options | {"axis": 1, "reduction": "none"}, "masks_true", "masks_pred", None
        yield f"{name.lower()}_axes", name, options | {"axis": [1, 2]}, "masks_true", "masks_pred", "weight_cube_row"
    yield "circle", "Circle", {}, "groups", "embeddings", None
    yield "circle_none", "Circle", {"gamma": 4.0, "margin": 0.25, "remove_diagonal": False, "reduction": "none"}, "groups", "embeddings", None
    yield "ctc", "CTC", {}, "sequences", "steps", None
    yield "ctc_none", "CTC", {"reduction": "none"}, "sequences", "steps", None
    # Shapes of weights, and a last axis of 1 on either side.
    yield "weight_column", "MeanSquaredError", {}, "positive", "far", "weight_5_column"
    yield "weight_scalar", "MeanSquaredError", {}, "positive", "far", "weight_scalar"
    yield "weight_each", "MeanSquaredError", {"reduction": "mean_with_sample_weight"}, "cube_true", "cube_pred", "weight_cube"
    yield "weight_broadcast", "MeanSquaredError", {"reduction": "none"}, "cube_true", "cube_pred", "weight_cube_row"
    yield "column_row", "Huber", {}, "column", "row", "weight_5"
    yield "row_column", "LogCosh", {}, "row", "column", "weight_5_column"
    for reduction in REDUCTIONS:
        yield f"mask_{reduction}", "MeanSquaredError", {"reduction": reduction}, "targets", "logits", "weight", "batch_mask"
        yield f"mask_alone_{reduction}", "Poisson", {"reduction": reduction}, "one_hot", "unnormalized", None, "batch_mask"
    yield "float64", "Huber", {"dtype": "float64"}, "positive", "far", "weight_5"


def value_of(loss, truth, prediction, weight, mask):
    if mask is None:
        return loss(truth, prediction, sample_weight=weight)
    prediction._keras_mask = tf.constant(mask)  # as layers hand a mask on
    return loss(truth, prediction, sample_weight=weight)


def make(folder):
    shared = data()
    arrays, rows = dict(shared), []
    for case, name, options, truth, guess, weight, *mask in (*calls(), *more_calls()):
        loss = getattr(keras.losses, name)(**options)
        prediction = tf.constant(shared[guess])
        with tf.GradientTape() as tape:
            tape.watch(prediction)
            value = value_of(loss, shared[truth], prediction, None if weight is None else shared[weight], shared[mask[0]] if mask else None)
        arrays[f"{case}/value"] = value.numpy()
        arrays[f"{case}/gradient"] = tape.gradient(value, prediction).numpy()
        inputs = {"y_true": truth, "y_pred": guess} | ({} if weight is None else {"sample_weight": weight}) | ({"mask": mask[0]} if mask else {})
        rows.append({"case": case, "class_name": name, "config": options, "inputs": inputs, "tolerance": 2e-6})
    size = write_arrays(folder / "training" / "losses.npz", arrays)
    return size + write_rows(folder / "training" / "losses.json", rows, arrays="losses.npz")
