"""`namesake convert` over all pairs of formats at hand: what comes out predicts what went in, in Keras where Keras 3 reads it; what cannot be says why."""

import json
import subprocess

import keras
import numpy as np
import pytest

from conftest import BIN, ROOT, run_program

GOLDEN = ROOT / "tests" / "golden" / "h5"
MODELS = ["k3_sequential.keras", "k3_sequential.h5", "k3_nested.h5", "k2_sequential.keras", "k2_sequential.h5", "k2_nested.keras", "k2_nested.h5", "k2_scoped.keras", "k2_scoped.h5",
          "keras22_sequential.h5"]
WEIGHTS = ["k3_nested.weights.h5", "k2_nested.weights.h5", "k2_nested_only.h5"]
OUTPUTS = ["new.keras", "new.h5", "new.weights.h5"]


def original(name, folder):
    """The golden file of that name; a .keras of Keras 3 is made of its .h5."""
    if (GOLDEN / name).exists():
        return GOLDEN / name
    model = keras.models.load_model((GOLDEN / name).with_suffix(".h5"))
    model.save(folder / name)
    return folder / name


def arrays_of(name):
    stem = {"keras22_sequential": "k2_sequential"}.get(name.split(".")[0], name.split(".")[0])
    with np.load(GOLDEN / f"{stem}.npz") as arrays:
        return arrays["x"], arrays["y"]


def predicted(arguments, x, folder):
    np.savez(folder / "x.npz", x0=x)
    return np.array(run_program("predict_graph", *arguments, folder / "x.npz").split(), float)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", MODELS)
def test_every_model_becomes_every_format(name, output, tmp_path):
    old, new = original(name, tmp_path), tmp_path / output
    x, y = arrays_of(name)
    report = json.loads(run_program("namesake", "convert", old, new, "--json"))
    assert report["equal"] and report["weights"] > 0
    assert not [item for item in report["dropped"] if "optimizer" not in item]
    weights = output.endswith(".weights.h5")
    ours = predicted(["--weights", old, new] if weights else [new], x, tmp_path)
    np.testing.assert_allclose(ours, y.ravel(), rtol=1e-5, atol=1e-5)
    if weights:
        if name.startswith("k3"):  # Keras 3 opens the model that they are for
            model = keras.models.load_model(old, compile=False)
            model.set_weights([0 * w for w in model.get_weights()])
            model.load_weights(new)
            np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x, training=False)), y, rtol=1e-5, atol=1e-5)
    elif not (output.endswith(".h5") and "scoped" in name):  # no "/" in .h5 there
        model = keras.models.load_model(new)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x, training=False)), y, rtol=1e-5, atol=1e-5)
    assert {path.name for path in tmp_path.iterdir()} <= {output, "x.npz", name}, "nothing else is left"


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_alone_are_no_model_and_the_message_says_so(name, output, tmp_path):
    error = refused(GOLDEN / name, tmp_path / output)
    assert "such a file has weights, but no model." in error and "--model MODEL.keras" in error


@pytest.mark.parametrize("output", ["new.txt", "new.onnx", "nowhere/new.keras"])
def test_a_target_that_is_none_is_refused_before_anything_is_written(output, tmp_path):
    error = refused(GOLDEN / "k2_nested.keras", tmp_path / output)
    assert output in error and "expected" in error


def refused(old, new):
    done = subprocess.run([BIN / "namesake", "convert", old, new], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and not new.exists()
    assert not done.stdout
    assert not new.parent.exists() or not list(new.parent.iterdir())
    return done.stderr
