"""The textbook programs: TensorFlow and Keras open what they saved, with the promised names and the same numbers."""

import json
import os
import re
import subprocess

import keras
import numpy as np
import pytest
import tensorflow as tf

from same import keras_prediction, our_prediction

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")
# Keras 2 opens a folder as its own model, a layer of one's own by its class: the names of its weights and what it predicts.
IN_KERAS_2 = """
import json, sys
import numpy as np, tensorflow as tf

class CustomDense(tf.keras.layers.Layer):
    def __init__(self, units=1, **keywords):
        super().__init__(**keywords)
        self.units = units
    def build(self, shape):
        self.weight = self.add_weight(name="weight", shape=(shape[-1], self.units))
        self.bias = self.add_weight(name="bias", shape=(self.units,))
    def call(self, x):
        return tf.matmul(x, self.weight) + self.bias

model = tf.keras.models.load_model(sys.argv[1], custom_objects={"Custom>CustomDense": CustomDense})
print(json.dumps({"names": [w.name for w in model.weights], "y": model.predict(np.load(sys.argv[2]), verbose=0).tolist()}))
"""


def expected(first, second):
    """Paths with shapes of layers `first` and `second`, each a (name, kernel word)."""
    (a, kernel_a), (b, kernel_b) = first, second
    return [f"{a}/{kernel_a} (10, 128)", f"{a}/bias (128,)", f"{b}/{kernel_b} (128, 10)", f"{b}/bias (10,)"]


PROMISED = {
    "example_name_scope": expected(("dense_1", "kernel"), ("dense_2", "kernel")),
    "example_custom_layer": expected(("custom_dense_1", "weight"), ("dense_2", "kernel")),
}
PATH_LINE = re.compile(r"^\S+/\S+ \([\d, ]*\)$")


def run_example(name, program, folder):
    """The weight paths that the example prints, in its order."""
    return [line.strip() for line in program(name, cwd=folder).splitlines() if PATH_LINE.match(line.strip())]


def shown_by_keras(model):
    return [f"{v.path} ({', '.join(map(str, v.shape))}{',' if len(v.shape) == 1 else ''})" for v in model.weights]


def as_keras_3(folder, i, program):
    """model_<i>, converted: Keras 3 opens no SavedModel as a model."""
    program("namesake", "convert", folder / f"model_{i}", folder / f"model_{i}.keras")
    return keras.models.load_model(folder / f"model_{i}.keras")


@pytest.mark.parametrize("example", sorted(PROMISED))
def test_scoped_examples_print_and_save_the_promised_paths(example, program, tmp_path):
    printed = run_example(example, program, tmp_path)
    assert printed == [f"model_{i}/{row}" for i in range(2) for row in PROMISED[example]]
    for i in range(2):
        loaded = tf.saved_model.load(str(tmp_path / f"model_{i}"))
        assert [v.name.removesuffix(":0") for v in loaded.variables] == [f"model_{i}/{row.split(' ')[0]}" for row in PROMISED[example]]
        if "custom" not in example:  # the command does not know the class
            assert shown_by_keras(as_keras_3(tmp_path, i, program)) == [f"model_{i}/{row}" for row in PROMISED[example]]


def test_implicit_names_do_not_collide_and_are_those_that_keras_reads(program, tmp_path):
    printed = run_example("example_implicit_names", program, tmp_path)
    assert len(printed) == 8 and len(set(printed)) == 8
    for i, half in enumerate((printed[:4], printed[4:])):
        loaded = tf.saved_model.load(str(tmp_path / f"model_{i}"))
        assert [v.name.removesuffix(":0") for v in loaded.variables] == [row.split(" ")[0] for row in half]
        names = [f"{layer.name}/{v.name}" for layer in as_keras_3(tmp_path, i, program).layers for v in layer.weights]
        assert [row.split(" ")[0].split("/", row.count("/") - 1)[-1] for row in half] == names


def custom_prediction(path, x, folder, program):
    """The command does not know the class; a program of ours that registers it does."""
    np.save(folder / "x.npy", x)
    return np.array([line.split() for line in program("predict_custom", path, folder / "x.npy").splitlines()], np.float32)


@pytest.mark.parametrize("example", ["example_implicit_names", *sorted(PROMISED)])
def test_tensorflow_and_keras_predict_what_we_predict(example, program, tmp_path):
    program(example, cwd=tmp_path)
    x = np.random.RandomState(0).randn(6, 10).astype("f")
    np.save(tmp_path / "in.npy", x)
    for i in range(2):
        path = tmp_path / f"model_{i}"
        ours = custom_prediction(path, x, tmp_path, program) if "custom" in example else our_prediction(path, x, tmp_path)
        np.testing.assert_allclose(ours, tf.saved_model.load(str(path))(x), rtol=0, atol=1e-5)
        if "custom" not in example:
            model = as_keras_3(tmp_path, i, program)
            np.testing.assert_allclose(ours, keras_prediction(model, x), rtol=0, atol=1e-5)
        if KERAS_2:
            done = subprocess.run([KERAS_2, "-c", IN_KERAS_2, path, tmp_path / "in.npy"], capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, done.stderr[-3000:]
            said = json.loads(done.stdout.splitlines()[-1])
            np.testing.assert_allclose(ours, np.array(said["y"], "f"), rtol=0, atol=1e-5)
            if example in PROMISED:
                assert said["names"] == [f"model_{i}/{row.split(' ')[0]}:0" for row in PROMISED[example]]
