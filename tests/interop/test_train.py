"""`namesake train` goes on where Keras stopped, and Keras goes on where it stopped."""

import json
import shutil

import keras
import numpy as np
import pytest

from conftest import ROOT
from same import keras_prediction, our_prediction

ROWS = 256


@pytest.fixture(scope="module")
def digits():
    with np.load(ROOT / "data" / "digits.npz") as data:
        return data["x"][:ROWS], data["y"][:ROWS]


@pytest.fixture
def data_file(digits, tmp_path):
    np.savez(tmp_path / "rows.npz", x=digits[0], y=digits[1])
    return tmp_path / "rows.npz"


OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.005),
    "amsgrad": lambda: keras.optimizers.Adam(0.005, amsgrad=True, clipnorm=1.0),
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "nesterov": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.001),
}


def model_with(optimizer):
    layers = keras.layers
    model = keras.Sequential([keras.Input((64,)), layers.Dense(24, activation="relu", name="hidden"),
                              keras.Sequential([layers.Dense(16, activation="tanh")], name="inner"),
                              layers.Dense(10, activation="softmax", name="probs")], name="digits")
    model.compile(optimizer=OPTIMIZERS[optimizer](), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(program, source, data, target, epochs, batch):
    """The history that our command reports."""
    said = program("namesake", "train", source, "--data", data, "--epochs", epochs, "--batch-size", batch, "--no-shuffle", "--json", "-o", target)
    return json.loads(said)["history"]


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_training_is_that_of_keras_and_goes_on_there(optimizer, program, digits, data_file, tmp_path):
    x, y = digits
    model = model_with(optimizer)
    model.fit(x[:64], y[:64], batch_size=16, epochs=1, shuffle=False, verbose=0)  # so that there is state to keep
    before = int(model.optimizer.iterations)
    model.save(tmp_path / "start.keras")

    ours = train(program, tmp_path / "start.keras", data_file, tmp_path / "trained.keras", 3, 32)
    theirs = keras.models.load_model(tmp_path / "start.keras").fit(x, y, batch_size=32, epochs=3, shuffle=False, verbose=0).history
    np.testing.assert_allclose(ours["loss"], theirs["loss"], rtol=1e-4)
    np.testing.assert_allclose(ours["accuracy"], theirs["accuracy"], atol=1.01 / ROWS)

    opened = keras.models.load_model(tmp_path / "trained.keras")
    assert int(opened.optimizer.iterations) == before + 3 * ROWS // 32
    np.testing.assert_allclose(our_prediction(tmp_path / "trained.keras", x[:50], tmp_path), keras_prediction(opened, x[:50]), rtol=0, atol=1e-5)

    next_ours = train(program, tmp_path / "trained.keras", data_file, tmp_path / "more.keras", 5, ROWS)["loss"]  # one batch an epoch
    next_theirs = []
    for _ in range(5):
        opened.reset_metrics()
        next_theirs.append(float(opened.train_on_batch(x, y)[0]))
    np.testing.assert_allclose(next_ours, next_theirs, rtol=0, atol=1e-4)


def test_a_file_trained_by_us_stays_whole_when_it_is_its_own_target(program, data_file, tmp_path):
    model = model_with("adam")
    model.save(tmp_path / "model.keras")
    shutil.copy(tmp_path / "model.keras", tmp_path / "copy.keras")
    train(program, tmp_path / "model.keras", data_file, tmp_path / "model.keras", 1, 32)
    train(program, tmp_path / "copy.keras", data_file, tmp_path / "other.keras", 1, 32)
    assert (tmp_path / "model.keras").read_bytes() == (tmp_path / "other.keras").read_bytes()
    assert int(keras.models.load_model(tmp_path / "model.keras").optimizer.iterations) == ROWS // 32


def test_evaluate_says_what_keras_says(program, digits, data_file, tmp_path):
    model = model_with("adam")
    model.fit(*digits, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    said = json.loads(program("namesake", "evaluate", tmp_path / "model.keras", "--data", data_file, "--json"))
    loss, accuracy = model.evaluate(*digits, verbose=0)
    assert said["loss"] == pytest.approx(loss, abs=1e-5) and said["accuracy"] == pytest.approx(accuracy, abs=1e-6)
