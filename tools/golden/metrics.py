"""tests/golden/training/metrics.*: Keras's metrics, streamed over three batches of unequal size.

metrics.json: {"cases": [{"case", "class_name", "config", "y_true", "y_pred", "sample_weight"?, "results"}]}; y_true and the others
are array names, batch b of them is `<name>/<b>` in metrics.npz; results[b] is result() after batch b, a
number or a list. A y_pred with "mask" carries that one.
"""

import keras
import numpy as np
import tensorflow as tf

from golden.common import rng_for, write_arrays, write_rows

SIZES = (5, 8, 3)


def batches():
    rng = rng_for("metrics")
    table = {}
    for number, size in enumerate(SIZES):
        scores = rng.uniform(size=(size, 4)).astype(np.float32)
        scores[0] = 0.25  # a tie: the first of the largest counts
        classes = rng.integers(0, 4, size=size).astype(np.int32)
        classes[0] = 0
        table |= {
            f"scores/{number}": scores,
            f"classes/{number}": classes,
            f"classes_column/{number}": classes[:, None],
            f"one_hot/{number}": np.eye(4, dtype=np.float32)[classes],
            f"labels/{number}": rng.integers(0, 3, size=(size, 2)).astype(np.float32),
            f"guesses/{number}": rng.integers(0, 3, size=(size, 2)).astype(np.float32),
            f"binary/{number}": rng.integers(0, 2, size=(size, 1)).astype(np.float32),
            f"binary_scores/{number}": np.round(rng.uniform(size=(size, 1)), 1).astype(np.float32),  # some are just 0.5
            f"weight/{number}": rng.uniform(0, 2, size=size).astype(np.float32),
        }
    return table


CALLS = (
    ("accuracy", "Accuracy", {}, "labels", "guesses"),
    ("binary_accuracy", "BinaryAccuracy", {}, "binary", "binary_scores"),
    ("binary_accuracy_threshold", "BinaryAccuracy", {"threshold": 0.7}, "binary", "binary_scores"),
    ("categorical_accuracy", "CategoricalAccuracy", {}, "one_hot", "scores"),
    ("sparse_categorical_accuracy", "SparseCategoricalAccuracy", {}, "classes", "scores"),
    ("sparse_categorical_accuracy_column", "SparseCategoricalAccuracy", {}, "classes_column", "scores"),
    ("top_k_categorical_accuracy", "TopKCategoricalAccuracy", {"k": 2}, "one_hot", "scores"),
    ("sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy", {"k": 2}, "classes", "scores"),
    ("mean_squared_error", "MeanSquaredError", {}, "labels", "guesses"),
    ("mean_absolute_error", "MeanAbsoluteError", {}, "labels", "guesses"),
    ("categorical_crossentropy", "CategoricalCrossentropy", {}, "one_hot", "scores"),
    ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", {}, "classes", "scores"),
    ("binary_crossentropy", "BinaryCrossentropy", {}, "binary", "binary_scores"),
)


def more_batches():
    """From a generator of its own, so that the arrays above stay as they are."""
    rng = rng_for("more metrics")
    table = {}
    for number, size in enumerate(SIZES):
        labels = rng.integers(0, 2, size=(size, 3)).astype(np.float32)
        scores = np.round(rng.uniform(size=(size, 3)) * 0.7 + labels * 0.3, 2).astype(np.float32)
        scores[0] = [0, 1, 0.5]  # on the edges of buckets
        table |= {
            f"many/{number}": labels,
            f"many_scores/{number}": scores,
            f"many_logits/{number}": rng.normal(size=(size, 3)).astype(np.float32) * 2,
            f"many_weight/{number}": rng.uniform(0, 2, size=(size, 3)).astype(np.float32),
            f"signs/{number}": rng.choice([-1.0, 1.0], size=(size, 3)).astype(np.float32),
            f"positive/{number}": rng.uniform(0.2, 3, size=(size, 3)).astype(np.float32),
            f"guessed/{number}": rng.uniform(0.2, 3, size=(size, 3)).astype(np.float32),
            f"cube/{number}": rng.uniform(0.2, 3, size=(size, 2, 3)).astype(np.float32),
            f"cube_guessed/{number}": rng.uniform(0.2, 3, size=(size, 2, 3)).astype(np.float32),
            f"cube_classes/{number}": rng.integers(0, 3, size=(size, 2)).astype(np.int32),
            f"cube_weight/{number}": rng.uniform(0, 2, size=(size, 2)).astype(np.float32),
            f"cube_mask/{number}": rng.uniform(size=(size, 2)) > 0.4,
            f"sorted_ids/{number}": np.argsort(rng.uniform(size=(size, 4)), axis=1).astype(np.int32),
            f"row/{number}": rng.normal(size=size).astype(np.float32),
            f"column/{number}": rng.normal(size=(size, 1)).astype(np.float32),
        }
    return table


