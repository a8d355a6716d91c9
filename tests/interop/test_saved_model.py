"""SavedModels that our programs write, opened by every reader that there is: tf.saved_model.load (called, trained, saved again), TFSMLayer, TensorFlow 1's
loader, the C API, saved_model_cli, and, with TensorFlow 2.15, Keras 2's load_model.

TensorFlow 2.15 with Keras 2 is tried if NAMESAKE_KERAS2_PYTHON names a Python that has it.
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

CHECKS = pathlib.Path(__file__).with_name("saved_model_checks.py")
PYTHONS = {"TensorFlow 2.21": sys.executable, "TensorFlow 2.15": os.environ.get("NAMESAKE_KERAS2_PYTHON")}
MODELS = ("textbook", "implicit", "custom", "towers", "trained", "branches", "by_name", "nested", "pictures", "words", "scoped", "row_of_models", "operations",
          "without_weights", "with_signatures", "loops", "recurrent", "attending", "recurrent_row", "wrapped")


def checked(python, folder):
    """{model: {reader: what went wrong}}"""
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run([python, CHECKS, folder], capture_output=True, text=True, env=environment, timeout=600)
    answers = [json.loads(line[3:]) for line in done.stdout.splitlines() if line.startswith("=> ")]
    assert done.returncode == 0, done.stderr[-4000:]
    return {answer["name"]: answer["failed"] for answer in answers}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved_models")
    (path / "said.jsonl").write_text(run_program("saved_models", path))
    return path


@pytest.mark.parametrize("python", PYTHONS)
def test_every_reader_agrees(folder, python):
    if PYTHONS[python] is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    assert checked(PYTHONS[python], folder) == {name: {} for name in MODELS}


def test_keras_2_is_told_what_it_can_open(folder):
    said = {line["name"]: line for line in map(json.loads, (folder / "said.jsonl").read_text().splitlines())}
    closed = {name for name, line in said.items() if "Keras 2" not in line["opened_by"]}
    assert closed == {"operations"}
    for name in closed:
        assert not (folder / name / "keras_metadata.pb").exists()
        assert any("Keras 2 cannot open the file" in line for line in said[name]["report"])


def test_signatures_of_ones_own(folder):
    loaded = tf.saved_model.load(str(folder / "with_signatures"))
    with np.load(folder / "with_signatures.npz") as arrays:
        x, y = arrays["x0"], arrays["y0"]
    assert sorted(loaded.signatures) == ["hidden", "scaled", "serving_default", "two"]
    np.testing.assert_allclose(loaded.signatures["scaled"](x=tf.constant(x))["output_0"], 2 * y, atol=1e-5)
    a, b = tf.constant([[1.0, 2.0]]), tf.constant([[5.0, 7.0]])
    two = loaded.signatures["two"](a=a, b=b)
    np.testing.assert_allclose(two["sum"], [[6.0, 9.0]])
    np.testing.assert_allclose(two["difference"], [[4.0, 5.0]])
    hidden = loaded.signatures["hidden"](inputs=tf.constant(x))["output_0"].numpy()
    kernel, bias = (v.numpy() for v in loaded.variables[:2])
    np.testing.assert_allclose(hidden, np.maximum(x @ kernel + bias, 0), atol=1e-5)
    assert [v.name for v in loaded.variables][0] == "model_0/dense_1/kernel:0" and len(loaded.variables) == 4


def test_loops_run_as_often_as_the_data_say(folder, tmp_path):
    """In TensorFlow, and read again by the library."""
    loaded = tf.saved_model.load(str(folder / "loops"))
    recurrent, kernel, bias = (v.numpy() for v in loaded.variables)
    for steps in (1, 2, 7):
        x, n = np.random.RandomState(steps).randn(2, steps, 4).astype("f"), np.int32(steps)
        h = np.zeros((2, 4), "f")
        for t in range(steps):
            h = np.tanh(x[:, t] + 1.5 * h @ recurrent)
        (key,) = loaded.signatures["serving_default"].structured_input_signature[1]
        expected = {"serving_default/out": h @ kernel + bias, "triangle/output_0": sum(k * (k + 1) // 2 for k in range(1, steps + 1))}
        np.savez(tmp_path / "in.npz", **{f"serving_default/{key}": x, "triangle/n": n})
        run_program("run_signatures", folder / "loops", tmp_path / "in.npz", tmp_path / "out.npz")
        with np.load(tmp_path / "out.npz") as ours:
            assert sorted(ours) == sorted(expected)
            for name, value in expected.items():
                np.testing.assert_allclose(ours[name], value, atol=1e-5)
        theirs = {"serving_default/out": loaded.signatures["serving_default"](**{key: tf.constant(x)})["out"],
                  "triangle/output_0": loaded.signatures["triangle"](n=tf.constant(n))["output_0"]}
        for name, value in expected.items():
            np.testing.assert_allclose(theirs[name], value, atol=1e-5)


def test_recurrent_layers_take_any_number_of_steps(folder, tmp_path):
    """TensorFlow and the library compute the same of sentences, with hidden steps, and of sequences."""
    random = np.random.RandomState(5)
    drawn = {"recurrent": lambda n: random.randint(0, 6, (2, n)).astype("i"), "recurrent_row": lambda n: random.randn(2, n, 3).astype("f")}
    for name, draw in drawn.items():
        loaded = tf.saved_model.load(str(folder / name))
        (key,) = loaded.signatures["serving_default"].structured_input_signature[1]
        for length in (1, 2, 9):
            x = draw(length)
            np.savez(tmp_path / "in.npz", **{f"serving_default/{key}": x})
            run_program("run_signatures", folder / name, tmp_path / "in.npz", tmp_path / "out.npz")
            (theirs,) = loaded.signatures["serving_default"](**{key: tf.constant(x)}).values()
            with np.load(tmp_path / "out.npz") as arrays:
                (ours,) = arrays.values()
            np.testing.assert_allclose(theirs, ours, atol=1e-5)


def saved_model_cli(*words):
    cli = pathlib.Path(sys.executable).with_name("saved_model_cli")
    done = subprocess.run([str(cli), *map(str, words)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_saved_model_cli_shows_and_runs(folder, tmp_path):
    shown = saved_model_cli("show", "--dir", folder / "textbook", "--all")
    for word in ("signature_def['serving_default']", "inputs['dense_1_input']", "shape: (-1, 5)", "outputs['dense_2']", "tensorflow/serving/predict", "Function Name: 'serve'"):
        assert word in shown, shown
    with np.load(folder / "textbook.npz") as arrays:
        np.save(tmp_path / "x.npy", arrays["x0"])
        expected = arrays["y0"]
    saved_model_cli("run", "--dir", folder / "textbook", "--tag_set", "serve", "--signature_def", "serving_default", "--inputs", f"dense_1_input={tmp_path}/x.npy",
                    "--outdir", tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "dense_2.npy"), expected, atol=1e-5)


def test_a_model_of_keras_becomes_a_saved_model(tmp_path):
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(2, 3, activation="relu"), keras.layers.BatchNormalization(), keras.layers.Flatten(),
                              keras.layers.Dense(3, activation="softmax")], name="net")
    model.compile("adam", "mse")
    x = np.random.RandomState(0).randn(4, 6, 6, 1).astype("f")
    model.fit(x, np.ones((4, 3)), verbose=0)
    model.save(tmp_path / "net.keras")
    run_program("resave", tmp_path / "net.keras", tmp_path / "net")
    loaded = tf.saved_model.load(str(tmp_path / "net"))
    np.testing.assert_allclose(loaded(x), model.predict(x, verbose=0), atol=1e-5)
    assert len(loaded.variables) == len(model.weights)


def test_what_is_loaded_goes_on_training_in_keras(folder):
    """TFSMLayer in a new model: the loss falls, and the SavedModel's own variables are what is trained."""
    with np.load(folder / "textbook.npz") as arrays:
        x = arrays["x0"]
    layer = keras.layers.TFSMLayer(str(folder / "textbook"), call_endpoint="serve")
    model = keras.Sequential([keras.Input((5,)), layer])
    before = [np.array(w) for w in layer.trainable_weights]
    model.compile(keras.optimizers.SGD(0.5), "mse")
    history = model.fit(x, np.eye(3, dtype="f"), epochs=8, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert all(np.abs(b - np.array(w)).max() > 0 for b, w in zip(before, layer.trainable_weights))
