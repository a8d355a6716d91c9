"""Models with attention that Keras 3 and Keras 2 saved: they open here, predict the same, take the same step, and open again in the Keras they came from.

NAMESAKE_KERAS2_PYTHON is a Python that has Keras 2.15.
"""

import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from conftest import run_program

HERE = pathlib.Path(__file__).resolve().parent
KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")
PYTHONS = {"keras3": sys.executable, "keras2": KERAS_2}


@pytest.fixture(scope="module", params=PYTHONS)
def saved(request, tmp_path_factory):
    """(which Keras, its folder, the names of its models)"""
    python = PYTHONS[request.param]
    if python is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    folder = tmp_path_factory.mktemp(request.param)
    done = subprocess.run([python, HERE / "attention_models.py", folder], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    names = [line for line in done.stdout.split() if (folder / f"{line}.keras").exists()]
    assert len(names) >= 7
    return request.param, folder, names


def arrays_of(path, letter):
    with np.load(path) as arrays:
        return [arrays[f"{letter}{i}"] for i in range(sum(key[0] == letter and key[1:].isdigit() for key in arrays))]


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_they_predict_the_same_here(saved, suffix):
    _, folder, names = saved
    for name in names:
        lines = run_program("predict_graph", folder / f"{name}.{suffix}", folder / f"{name}_x.npz").splitlines()
        for line, expected in zip(lines, arrays_of(folder / f"{name}.npz", "y"), strict=True):
            np.testing.assert_allclose(np.array(line.split(), float), expected.ravel(), rtol=1e-5, atol=1e-5, err_msg=name)


def opened(python, cases):
    done = subprocess.run([python, HERE / "open_in_keras.py"], input=json.dumps(cases), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return {case["file"]: answer for case, answer in zip(cases, json.loads(done.stdout.splitlines()[-1])) if answer}


def test_their_own_keras_opens_what_is_saved_here(saved, tmp_path):
    which, folder, names = saved
    options = ["--keras2"] if which == "keras2" else []
    cases = []
    for name in names:
        for suffix in ("keras", "h5"):
            run_program("namesake", "convert", folder / f"{name}.keras", tmp_path / f"{name}.{suffix}", *options)
            cases.append({"file": str(tmp_path / f"{name}.{suffix}"), "arrays": str(folder / f"{name}.npz"), "train": (folder / f"{name}_data.npz").exists()})
    assert not opened(PYTHONS[which], cases)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_step_of_training_changes_the_weights_as_in_keras(saved, suffix, tmp_path):
    _, folder, names = saved
    for name in names:
        if not (folder / f"{name}_data.npz").exists():
            continue
        keras.utils.clear_session(free_memory=False)
        run_program("namesake", "train", folder / f"{name}.{suffix}", "--data", folder / f"{name}_data.npz", "--no-shuffle", "-o", tmp_path / "out.keras",
                    *(["--y-key", "last"] if name == "grouped" else []))
        model = keras.models.load_model(tmp_path / "out.keras")
        expected = arrays_of(folder / f"{name}_trained.npz", "w")
        for weight, value in zip(model.weights, expected, strict=True):
            np.testing.assert_allclose(np.asarray(weight), value, rtol=1e-4, atol=1e-5, err_msg=f"{name}: {weight.path}")


def test_they_run_as_graphs(saved, tmp_path):
    _, folder, names = saved
    for name in names:
        run_program("namesake", "convert", folder / f"{name}.keras", tmp_path / name)
        xs = arrays_of(folder / f"{name}.npz", "x")
        loaded = tf.saved_model.load(str(tmp_path / name))
        ys = tf.nest.flatten(loaded(xs if len(xs) > 1 else xs[0]))
        for y, expected in zip(ys, arrays_of(folder / f"{name}.npz", "y"), strict=True):
            np.testing.assert_allclose(np.asarray(y), expected, rtol=1e-5, atol=1e-5, err_msg=name)
