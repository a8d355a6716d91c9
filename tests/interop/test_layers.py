"""Every layer class that is known here, alone in a model, through files: those that Keras saved, and those that we trained and saved."""

import keras
import numpy as np
import pytest

from conftest import run_program
from layer_table import OF_APPLICATIONS, called, nested, rows

ROWS = rows()
# Not rows: the older word for a functional model, which today's Keras does not write.
OLDER_WORDS = {"Model"}


@pytest.fixture(scope="module")
def known_classes():
    return set(run_program("one_layer_models", "--known").split())


def test_every_class_that_is_known_here_has_a_row(known_classes):
    assert known_classes - OLDER_WORDS == {name for name, _, _ in ROWS}


def layer_of(class_name, options):
    if class_name in ("Sequential", "Functional"):
        return nested(class_name)
    return OF_APPLICATIONS.get(class_name, getattr(keras.layers, class_name, None))(**{"name": "tried", **options})


def model_around(row, sequential):
    """A model of the layer alone. Single-input rows are Sequential and functional in turn."""
    class_name, options, shapes = row
    dtype = "int32" if class_name == "Embedding" else "float32"
    layer = layer_of(class_name, options)
    if class_name == "InputLayer":
        return keras.Model(layer.output, keras.layers.Identity()(layer.output)), layer
    if len(shapes) == 1 and sequential:
        return keras.Sequential([keras.Input(shapes[0], dtype=dtype), layer]), layer
    inputs = [keras.Input(shape, dtype=dtype) for shape in shapes]
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], called(layer, inputs)), layer


def draw_weights(model, rng):
    """Other numbers than the initial ones, moving statistics too; a variance is positive."""
    for weight in model.weights:
        if weight.name == "count":
            continue
        value = rng.normal(size=weight.shape) * 0.5
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.name else value)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):  # Normalization computes with copies
            layer.finalize_state()


def inputs_of(model, rng):
    return [rng.integers(0, 5, (3, *x.shape[1:])).astype(np.int32) if x.dtype == "int32" else rng.normal(size=(3, *x.shape[1:])).astype(np.float32)
            for x in model.inputs]


def numbers(model, xs):
    return keras.ops.convert_to_numpy(model(xs if len(xs) > 1 else xs[0], training=False))


@pytest.mark.parametrize("index", range(len(ROWS)), ids=lambda index: f"{index}-{ROWS[index][0]}")
def test_a_layer_that_keras_saved_computes_here_and_comes_back(index, tmp_path):
    rng = np.random.default_rng(index)
    model, layer = model_around(ROWS[index], sequential=index % 2 == 1)
    draw_weights(model, rng)
    xs = inputs_of(model, rng)
    y = numbers(model, xs)
    model.save(tmp_path / "original.keras")
    np.savez(tmp_path / "x.npz", **{f"x{i}": x for i, x in enumerate(xs)})

    ours = run_program("predict_graph", tmp_path / "original.keras", tmp_path / "x.npz")
    np.testing.assert_allclose(np.array(ours.split(), float), y.ravel(), rtol=1e-5, atol=1e-5)

    run_program("resave", tmp_path / "original.keras", tmp_path / "again.keras")
    keras.utils.clear_session(free_memory=False)
    again = keras.models.load_model(tmp_path / "again.keras")
    kept = next(found for found in again._layers if found.name == layer.name)
    assert type(kept) is type(layer) and kept.trainable == layer.trainable
    assert plain(kept.get_config()) == plain(layer.get_config())
    for found, expected in zip(again.weights, model.weights, strict=True):
        assert found.name == expected.name and found.dtype == expected.dtype
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected), err_msg=expected.path)
    np.testing.assert_allclose(numbers(again, xs), y, rtol=1e-6, atol=1e-6)


def plain(value):
    """Tuples are lists in a file; a serialised object is its config."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key != "build_config"}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if hasattr(value, "get_config"):
        return plain(keras.saving.serialize_keras_object(value))
    return value.tolist() if isinstance(value, np.ndarray) else value


@pytest.fixture(scope="module")
def made_here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made_here")
    return folder, [line.split() for line in run_program("one_layer_models", folder).splitlines()]


def test_we_make_a_model_of_every_class(made_here, known_classes):
    assert {class_name for _, class_name, _ in made_here[1]} == known_classes - OLDER_WORDS - {"InputLayer"}


def test_keras_computes_and_goes_on_training_what_we_made(made_here):
    folder, cases = made_here
    for name, _, random in cases:
        keras.utils.clear_session(free_memory=False)
        with np.load(folder / f"{name}.npz") as data:
            arrays = dict(data)
        xs = [arrays[f"x{i}"] for i in range(sum(key.startswith("x") for key in arrays))]
        model = keras.models.load_model(folder / f"{name}.keras")
        assert model.name == f"model_of_{name}" and int(model.optimizer.iterations) == 1
        np.testing.assert_allclose(numbers(model, xs), arrays["prediction"], rtol=1e-5, atol=1e-5, err_msg=name)
        model.run_eagerly = True  # two steps are done before a graph is traced
        losses = []
        for _ in range(2):
            model.reset_metrics()
            losses.append(float(model.train_on_batch(xs if len(xs) > 1 else xs[0], arrays["y"])[0]))
        assert np.isfinite(losses).all(), name
        if random == "0":
            np.testing.assert_allclose(losses, arrays["losses"], rtol=1e-4, atol=1e-4, err_msg=name)
