"""Every layer that Keras 2.15 and we have, saved by Keras 2 with odd arguments, as .keras and .h5: it predicts the same here, and in Keras after `namesake convert`.

NAMESAKE_KERAS2_PYTHON is a Python that has Keras 2.15; without it tests/golden/keras2 has the same rows, packed together.
"""

import json
import os
import subprocess

import keras
import numpy as np
import pytest

from conftest import BIN, ROOT, run_program
from layer_table import OF_APPLICATIONS
from test_keras2 import keras2_hard_sigmoid

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")
# Keras 2 has none of these.
LATER = {"GroupQueryAttention", "RMSNormalization"}
# Not rows: models, and another word for one.
MODELS = {"Functional", "Model", "Sequential"}
# Nor these: they stand inside an RNN.
CELLS = {"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    if KERAS_2 is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    folder = tmp_path_factory.mktemp("keras2")
    done = subprocess.run([KERAS_2, ROOT / "tools" / "keras2_layers.py", folder], capture_output=True, text=True,
                          env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder, json.loads((folder / "cases.json").read_text())


def test_every_layer_of_both_has_a_row(written):
    known = set(run_program("one_layer_models", "--known").split()) - LATER - MODELS - CELLS - set(OF_APPLICATIONS)  # those: test_applications.py
    assert known == {case["class"] for case in written[1]["cases"]}


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_each_predicts_the_same_here_and_converted_in_keras(written, suffix, tmp_path):
    folder, cases = written[0], written[1]["cases"]
    failed = {}
    for case in cases:
        try:
            check(folder, case["case"], suffix, tmp_path)
        except Exception as error:  # all rows are tried before any is told of
            failed[f"{case['case']} {case['class']} {case['options']}"] = str(error)[:600]
    assert not failed, "\n\n".join(f"{case}\n{error}" for case, error in failed.items())


def check(folder, index, suffix, tmp_path):
    old, new = folder / f"{index}.{suffix}", tmp_path / f"{index}.keras"
    with np.load(folder / f"{index}_y.npz") as arrays:
        expected = arrays["y"]
    with np.load(folder / f"{index}.npz") as arrays:
        xs = [arrays[f"x{i}"] for i in range(len(arrays))]
    ours = np.array(run_program("predict_graph", old, folder / f"{index}.npz").split(), float)
    np.testing.assert_allclose(ours, expected.ravel(), rtol=1e-5, atol=1e-5, err_msg="here")
    run_program("namesake", "convert", old, new)
    model = keras.models.load_model(new, custom_objects={"keras2_hard_sigmoid": keras2_hard_sigmoid})
    y = keras.ops.convert_to_numpy(keras.ops.cast(model(xs if len(xs) > 1 else xs[0], training=False), "float32"))
    np.testing.assert_allclose(y, expected.astype(np.float32), rtol=1e-5, atol=1e-5, err_msg="converted")


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_what_cannot_be_says_what_to_do(written, suffix, tmp_path):
    folder, cases = written[0], written[1]["refused"]
    assert len(cases) > 5
    for case in cases:
        command = [BIN / "namesake", "convert", folder / f"{case['case']}.{suffix}", tmp_path / "new.keras"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and case["words"] in done.stderr, (case, done.stderr)
        assert not (tmp_path / "new.keras").exists()
