"""What users of TensorFlow write in tf.functions, saved by tf.saved_model.save, computes the same here: each family of graph_programs.py is a signature."""

import subprocess

import numpy as np
import pytest
import tensorflow as tf

import graph_programs
from conftest import BIN

TOLERANCE = 2e-5


def value_of(shape, dtype, batch, rng):
    size = (batch, *shape)
    if dtype == tf.uint8:
        return rng.integers(0, 256, size, dtype=np.uint8)
    return rng.integers(1, 3, size, dtype=np.int32) if dtype.is_integer else rng.normal(size=size).astype(np.float32)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The folder, and its signatures as TensorFlow has them."""
    folder, module, signatures = tmp_path_factory.mktemp("programs") / "model", tf.Module(), {}
    for name, function, takes in graph_programs.PROGRAMS:
        specs = [tf.TensorSpec((None, *shape), dtype, name=f"x{i}") for i, (shape, dtype) in enumerate(takes)]
        signatures[name] = tf.function(function, input_signature=specs).get_concrete_function()
    tf.saved_model.save(module, str(folder), signatures=signatures)
    return folder, tf.saved_model.load(str(folder)).signatures


@pytest.mark.parametrize("batch", [3, 5])
def test_every_program_computes_what_tensorflow_does(saved, tmp_path, batch):
    folder, signatures = saved
    rng = np.random.default_rng(batch)
    inputs = {f"{name}/x{i}": value_of(shape, dtype, batch, rng) for name, _, takes in graph_programs.PROGRAMS for i, (shape, dtype) in enumerate(takes)}
    np.savez(tmp_path / "in.npz", **inputs)
    done = subprocess.run([BIN / "run_signatures", folder, tmp_path / "in.npz", tmp_path / "out.npz"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    compared = 0
    with np.load(tmp_path / "out.npz") as found:
        for name, _, takes in graph_programs.PROGRAMS:
            for output, value in signatures[name](**{f"x{i}": tf.constant(inputs[f"{name}/x{i}"]) for i in range(len(takes))}).items():
                mine, theirs = found[f"{name}/{output}"], value.numpy()
                assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape), (name, output)
                tolerance = 2e-3 if theirs.dtype == np.float16 else TOLERANCE
                np.testing.assert_allclose(mine.astype(np.float64), theirs.astype(np.float64), rtol=tolerance, atol=tolerance, err_msg=f"{name}/{output}")
                compared += 1
    assert compared > 250
