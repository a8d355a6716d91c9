"""tests/golden/training/metrics.*: Keras's metrics, streamed over three batches of unequal size.

metrics.json: {"cases": [{"case", "class_name", "config", "y_true", "y_pred", "sample_weight"?, "results"}]}; y_true and the others
are array names, batch b of them is `<name>/<b>` in metrics.npz; results[b] is result() after batch b.
"""

import keras
import numpy as np

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


def stream(name, options, truth, guess, weight, table):
    metric = getattr(keras.metrics, name)(**options)
    results = []
    for number in range(len(SIZES)):
        metric.update_state(table[f"{truth}/{number}"], table[f"{guess}/{number}"],
                            sample_weight=None if weight is None else table[f"{weight}/{number}"])
        results.append(float(metric.result()))
    return results


def make(folder):
    table, rows = batches(), []
    for case, name, options, truth, guess in CALLS:
        for suffix, weight in (("", None), ("_weighted", "weight")):
            row = {"case": case + suffix, "class_name": name, "config": options, "y_true": truth, "y_pred": guess}
            if weight:
                row["sample_weight"] = weight
            row["results"] = stream(name, options, truth, guess, weight, table)
            row["tolerance"] = 1e-6
            rows.append(row)
    size = write_arrays(folder / "training" / "metrics.npz", table)
    return size + write_rows(folder / "training" / "metrics.json", rows, arrays="metrics.npz", batches=len(SIZES))