def more_calls():
    """(case, class, options, y_true, y_pred, sample_weights[, mask]); each is run with each of its weights."""
    both = (None, "weight")
    for name in ("MeanSquaredLogarithmicError", "MeanAbsolutePercentageError", "RootMeanSquaredError", "CosineSimilarity", "LogCoshError",
                 "KLDivergence", "Poisson", "PearsonCorrelation", "ConcordanceCorrelation"):
        yield name.lower(), name, {}, "positive", "guessed", both
        yield f"{name.lower()}_cube", name, {}, "cube", "cube_guessed", ("cube_weight",)
    for name in ("Hinge", "SquaredHinge", "CategoricalHinge"):
        yield name.lower(), name, {}, "signs", "many_logits", both
    yield "pearson_axis", "PearsonCorrelation", {"axis": 0}, "positive", "guessed", (None,)
    yield "concordance_axis", "ConcordanceCorrelation", {"axis": 1}, "cube", "cube_guessed", (None,)
    yield "cosine_axis", "CosineSimilarity", {"axis": 1}, "cube", "cube_guessed", (None,)
    yield "root_row_column", "RootMeanSquaredError", {}, "row", "column", both
    yield "binary_crossentropy_options", "BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "many", "many_logits", both
    yield "sparse_crossentropy_ignored", "SparseCategoricalCrossentropy", {"ignore_class": 1}, "cube_classes", "cube", (None, "cube_weight")
    yield "sorted_ids", "SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, "classes", "sorted_ids", both
    yield "accuracy_masked", "SparseCategoricalAccuracy", {}, "cube_classes", "cube", (None, "cube_weight"), "cube_mask"
    yield "error_masked", "MeanSquaredError", {}, "cube", "cube_guessed", (None, "cube_weight"), "cube_mask"
    thresholds = (None, 0.3, [0.2, 0.5, 0.9], [0.0, 0.25, 0.5, 0.75, 1.0])
    for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"):
        for number, threshold in enumerate(thresholds):
            yield f"{name.lower()}_{number}", name, {"thresholds": threshold}, "many", "many_scores", both if number in (0, 3) else ("weight",)
    for name in ("Precision", "Recall"):
        for number, threshold in enumerate(thresholds):
            yield f"{name.lower()}_{number}", name, {"thresholds": threshold}, "many", "many_scores", both if number in (0, 3) else ("many_weight",)
        yield f"{name.lower()}_top_k", name, {"top_k": 2}, "many", "many_scores", both
        yield f"{name.lower()}_top_k_class", name, {"top_k": 2, "class_id": 1, "thresholds": [0.1, 0.6]}, "many", "many_scores", both
        yield f"{name.lower()}_class", name, {"class_id": 2}, "many", "many_scores", both
        yield f"{name.lower()}_column", name, {}, "binary", "binary_scores", both
    for name, option in (("SensitivityAtSpecificity", "specificity"), ("SpecificityAtSensitivity", "sensitivity"),
                         ("PrecisionAtRecall", "recall"), ("RecallAtPrecision", "precision")):
        yield name.lower(), name, {option: 0.6}, "many", "many_scores", both
        yield f"{name.lower()}_few", name, {option: 0.5, "num_thresholds": 5, "class_id": 1}, "many", "many_scores", both
        yield f"{name.lower()}_one", name, {option: 0.3, "num_thresholds": 1}, "many", "many_scores", (None,)
    for curve in ("ROC", "PR", "PRGAIN"):
        for summation in ("interpolation", "minoring", "majoring"):
            yield f"auc_{curve}_{summation}", "AUC", {"curve": curve, "summation_method": summation, "num_thresholds": 9}, "many", "many_scores", both
    yield "auc", "AUC", {}, "binary", "binary_scores", both
    yield "auc_logits", "AUC", {"from_logits": True}, "many", "many_logits", both
    yield "auc_thresholds", "AUC", {"thresholds": [0.6, 0.1, 0.35]}, "many", "many_scores", both
    yield "auc_even_thresholds", "AUC", {"thresholds": [0.25, 0.5, 0.75]}, "many", "many_scores", both
    yield "auc_labels", "AUC", {"multi_label": True, "num_thresholds": 7}, "many", "many_scores", both
    yield "auc_labels_pr", "AUC", {"multi_label": True, "num_labels": 3, "curve": "PR", "thresholds": [0.3, 0.6], "label_weights": [1.0, 0.5, 2.0]}, "many", "many_scores", both
    yield "auc_label_weights", "AUC", {"label_weights": [1.0, 0.5, 2.0], "num_thresholds": 7}, "many", "many_scores", both
    for average in (None, "micro", "macro", "weighted"):
        yield f"f1_{average}", "F1Score", {"average": average, "threshold": 0.4}, "many", "many_scores", both
        yield f"fbeta_{average}", "FBetaScore", {"average": average, "beta": 2.0}, "many", "many_scores", both
    for aggregation in ("uniform_average", "variance_weighted_average", None):
        yield f"r2_{aggregation}", "R2Score", {"class_aggregation": aggregation}, "positive", "guessed", both
    yield "r2_regressors", "R2Score", {"num_regressors": 2}, "positive", "guessed", both


