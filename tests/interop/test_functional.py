"""Random functional graphs, both ways: those that Keras made, and those that we made. Equal order of layers, numbers and predictions; none swapped."""

import json
import zipfile

import keras
import numpy as np
import pytest

from graphs import inputs_for, ordered_names, predictions, random_graph

COUNT = 300


@pytest.fixture(scope="module")
def from_keras(tmp_path_factory):
    """For each seed: the folder with original.keras and again.keras, and what Keras knew when it saved the first."""
    from conftest import run_program

    root = tmp_path_factory.mktemp("functional")
    known, pairs, asked = {}, [], []
    for seed in range(COUNT):
        folder = root / str(seed)
        folder.mkdir()
        model = random_graph(seed)
        model.save(folder / "original.keras")
        x = inputs_for(model, seed=seed)
        np.savez(folder / "x.npz", **{f"x{i}": array for i, array in enumerate(x)})
        known[seed] = (folder, x, predictions(model, x), ordered_names(model), len(model.weights))
        pairs += [folder / "original.keras", folder / "again.keras"]
        asked += [folder / "original.keras", folder / "x.npz"]
    run_program("resave", *pairs)
    ours = iter(run_program("predict_graph", *asked).splitlines())
    return known, ours


def test_we_predict_what_keras_predicts(from_keras):
    known, ours = from_keras
    for seed, (_, _, ys, _, _) in known.items():
        for y in ys:
            np.testing.assert_allclose(np.array(next(ours).split(), float), y.ravel(), rtol=1e-5, atol=1e-5, err_msg=f"seed {seed}")
    assert next(ours, None) is None


def test_keras_reads_back_the_same_graph(from_keras):
    for seed, (folder, x, ys, names, weights) in from_keras[0].items():
        keras.utils.clear_session(free_memory=False)
        model = keras.models.load_model(folder / "again.keras")
        assert ordered_names(model) == names, f"seed {seed}"
        assert len(model.weights) == weights, f"seed {seed}"
        for ours, y in zip(predictions(model, x), ys, strict=True):
            np.testing.assert_allclose(ours, y, rtol=1e-6, atol=1e-6, err_msg=f"seed {seed}")


def test_what_was_left_out_of_the_config_is_nothing_but_defaults(from_keras):
    """The graph part of a config (calls, inputs, outputs) comes back as Keras wrote it."""
    def graph(path):
        config = json.loads(zipfile.ZipFile(path).read("config.json"))["config"]
        return (config["input_layers"], config["output_layers"],
                [(layer["name"], layer["class_name"], [without_null(node) for node in layer["inbound_nodes"]]) for layer in config["layers"]])

    def without_null(node):
        return {"args": node["args"], "kwargs": {k: v for k, v in node["kwargs"].items() if v is not None}}

    for folder, *_ in from_keras[0].values():
        assert graph(folder / "again.keras") == graph(folder / "original.keras"), folder


def test_keras_reads_the_graphs_that_we_made(program, tmp_path):
    lines = iter(program("random_graphs", tmp_path, str(COUNT)).splitlines())
    for seed in range(COUNT):
        keras.utils.clear_session(free_memory=False)
        model = keras.models.load_model(tmp_path / f"{seed}.keras")
        names = next(lines).split()
        assert ordered_names(model) == names, f"seed {seed}"
        x = [np.sin(0.7 * np.arange(2 * t.shape[1]).reshape(2, -1) + i).astype(np.float32) for i, t in enumerate(model.inputs)]
        for y in predictions(model, x):
            np.testing.assert_allclose(np.array(next(lines).split(), float), y.ravel(), rtol=1e-5, atol=1e-5, err_msg=f"seed {seed}")
    assert next(lines, None) is None
