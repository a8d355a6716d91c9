"""What is read of a SavedModel and written again is the same to TensorFlow: message by message, and by what it computes.

TensorFlow 2.15 with Keras 2 is tried if NAMESAKE_KERAS2_PYTHON names a Python that has it.
"""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest
import tensorflow as tf

import saved_model_copies
from conftest import BIN, run_program

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")
PROGRAM = BIN / "copy_saved_model"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved_models")
    saved_model_copies.write(path)
    return path


def test_copies_hold_the_same_messages(folder):
    saved_model_copies.same_messages(PROGRAM, folder)


def test_copies_compute_the_same(folder):
    saved_model_copies.same_answers(PROGRAM, folder)


@pytest.mark.parametrize("name", ["keras", "module", "v1"])
def test_inspect_shows_the_signatures_and_variables_that_tensorflow_loads(folder, name):
    said = json.loads(run_program("namesake", "inspect", folder / name, "--json"))
    loaded = tf.saved_model.load(str(folder / name))
    signatures = {s["name"]: s for s in said["signatures"] if not s["name"].startswith("__")}
    assert signatures.keys() == loaded.signatures.keys()
    for key, function in loaded.signatures.items():
        for ours, theirs in ((signatures[key]["inputs"], function.structured_input_signature[1]), (signatures[key]["outputs"], function.structured_outputs)):
            assert {t["name"]: (t["dtype"], t["shape"]) for t in ours} == {k: (v.dtype.name, [-1 if d is None else d for d in v.shape]) for k, v in theirs.items()}
    reader = tf.train.load_checkpoint(str(folder / name / "variables" / "variables"))
    shapes = reader.get_variable_to_shape_map()
    assert said["weights"] and all(shapes[w["stored_as"]] == w["shape"] for w in said["weights"])
    if hasattr(loaded, "variables") and name == "keras":
        assert {v.name.split(":")[0] for v in loaded.variables} == {w["path"] for w in said["weights"]}


def test_the_command_runs_a_signature_in_batches_where_rows_go_in_and_come_out(tmp_path):
    class Counts(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def rows(self, x):
            return {"n": tf.fill([tf.shape(x)[0]], tf.shape(x)[0])}

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def whole(self, x):
            return {"n": tf.shape(x)[0]}

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def fewer(self, x):
            return {"n": tf.fill([tf.shape(x)[0] - 1], tf.shape(x)[0])}

    module = Counts()
    tf.saved_model.save(module, str(tmp_path / "counts"), signatures={"rows": module.rows, "whole": module.whole, "fewer": module.fewer})
    np.save(tmp_path / "x.npy", np.zeros((7, 3), np.float32))
    for name, expected in (("rows", [3, 3, 3, 3, 3, 3, 1]), ("whole", 7), ("fewer", [7] * 6)):
        run_program("namesake", "predict", tmp_path / "counts", "--signature", name, "--input", tmp_path / "x.npy", "-o", tmp_path / "y.npy", "--batch-size", 3)
        assert np.load(tmp_path / "y.npy").tolist() == expected


@pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON names no Python with Keras 2")
def test_copies_of_keras_2s_and_tensorflow_2_15s_files_are_the_same_too(tmp_path):
    helper = pathlib.Path(saved_model_copies.__file__)
    done = subprocess.run([KERAS_2, helper, PROGRAM, tmp_path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
