"""Every optimizer with every loss, trained and saved by us: Keras opens it compiled, with its state, and goes on alike."""

import json

import keras
import numpy as np
import pytest

ROWS, COLUMNS, CLASSES = 12, 6, 4
CLASS_OF = (np.arange(ROWS) * 7 + 3) % CLASSES


def wave(rows, columns, row_step, column_step):
    return np.sin(row_step * np.arange(rows)[:, None] + column_step * np.arange(columns)).astype(np.float32)


def target(case):
    if case.startswith("categorical"):
        return np.eye(CLASSES, dtype=np.float32)[CLASS_OF]
    if case.startswith("sparse"):
        return CLASS_OF.astype(np.int32)
    if case.startswith("binary"):
        return (np.arange(ROWS * CLASSES) % 3 == 0).astype(np.float32).reshape(ROWS, CLASSES)
    return wave(ROWS, CLASSES, 0.3, 0.9)


OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": 0.01, "momentum": 0.0}),
    "sgd_word": ("SGD", {"learning_rate": 0.01}),
    "momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": False, "clipnorm": 0.5}),
    "nesterov": ("SGD", {"momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
    "clipvalue": ("SGD", {"learning_rate": 0.2, "clipvalue": 0.1, "name": "own_name"}),
    "adam": ("Adam", {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}),
    "adam_fast": ("Adam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.98, "epsilon": 1e-5}),
    "amsgrad": ("Adam", {"amsgrad": True, "weight_decay": 0.01, "global_clipnorm": 0.5}),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """{optimizer: {loss: (file, iterations, next losses)}}"""
    from conftest import run_program

    folder = tmp_path_factory.mktemp("compiled")
    table = {}
    for line in run_program("save_compiled", folder).splitlines():
        name, iterations, *losses = line.split()
        optimizer, loss = name.split("-")
        table.setdefault(optimizer, {})[loss] = (folder / f"{name}.keras", int(iterations), [float(word) for word in losses])
    return table


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_keras_goes_on_from_what_we_compiled(optimizer, saved, recwarn):
    class_name, options = OPTIMIZERS[optimizer]
    assert len(saved[optimizer]) == 10
    for loss, (path, iterations, next_losses) in saved[optimizer].items():
        model = keras.models.load_model(path)
        assert model.compiled and type(model.optimizer).__name__ == class_name, path.name
        config = model.optimizer.get_config()
        for key, value in options.items():
            assert config[key] == (pytest.approx(value) if isinstance(value, float) else value), f"{path.name}: {key}"
        assert int(model.optimizer.iterations) == iterations == 6, path.name
        x, y, losses = wave(ROWS, COLUMNS, 0.7, 1.3), target(loss), []
        for _ in range(5):
            model.reset_metrics()
            losses.append(float(model.train_on_batch(x, y)[0]))
        np.testing.assert_allclose(losses, next_losses, rtol=1e-4, atol=1e-4, err_msg=path.name)
    assert not [w for w in recwarn if "optimizer" in str(w.message)]


def two_outputs():
    layers = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    hidden = layers.Concatenate(name="both")([layers.Dense(5, activation="tanh", name="of_a")(a), b])
    return keras.Model([a, b], [layers.Dense(1, name="age")(hidden), layers.Dense(3, activation="softmax", name="kind")(hidden)], name="two")


SPARSE = "sparse_categorical_crossentropy"
SETTINGS = {
    "lists": lambda: {"loss": ["mse", SPARSE], "loss_weights": [0.5, 2.0], "metrics": ["mae", ["accuracy"]]},
    "dicts": lambda: {"loss": {"kind": keras.losses.SparseCategoricalCrossentropy(), "age": "mae"}, "loss_weights": {"age": 0.25, "kind": 1.0},
                      "metrics": {"age": ["mse", keras.metrics.MeanAbsoluteError(name="apart")]}, "weighted_metrics": {"kind": "accuracy"}},
    "no_loss_for_one": lambda: {"loss": [None, SPARSE], "weighted_metrics": [[], ["accuracy"]]},
    "eager": lambda: {"loss": ["mse", SPARSE], "run_eagerly": True},
}


@pytest.mark.parametrize("setting", sorted(SETTINGS))
def test_settings_of_several_outputs_come_back_equal_and_train_alike(setting, program, tmp_path):
    model = two_outputs()
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), **SETTINGS[setting]())
    rng = np.random.default_rng(3)
    x = [rng.normal(size=(ROWS, n)).astype(np.float32) for n in (4, 3)]
    y = [rng.normal(size=(ROWS, 1)).astype(np.float32), rng.integers(0, 3, ROWS).astype(np.int32)]
    model.train_on_batch(x, y)
    model.save(tmp_path / "keras.keras")
    program("resave", tmp_path / "keras.keras", tmp_path / "ours.keras")
    again = keras.models.load_model(tmp_path / "ours.keras")
    assert again.get_compile_config() == model.get_compile_config()

    np.savez(tmp_path / "rows.npz", a=x[0], b=x[1], age=y[0], kind=y[1])
    said = program("namesake", "train", tmp_path / "ours.keras", "--data", tmp_path / "rows.npz", "--epochs", 3, "--batch-size", 6, "--no-shuffle", "--json",
                   "-o", tmp_path / "trained.keras")
    theirs = again.fit(x, y, epochs=3, batch_size=6, shuffle=False, verbose=0).history
    ours = json.loads(said)["history"]
    assert sorted(ours) == sorted(theirs)
    for name, numbers in theirs.items():
        np.testing.assert_allclose(ours[name], numbers, rtol=1e-4, atol=1e-5, err_msg=name)
    opened = keras.models.load_model(tmp_path / "trained.keras")
    assert int(opened.optimizer.iterations) == int(again.optimizer.iterations)
    opened.reset_metrics()
    again.reset_metrics()
    np.testing.assert_allclose(opened.train_on_batch(x, y), again.train_on_batch(x, y), rtol=1e-4, atol=1e-5)
