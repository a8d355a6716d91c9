"""A model class of the user's own, written twice: in C++ (towers.cpp) and here. Files go both ways, and training goes on."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from conftest import BIN


@keras.saving.register_keras_serializable()
class Block(keras.layers.Layer):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.up = keras.layers.Dense(units, activation="tanh")
        self.down = keras.layers.Dense(units)

    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")
        self.up.build(shape)
        self.down.build((*shape[:-1], self.units))

    def call(self, x):
        return self.down(self.up(x)) * self.gain

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable()
class Towers(keras.Model):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.right = Block(units)
        self.left = Block(units)
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x):
        return self.drop(self.left(x) - self.right(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def test_keras_opens_our_subclassed_model_and_trains_it(program, tmp_path):
    ours = np.array(program("towers", "save", tmp_path / "towers.keras").split(), float)
    model = keras.models.load_model(tmp_path / "towers.keras")
    assert isinstance(model, Towers) and model.units == 3 and model.name == "towers"
    x = np.array([[1, 2, 3, 4]], np.float32)
    np.testing.assert_allclose(model(x).numpy().ravel(), ours, rtol=1e-5, atol=1e-6)
    assert int(model.optimizer.iterations.numpy()) == 1
    model.train_on_batch(x, np.zeros((1, 3), np.float32))


def test_we_open_a_subclassed_model_of_keras(program, tmp_path):
    model = Towers(units=5, name="theirs")
    x = np.random.default_rng(3).normal(size=(4, 6)).astype(np.float32)
    model(x)
    for weight in model.weights:
        weight.assign(np.random.default_rng(len(weight.shape)).normal(size=weight.shape))
    model.save(tmp_path / "theirs.keras")
    np.save(tmp_path / "x.npy", x)
    ours = np.array(program("towers", "predict", tmp_path / "theirs.keras", tmp_path / "x.npy").split(), float)
    np.testing.assert_allclose(ours, model(x).numpy().ravel(), rtol=1e-5, atol=1e-5)


# What a program has that opens such files; the class is registered, or handed over as the save report says.
OPEN = """
import json, sys
import keras, numpy as np
L = keras.layers
class Block(L.Layer):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.up = L.Dense(units, activation="tanh")
        self.down = L.Dense(units)
    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")
        self.up.build(shape)
        self.down.build((*shape[:-1], self.units))
        self.built = True
    def call(self, x):
        return self.down(self.up(x)) * self.gain
    def get_config(self):
        return {**super().get_config(), "units": self.units}
files, lines, expected = json.loads(sys.argv[1])
x = np.array([[1, 2, 3, 4]], np.float32)
for file, line in zip(files, lines):
    model = eval(line)
    np.testing.assert_allclose(np.asarray(model(x)).ravel(), expected, rtol=1e-5, atol=1e-6, err_msg=file)
    model.train_on_batch(x, np.zeros((1, 2), np.float32))
keras.saving.register_keras_serializable()(Block)
for file in files:
    model = keras.models.load_model(file)
    np.testing.assert_allclose(np.asarray(model(x)).ravel(), expected, rtol=1e-5, atol=1e-6, err_msg=file)
"""


@pytest.mark.parametrize("python", [sys.executable, os.environ.get("NAMESAKE_KERAS2_PYTHON")], ids=["keras3", "keras2"])
def test_both_kerases_open_a_users_layer_with_the_line_of_the_report(python, tmp_path):
    if python is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    files = [str(tmp_path / name) for name in ("a.h5", "b.h5", "c.keras", "d.keras")]  # the second and the fourth are for Keras 2
    done = subprocess.run([BIN / "towers", "blocks", *files], capture_output=True, text=True, check=True)
    said = done.stderr.splitlines()
    assert said[0] == '@keras.saving.register_keras_serializable(package="Custom") class Block(keras.layers.Layer), its layers in self.up, self.down'
    lines = [line for line in said if line.startswith("keras.models.load_model")]
    assert len(lines) == len(files)
    if python == sys.executable:
        asked = [0, 2, 3]  # Keras 3 cannot train what has Keras 2's state in a .h5 file
    else:
        asked = [0, 1, 3]
    case = [[files[i] for i in asked], [lines[i] for i in asked], [float(word) for word in done.stdout.split()]]
    opened = subprocess.run([python, "-c", OPEN, json.dumps(case)], capture_output=True, text=True, timeout=300, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    assert opened.returncode == 0, opened.stderr[-3000:]
