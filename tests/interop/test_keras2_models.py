"""Sixteen small files that Keras 2.15 saved, of which Keras 3 opens two: all of them predict the same here, and in Keras 3 after `namesake convert`.

NAMESAKE_KERAS2_PYTHON is a Python that has Keras 2.15; without it tests/golden/keras2 has the same models.
"""

import json
import os
import subprocess

import keras
import numpy as np
import pytest

from conftest import ROOT, run_program

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    if KERAS_2 is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    folder = tmp_path_factory.mktemp("keras2")
    done = subprocess.run([KERAS_2, ROOT / "tools" / "keras2_models.py", folder], capture_output=True, text=True,
                          env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder, json.loads((folder / "cases.json").read_text())


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_each_predicts_the_same_here_and_converted_in_keras(written, suffix, tmp_path):
    folder, cases = written
    assert len(cases) == 8
    failed = {}
    for case in cases:
        try:
            check(folder, case, suffix, tmp_path)
        except Exception as error:  # all are tried before any is told of
            failed[case] = str(error)[:600]
    assert not failed, "\n\n".join(f"{case}\n{error}" for case, error in failed.items())


def check(folder, case, suffix, tmp_path):
    old, new = folder / f"{case}.{suffix}", tmp_path / f"{case}.keras"
    with np.load(folder / f"{case}.npz") as arrays:
        x, expected = arrays["x0"], arrays["y0"]
    np.save(tmp_path / "x.npy", x)
    run_program("namesake", "predict", old, "--input", tmp_path / "x.npy", "-o", tmp_path / "y.npy")
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, rtol=1e-5, atol=1e-5, err_msg="here")
    assert json.loads(run_program("namesake", "convert", old, new, "--json"))["equal"]
    model = keras.models.load_model(new)
    y = keras.ops.convert_to_numpy(model(x, training=False))
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5, err_msg="converted")
