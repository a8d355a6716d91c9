"""A model class of the user's own, written twice: in C++ (towers.cpp) and here. Files go both ways, and training goes on."""

import keras
import numpy as np


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
