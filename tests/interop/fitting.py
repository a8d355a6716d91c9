"""Puts a compiled model between Keras and Keras: both evaluate it, fit it on the same rows and evaluate it again."""

import json

import keras
import numpy as np

from conftest import run_program


def draw_weights(model, seed, size=0.5):
    """Other numbers than the initial ones; a variance is positive."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        value = rng.normal(size=weight.shape) * size
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.name else value)


def arrays_of(letter, data):
    if data is None:
        return {}
    if isinstance(data, dict):
        return {f"{letter}.{name}": array for name, array in data.items()}
    return {f"{letter}{i}": array for i, array in enumerate(data if isinstance(data, list) else [data])}


def check_fits(cases, folder, epochs=3, batch=8, tolerance=1e-4, eager=True):
    """`cases`: {name: (model, x, y, sample_weight or None)}. Histories and weights equal within `tolerance`, before and after a save.
    `eager`: a few steps are done before Keras has traced a graph; where the last batch is smaller it weighs losses of several outputs otherwise than its graphs do."""
    asked = []
    for name, (model, x, y, weight) in cases.items():
        model.save(folder / f"{name}.keras")
        np.savez(folder / f"{name}.npz", **arrays_of("x", x), **arrays_of("y", y), **arrays_of("w", weight))
        asked += [folder / f"{name}.keras", folder / f"{name}.npz", folder / f"{name}-trained.keras"]
    answers = [json.loads(line) for line in run_program("fit_graph", epochs, batch, *asked).splitlines()]
    for (name, (model, x, y, weight)), ours in zip(cases.items(), answers, strict=True):
        ask = {"batch_size": batch, "sample_weight": weight, "verbose": 0}
        model.run_eagerly = eager
        near(ours["before"], model.evaluate(x, y, return_dict=True, **ask), f"{name} before", tolerance)
        near(ours["history"], model.fit(x, y, epochs=epochs, shuffle=False, **ask).history, name, tolerance)
        near(ours["after"], model.evaluate(x, y, return_dict=True, **ask), f"{name} after", tolerance)
        opened = keras.models.load_model(folder / f"{name}-trained.keras")
        opened.run_eagerly = eager
        assert [layer.name for layer in opened.layers] == [layer.name for layer in model.layers], name
        for found, expected in zip(opened.weights, model.weights, strict=True):
            np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=tolerance, atol=tolerance, err_msg=f"{name} {expected.path}")
        np.testing.assert_allclose(flat_prediction(opened, x), flat_prediction(model, x), rtol=tolerance, atol=tolerance, err_msg=name)
        assert int(opened.optimizer.iterations) == int(model.optimizer.iterations), name
        near({"loss": opened.fit(x, y, epochs=1, shuffle=False, **ask).history["loss"]}, {"loss": model.fit(x, y, epochs=1, shuffle=False, **ask).history["loss"]},
             f"{name} goes on", tolerance)


def near(ours, theirs, name, tolerance):
    assert sorted(ours) == sorted(theirs), name
    for key, value in theirs.items():
        np.testing.assert_allclose(ours[key], value, rtol=tolerance, atol=tolerance, err_msg=f"{name}: {key}")


def flat_prediction(model, x):
    return np.concatenate([np.asarray(y, dtype=np.float64).ravel() for y in keras.tree.flatten(model(x, training=False))])
