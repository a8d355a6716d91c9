"""Files that Keras 2 saved, after `namesake convert`: Keras opens them, and predicts what Keras 2 did."""

import json
import os
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest

from conftest import ROOT, run_program

FOLDER = ROOT / "tests" / "golden" / "keras2"
CASES = json.loads((FOLDER / "cases.json").read_text())["cases"]


@keras.saving.register_keras_serializable(package="", name="keras2_hard_sigmoid")
def keras2_hard_sigmoid(x):
    """What the save report says that such a file needs."""
    return keras.ops.clip(x / 5 + 0.5, 0, 1)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_what_keras2_saved_predicts_the_same_in_keras(case, suffix, tmp_path):
    arrays = np.load(FOLDER / f"{case['case']}.npz")
    old = FOLDER / f"{case['case']}.keras"
    if suffix == "h5":
        with zipfile.ZipFile(FOLDER / "h5.zip") as archive:
            old = archive.extract(f"{case['case']}.h5", tmp_path)
    report = json.loads(run_program("namesake", "convert", old, tmp_path / "new.keras", "--json"))
    assert report["equal"]
    model = keras.models.load_model(tmp_path / "new.keras", custom_objects={"keras2_hard_sigmoid": keras2_hard_sigmoid})
    xs = [arrays[f"x{i}"] for i in range(case["inputs"])]
    ys = keras.tree.flatten(model(xs if len(xs) > 1 else xs[0], training=False))
    assert len(ys) == case["outputs"]
    for i, y in enumerate(ys):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(y), arrays[f"y{i}"], rtol=1e-5, atol=1e-5, err_msg=f"output {i}")
    assert (getattr(model, "optimizer", None) is not None) == case["compiled"]
    if case["compiled"]:  # and trains
        model.train_on_batch(xs if len(xs) > 1 else xs[0], [arrays[f"y{i}"] for i in range(case["outputs"])] if case["outputs"] > 1 else arrays["y0"])


# What has no words that both know: operations, hard_sigmoid, a functional model inside another, calls with several arguments.
COMMON = [case for case in CASES if case["case"] not in ("attention", "calls_of_ops", "calls_of_tensorflow", "dense_layers", "model_in_a_model", "more_calls_of_tensorflow", "nested", "rows_0", "rows_6", "rows_7")]
# What only Keras 2's words say: layers that are called with several arguments.
KERAS_2_ALONE = [case for case in CASES if case["case"] in ("attention", "rows_6")]
OPEN = """
import json, sys
import keras, numpy as np, tensorflow as tf
for case in json.loads(sys.argv[1]):
    arrays = np.load(case["arrays"])
    model = keras.models.load_model(case["file"])
    xs = [arrays[f"x{i}"] for i in range(case["inputs"])]
    ys = tf.nest.flatten(model(xs if len(xs) > 1 else xs[0], training=False))
    assert len(ys) == case["outputs"], case["case"]
    for i, y in enumerate(ys):
        np.testing.assert_allclose(np.asarray(y), arrays[f"y{i}"], rtol=1e-5, atol=1e-5, err_msg=case["case"])
    if case["compiled"]:
        targets = [arrays[f"y{i}"] for i in range(len(ys))]
        model.fit(xs if len(xs) > 1 else xs[0], targets if len(ys) > 1 else targets[0], verbose=0)
"""


@pytest.mark.parametrize("python", [sys.executable, os.environ.get("NAMESAKE_KERAS2_PYTHON")], ids=["keras3", "keras2"])
def test_the_common_words_open_in_both(python, tmp_path, program):
    """NAMESAKE_KERAS2_PYTHON is a Python that has Keras 2.15."""
    if python is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    cases = []
    for case in COMMON + (KERAS_2_ALONE if python != sys.executable else []):
        name = case["case"]
        program("to_common", FOLDER / f"{name}.keras", tmp_path / f"{name}.keras")
        cases.append({**case, "file": str(tmp_path / f"{name}.keras"), "arrays": str(FOLDER / f"{name}.npz")})
    done = subprocess.run([python, "-c", OPEN, json.dumps(cases)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
