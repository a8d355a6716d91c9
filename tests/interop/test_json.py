"""Models without weights, as model.to_json() writes them: of Keras 3 and Keras 2 here, and ours in Keras 3."""

import os
import subprocess

import keras
import numpy as np
import pytest

from conftest import BIN, run_program

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")
# Of both: a functional model, its text, its weights alone, and what it gives.
SAVE = """
import sys
import keras
import numpy as np
L = keras.layers
words, numbers = keras.Input((5,), dtype="int32", name="words"), keras.Input((3,), name="numbers")
y = L.LSTM(3)(L.Embedding(7, 4, mask_zero=True)(words))
model = keras.Model([words, numbers], L.Dense(2, activation="softmax")(L.Concatenate()([y, L.LeakyReLU()(L.Dense(3)(numbers))])), name="both")
model.compile("adam", "mse")
folder = sys.argv[1]
open(folder + "/model.json", "w").write(model.to_json())
model.save_weights(folder + "/model.weights.h5")
rng = np.random.default_rng(1)
x = {"words": rng.integers(0, 7, (4, 5)).astype("int32"), "numbers": rng.normal(size=(4, 3)).astype("float32")}
np.savez(folder + "/x.npz", **x)
np.save(folder + "/y.npy", np.asarray(model([x["words"], x["numbers"]])))
"""


@pytest.mark.parametrize("python", [os.sys.executable, KERAS_2], ids=["keras3", "keras2"])
def test_text_and_weights_become_a_model(python, tmp_path):
    if python is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    subprocess.run([python, "-c", SAVE, tmp_path], check=True, capture_output=True, timeout=300, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""})
    run_program("namesake", "convert", tmp_path / "model.weights.h5", tmp_path / "model.keras", "--model", tmp_path / "model.json")
    with np.load(tmp_path / "x.npz") as x:
        given = keras.models.load_model(tmp_path / "model.keras").predict([x["words"], x["numbers"]], verbose=0)
    np.testing.assert_allclose(given, np.load(tmp_path / "y.npy"), rtol=1e-5, atol=1e-6)
    run_program("namesake", "predict", tmp_path / "model.keras", "--input", tmp_path / "x.npz", "-o", tmp_path / "ours.npy")
    np.testing.assert_allclose(np.load(tmp_path / "ours.npy"), np.load(tmp_path / "y.npy"), rtol=1e-5, atol=1e-6)
    assert "lstm (LSTM)" in run_program("namesake", "summary", tmp_path / "model.json")


def test_keras_reads_our_text(tmp_path):
    x = keras.Input((4,), name="x")
    model = keras.Model(x, keras.layers.Dense(2, name="last")(keras.layers.BatchNormalization(name="norm")(x)), name="small")
    model.save(tmp_path / "small.keras")
    text = run_program("to_json", tmp_path / "small.keras")
    again = keras.models.model_from_json(text)
    assert again.name == "small" and [layer.name for layer in again.layers] == ["x", "norm", "last"]
    assert [layer.get_config() for layer in again.layers] == [layer.get_config() for layer in model.layers]


@pytest.mark.parametrize("text, said", [
    ("", "JSON"),
    ('{"class_name": "Sequential", "config": {"name": "s", "layers": [', "JSON"),
    ('{"class_name": "Dense", "config": {"units": 3}}', "no model"),
    ('{"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense", "config": {"name": "d", "units": -3, "batch_input_shape": [null, 4]}}]}}', "units"),
    ('{"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense", "config": {"name": "d", "units": 4000000000000, "batch_input_shape": [null, 4000000]}}]}}', "memory"),
])
def test_damaged_text_is_refused_with_its_file(text, said, tmp_path):
    (tmp_path / "m.json").write_text(text)
    done = subprocess.run([BIN / "namesake", "summary", tmp_path / "m.json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "m.json" in done.stderr and said in done.stderr, done.stderr


def test_weights_are_not_read_from_text(tmp_path):
    (tmp_path / "m.json").write_text("{}")
    done = subprocess.run([BIN / "namesake", "predict", tmp_path / "m.json", "--input", tmp_path / "x.npz", "-o", tmp_path / "y.npy"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "load_architecture" in done.stderr
