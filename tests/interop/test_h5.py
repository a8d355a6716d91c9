"""Legacy .h5 files both ways: Keras opens and trains ours, we open Keras's.

Keras 2 is tried if NAMESAKE_KERAS2_PYTHON names a Python that has TensorFlow 2.15 and h5py.
"""

import json
import os
import subprocess

import keras
import numpy as np
import pytest

from conftest import ROOT, run_program
from same import input_for, keras_prediction, our_prediction
from zoo import random_model

GOLDEN = ROOT / "tests" / "golden" / "h5"
COUNT = 20
KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")
LAYERS = keras.layers


def nested():
    inner = keras.Sequential([keras.Input((3,)), LAYERS.Dense(3, name="a", trainable=False), LAYERS.BatchNormalization(name="norm"),
                              LAYERS.Dense(3, name="b")], name="encoder")
    x = keras.Input((3,), name="x")
    shared = LAYERS.Dense(3, name="shared")
    y = LAYERS.Add(name="sum")([shared(inner(x)), shared(x)])
    return keras.Model(x, LAYERS.Dense(2, name="head")(y), name="nested")


def test_we_predict_what_keras_predicts_from_its_h5_files(tmp_path):
    for seed in range(COUNT):
        keras.utils.clear_session(free_memory=False)
        model = random_model(seed)
        x = input_for(model, seed=seed)
        path = tmp_path / f"{seed}.h5"
        try:
            model.save(path)
        except ValueError:
            continue  # Keras 3 cannot write "/" in names here
        np.testing.assert_allclose(our_prediction(path, x, tmp_path), keras_prediction(model, x), rtol=1e-5, atol=1e-5, err_msg=f"seed {seed}")


@pytest.mark.parametrize("build", [nested])
def test_keras_opens_and_trains_ours(build, tmp_path):
    model = build()
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error", metrics=["mae"])
    x = input_for(model)
    model.save(tmp_path / "original.keras")
    run_program("resave", tmp_path / "original.keras", tmp_path / "ours.h5")
    opened = keras.models.load_model(tmp_path / "ours.h5")
    np.testing.assert_allclose(keras_prediction(opened, x), keras_prediction(model, x), rtol=1e-6, atol=1e-6)
    assert type(opened.optimizer).__name__ == "Adam"
    before = opened.evaluate(x, np.ones((len(x), 2)), verbose=0)[0]
    opened.fit(x, np.ones((len(x), 2)), epochs=3, verbose=0)
    assert opened.evaluate(x, np.ones((len(x), 2)), verbose=0)[0] < before


def test_keras_opens_all_kinds_of_ours(tmp_path):
    for seed in range(COUNT):
        keras.utils.clear_session(free_memory=False)
        model = random_model(seed)
        x = input_for(model, seed=seed)
        model.save(tmp_path / f"{seed}.keras")
        run_program("resave", tmp_path / f"{seed}.keras", tmp_path / f"{seed}.h5")
        opened = keras.models.load_model(tmp_path / f"{seed}.h5", compile=False)
        np.testing.assert_allclose(keras_prediction(opened, x), keras_prediction(model, x), rtol=1e-6, atol=1e-6, err_msg=f"seed {seed}")


def test_inspect_shows_each_weight_under_its_layer():
    shown = json.loads(run_program("namesake", "inspect", GOLDEN / "k2_nested.h5", "--json"))
    paths = [weight["path"] for weight in shown["weights"]]
    assert shown["format"] == "h5"
    assert paths[:3] == ["encoder/norm/gamma", "encoder/norm/beta", "encoder/b/kernel"]
    assert {"name": "b", "class": "Dense", "path": "encoder/b"} in shown["layers"]
    assert paths == [weight["path"] for weight in json.loads(run_program("namesake", "inspect", GOLDEN / "k3_nested.h5", "--json"))["weights"]]


@pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON is not set")
def test_keras_2_takes_our_weights_files(tmp_path):
    program = """
import sys, numpy as np, tensorflow as tf
keras = tf.keras; L = keras.layers
inner = keras.Sequential([keras.Input((3,)), L.Dense(3, name="a", trainable=False), L.BatchNormalization(name="norm"), L.Dense(3, name="b")], name="encoder")
x = keras.Input((3,), name="x"); shared = L.Dense(3, name="shared")
model = keras.Model(x, L.Dense(2, name="head")(L.Add(name="sum")([shared(inner(x)), shared(x)])), name="nested")
model.load_weights(sys.argv[1])
np.save(sys.argv[2], model.predict(np.load(sys.argv[3]), verbose=0))
"""
    model = nested()
    x = input_for(model)
    model.save(tmp_path / "original.keras")
    np.save(tmp_path / "x.npy", x)
    for name in ("ours.weights.h5", "ours_only.h5"):
        run_program("resave", "--weights", tmp_path / "original.keras", tmp_path / name)
        done = subprocess.run([KERAS_2, "-c", program, tmp_path / name, tmp_path / "y.npy", tmp_path / "x.npy"], capture_output=True, text=True,
                              env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}, timeout=300)
        assert done.returncode == 0, done.stderr
        np.testing.assert_allclose(np.load(tmp_path / "y.npy"), keras_prediction(model, x), rtol=1e-5, atol=1e-5, err_msg=name)
