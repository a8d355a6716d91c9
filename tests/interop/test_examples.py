"""The textbook programs: Keras opens what they saved, with the promised names and the same numbers."""

import re

import keras
import numpy as np
import pytest

from same import input_for, keras_prediction, our_prediction


@keras.saving.register_keras_serializable()  # the package is "Custom"
class CustomDense(keras.layers.Layer):
    def __init__(self, units=1, **keywords):
        super().__init__(**keywords)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(name="weight", shape=(input_shape[-1], self.units), initializer="random_normal")
        self.b = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.w) + self.b

    def get_config(self):
        return super().get_config() | {"units": self.units}


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


@pytest.mark.parametrize("example", sorted(PROMISED))
def test_scoped_examples_print_and_save_the_promised_paths(example, program, tmp_path):
    printed = run_example(example, program, tmp_path)
    assert printed == [f"model_{i}/{row}" for i in range(2) for row in PROMISED[example]]
    for i in range(2):
        model = keras.models.load_model(tmp_path / f"model_{i}.keras")
        assert shown_by_keras(model) == [f"model_{i}/{row}" for row in PROMISED[example]]


def test_implicit_names_do_not_collide_and_are_those_that_keras_reads(program, tmp_path):
    printed = run_example("example_implicit_names", program, tmp_path)
    assert len(printed) == 8 and len(set(printed)) == 8
    for i, half in enumerate((printed[:4], printed[4:])):
        model = keras.models.load_model(tmp_path / f"model_{i}.keras")
        names = [f"{layer.name}/{v.name}" for layer in model.layers for v in layer.weights]
        assert [row.split(" ")[0].split("/", row.count("/") - 1)[-1] for row in half] == names


def custom_prediction(path, x, folder, program):
    """The command does not know the class; a program of ours that registers it does."""
    np.save(folder / "x.npy", x)
    return np.array([line.split() for line in program("predict_custom", path, folder / "x.npy").splitlines()], np.float32)


@pytest.mark.parametrize("example", ["example_implicit_names", *sorted(PROMISED)])
def test_keras_predicts_what_we_predict(example, program, tmp_path):
    program(example, cwd=tmp_path)
    for i in range(2):
        path = tmp_path / f"model_{i}.keras"
        model = keras.models.load_model(path)
        x = input_for(model, seed=i)
        ours = custom_prediction(path, x, tmp_path, program) if "custom" in example else our_prediction(path, x, tmp_path)
        np.testing.assert_allclose(ours, keras_prediction(model, x), rtol=0, atol=1e-5)
