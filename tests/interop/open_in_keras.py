"""Opens files of ours in the Keras of whoever runs it: Keras 3 or Keras 2. Run with a JSON list of cases on standard input:
{"file", "xs": NPZ with x0, x1, ..., "y": NPZ with y0, y1, ..., "train": whether a step is to be tried}. Prints a JSON list: null, or what went wrong.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import keras  # noqa: E402


def try_one(case):
    keras.backend.clear_session()
    model = keras.models.load_model(case["file"])
    with np.load(case["arrays"]) as arrays:
        xs = [arrays[f"x{i}"] for i in range(sum(key.startswith("x") for key in arrays))]
        expected = [arrays[f"y{i}"] for i in range(sum(key.startswith("y") for key in arrays))]
    x = xs if len(xs) > 1 else xs[0]
    ys = tf.nest.flatten(model(x, training=False))
    assert len(ys) == len(expected), f"{len(ys)} outputs"
    for y, wanted in zip(ys, expected):
        np.testing.assert_allclose(np.asarray(y), wanted, rtol=1e-5, atol=1e-5)
    if case.get("train"):
        model.fit(x, expected if len(expected) > 1 else expected[0], verbose=0)
    names = case.get("names")
    assert not names or sorted(layer.name for layer in model.layers if type(layer).__name__ != "InputLayer") == sorted(names), "other names"


def main():
    answers = []
    for case in json.load(sys.stdin):
        try:
            try_one(case)
            answers.append(None)
        except Exception as error:  # noqa: BLE001: whatever Keras throws is the answer
            answers.append(f"{type(error).__name__}: {str(error)[:600]}")
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
