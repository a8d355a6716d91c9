"""What is read of a SavedModel and written again is the same to TensorFlow: message by message, and by what it computes.

TensorFlow 2.15 with Keras 2 is tried if NAMESAKE_KERAS2_PYTHON names a Python that has it.
"""

import os
import pathlib
import subprocess

import pytest

import saved_model_copies
from conftest import BIN

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


@pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON names no Python with Keras 2")
def test_copies_of_keras_2s_and_tensorflow_2_15s_files_are_the_same_too(tmp_path):
    helper = pathlib.Path(saved_model_copies.__file__)
    done = subprocess.run([KERAS_2, helper, PROGRAM, tmp_path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
