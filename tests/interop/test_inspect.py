"""`namesake inspect` of files that Keras saved: names by Keras's positions, each leading to the numbers that Keras has under it."""

import io
import json
import random
import zipfile

import h5py
import keras
import numpy as np
import pytest

from graphs import random_graph

layers = keras.layers
COUNT = 50


def layers_of(model, prefix=""):
    """(path, class, layer) of all layers in Keras's order."""
    rows = []
    for layer in model.layers:
        rows.append((prefix + layer.name, type(layer).__name__, layer))
        if isinstance(layer, keras.Model):
            rows += layers_of(layer, prefix + layer.name + "/")
    return rows


def weights_of(model):
    """(path, value) of all weights, each once."""
    rows, seen = [], set()
    for path, _, layer in layers_of(model):
        if isinstance(layer, keras.Model):
            continue
        rows += [(f"{path}/{v.name}", v.numpy()) for v in layer.weights if id(v) not in seen]
        seen |= {id(v) for v in layer.weights}
    return rows


def inspected(program, path):
    found = json.loads(program("namesake", "inspect", path, "--json"))
    with h5py.File(io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5"))) as file:
        values = [(weight["path"], file[weight["stored_as"]][()]) for weight in found["weights"]]
    return found, values


def check(program, path, model):
    found, values = inspected(program, path)
    assert [(row["path"], row["class"]) for row in found["layers"]] == [row[:2] for row in layers_of(model)], path
    assert [row["name"] for row in found["layers"]] == [row[2].name for row in layers_of(model)], path
    expected = weights_of(model)
    assert [row[0] for row in values] == [row[0] for row in expected], path
    for (_, ours), (name, theirs) in zip(values, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=f"{path}: {name}")
    for weight, (_, value) in zip(found["weights"], expected, strict=True):
        assert (tuple(weight["shape"]), weight["dtype"], weight["bytes"]) == (value.shape, str(value.dtype), value.nbytes)


def with_shuffled_layers(path, seed):
    """The same file with the layers of every functional model listed in another order."""
    def shuffle(config):
        if isinstance(config, dict):
            if "input_layers" in config:
                random.Random(seed).shuffle(config["layers"])
            for value in config.values():
                shuffle(value)
        elif isinstance(config, list):
            for value in config:
                shuffle(value)

    other = path.with_name(f"shuffled_{path.name}")
    with zipfile.ZipFile(path) as original, zipfile.ZipFile(other, "w") as shuffled:
        for entry in original.namelist():
            data = original.read(entry)
            if entry == "config.json":
                config = json.loads(data)
                shuffle(config)
                data = json.dumps(config)
            shuffled.writestr(entry, data)
    return other


@pytest.mark.parametrize("seed", range(COUNT))
def test_names_of_a_random_graph_lead_to_its_numbers(program, tmp_path, seed):
    model = random_graph(seed)
    path = tmp_path / "graph.keras"
    model.save(path)
    check(program, path, model)


@pytest.mark.parametrize("seed", range(0, COUNT, 3))
def test_layers_may_be_listed_in_another_order(program, tmp_path, seed):
    random_graph(seed).save(tmp_path / "graph.keras")
    path = with_shuffled_layers(tmp_path / "graph.keras", seed)
    keras.utils.clear_session(free_memory=False)
    check(program, path, keras.models.load_model(path))


def test_operations_are_no_layers(program, tmp_path):
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    x = keras.ops.concatenate([layers.Dense(3, name="p")(a) * 2.0, layers.Dense(3, name="q")(b) + a])
    model = keras.Model({"a": a, "b": b}, {"y": layers.Dense(3, name="r")(keras.ops.relu(x)), "x": x})
    model.save(tmp_path / "ops.keras")
    check(program, tmp_path / "ops.keras", model)


def test_a_layer_that_two_models_share_is_found_at_its_first_place(program, tmp_path):
    shared = layers.Dense(3, name="shared")
    i = keras.Input((3,), name="i")
    inner = keras.Model(i, layers.Dense(3, name="own")(shared(i)), name="inner")
    a = keras.Input((3,), name="a")
    model = keras.Model(a, layers.Dense(3, name="last")(shared(inner(a))))
    model.save(tmp_path / "shared.keras")
    check(program, tmp_path / "shared.keras", model)


def test_weights_of_all_kinds_have_their_names(program, tmp_path):
    a = keras.Input((8, 8, 4), name="a")
    x = layers.SeparableConv2D(4, 3, name="separable")(layers.Conv2D(4, 3, use_bias=False, name="conv")(a))
    x = layers.BatchNormalization(scale=False, name="batch")(layers.DepthwiseConv2D(3, name="depthwise")(x))
    x = layers.PReLU(name="slope")(layers.LayerNormalization(name="layer")(layers.GroupNormalization(2, name="group")(x)))
    model = keras.Model(a, layers.Normalization(name="normal")(layers.RMSNormalization(name="rms")(x)))
    model.save(tmp_path / "kinds.keras")
    check(program, tmp_path / "kinds.keras", model)


@keras.saving.register_keras_serializable()
class Towers(keras.Model):
    """Keras keeps `base` by its attribute, but what sorts after "layers" by its place in the list of layers."""

    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.tower = layers.Dense(3, name="first")
        self.base = layers.Dense(2, name="second")

    def call(self, x):
        return self.base(self.tower(x))


def test_weights_of_a_model_class_are_under_its_layers_names(program, tmp_path):
    model = Towers(name="towers")
    model(np.zeros((1, 4), np.float32))
    model.save(tmp_path / "towers.keras")
    found, values = inspected(program, tmp_path / "towers.keras")
    assert sorted(row["path"] for row in found["layers"]) == ["first", "second"]
    by_path = dict(values)
    np.testing.assert_array_equal(by_path["first/vars/0"], model.tower.kernel.numpy())
    np.testing.assert_array_equal(by_path["second/vars/0"], model.base.kernel.numpy())