def call(metric, number, truth, guess, weight, mask, table):
    prediction = tf.constant(table[f"{guess}/{number}"])
    if mask:
        prediction._keras_mask = tf.constant(table[f"{mask}/{number}"])  # as layers hand a mask on
    metric.update_state(table[f"{truth}/{number}"], prediction, sample_weight=None if weight is None else table[f"{weight}/{number}"])
    result = np.asarray(metric.result())
    return [None if np.isnan(x) else float(x) for x in result] if result.ndim else float(result)


def make(folder):
    table, rows = batches() | more_batches(), []
    calls = [(case, name, options, truth, guess, (None, "weight")) for case, name, options, truth, guess in CALLS]
    for case, name, options, truth, guess, weights, *mask in (*calls, *more_calls()):
        for weight in weights:
            row = {"case": case + ("" if weight is None else f"_{weight}"), "class_name": name, "config": options, "y_true": truth, "y_pred": guess}
            if weight:
                row["sample_weight"] = weight
            if mask:
                row["mask"] = mask[0]
            metric = getattr(keras.metrics, name)(**options)
            row["results"] = [call(metric, number, truth, guess, weight, mask[0] if mask else None, table) for number in range(len(SIZES))]
            row["variables"] = [[variable.name, list(variable.shape)] for variable in metric.variables]
            row["tolerance"] = 2e-5 if name == "R2Score" else 2e-6  # Keras loses digits in float32 there
            rows.append(row)
    for case, name, weight in (("mean", "Mean", "cube_weight"), ("sum", "Sum", "cube_weight"), ("sum_plain", "Sum", None)):
        metric = getattr(keras.metrics, name)()
        row = {"case": case, "class_name": name, "config": {}, "y_true": "cube"} | ({"y_pred": weight} if weight else {})
        row["results"] = []
        for number in range(len(SIZES)):
            metric.update_state(table[f"cube/{number}"], *([table[f"{weight}/{number}"]] if weight else []))
            row["results"].append(float(metric.result()))
        row |= {"variables": [[variable.name, list(variable.shape)] for variable in metric.variables], "tolerance": 2e-6}
        rows.append(row)
    size = write_arrays(folder / "training" / "metrics.npz", table)
    return size + write_rows(folder / "training" / "metrics.json", rows, arrays="metrics.npz", batches=len(SIZES))
