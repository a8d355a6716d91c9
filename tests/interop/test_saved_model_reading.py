"""SavedModels and frozen graphs that TensorFlow and Keras wrote, run here: the same numbers, gradients and steps of training as there; and
saved again, for TensorFlow to read.

Keras 2's are tried, too, if NAMESAKE_KERAS2_PYTHON names a Python that has it.
"""

import os
import subprocess

import keras
import numpy as np
import pytest

import saved_model_reading
from test_layers import ROWS, draw_weights, inputs_of, model_around

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")


@pytest.fixture(scope="module")
def keras_3(tmp_path_factory):
    return saved_model_reading.keras_jobs(tmp_path_factory.mktemp("exports"))


def test_keras_exports_run_and_give_the_same_gradients(program, keras_3):
    saved_model_reading.compare(program, keras_3)


def test_keras_exports_read_and_saved_here_are_the_same_to_tensorflow(program, keras_3):
    saved_model_reading.save_again(program, keras_3)


def test_a_step_of_training_on_keras_exports_is_tensorflows(program, keras_3):
    saved_model_reading.train_a_step(program, keras_3)


def test_exports_of_every_layer_run_and_give_the_same_gradients(program, tmp_path):
    rng = np.random.default_rng(3)
    jobs = []
    for number, row in enumerate(ROWS):
        keras.utils.clear_session(free_memory=False)
        model, _ = model_around(row, False)
        draw_weights(model, rng)
        jobs.append(saved_model_reading.job_of(tmp_path / f"{number}_{row[0]}", model, inputs_of(model, rng)))
    saved_model_reading.compare(program, jobs)


def test_inputs_go_in_the_order_of_the_model(program, tmp_path):
    """The signature has them by name; the model takes `user` first, and one for the other makes another number."""
    user, movie = keras.Input((1,), name="user"), keras.Input((1,), name="movie")
    model = keras.Model([user, movie], keras.layers.Dense(12, name="many")(user) - movie)
    model.export(tmp_path / "model_0", verbose=False)
    xs = [np.array([[1.0], [2.0]], np.float32), np.array([[3.0], [5.0]], np.float32)]
    np.savez(tmp_path / "x.npz", x0=xs[0], x1=xs[1])
    ours = np.array(program("predict_graph", tmp_path / "model_0", tmp_path / "x.npz").split(), float)
    np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(model(xs)).ravel(), rtol=1e-5, atol=1e-5)


def test_modules_with_functions_run(program, tmp_path):
    saved_model_reading.compare(program, saved_model_reading.module_jobs(tmp_path))


def test_savedmodels_of_tensorflow_1_run(program, tmp_path):
    jobs = saved_model_reading.builder_jobs(tmp_path)
    saved_model_reading.compare(program, jobs, gradients=False)
    saved_model_reading.save_again(program, jobs)


def test_frozen_graphs_run(program, tmp_path):
    saved_model_reading.builder_jobs(tmp_path)
    program("namesake", "predict", tmp_path / "frozen.pb", "--input", f"x={tmp_path / 'frozen_x.npy'}", "-o", tmp_path / "y.npy")
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), np.load(tmp_path / "frozen_y.npy"), rtol=saved_model_reading.TOLERANCE, atol=saved_model_reading.TOLERANCE)


@pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON names no Python with Keras 2")
def test_keras_2s_savedmodels_run_train_and_come_back(tmp_path):
    done = subprocess.run([KERAS_2, saved_model_reading.__file__, tmp_path], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
