"""Graphs with loops, branches and lists of tensors run here: the same numbers, gradients, assignments and steps of training as in TensorFlow, for several sizes of the
batch; and saved again, for TensorFlow to read.

Keras 2's are tried, too, if NAMESAKE_KERAS2_PYTHON names a Python that has it.
"""

import os
import subprocess

import numpy as np
import pytest
import tensorflow as tf

import flow_models
import saved_model_reading

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")


@pytest.fixture(scope="module")
def recurrent(tmp_path_factory):
    return list(flow_models.recurrent_jobs(tmp_path_factory.mktemp("recurrent")))


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    return list(flow_models.program_jobs(tmp_path_factory.mktemp("programs")))


def test_recurrent_layers_of_keras_run_and_give_the_same_gradients(program, recurrent):
    saved_model_reading.compare(program, recurrent)


def test_a_step_of_training_on_recurrent_layers_is_tensorflows(program, recurrent):
    saved_model_reading.train_a_step(program, flow_models.of_one_batch(recurrent))


def test_recurrent_layers_read_and_saved_here_are_the_same_to_tensorflow(program, recurrent):
    saved_model_reading.save_again(program, flow_models.of_one_batch(recurrent))


def test_functions_with_loops_and_branches_run_and_give_the_same_gradients(program, programs):
    saved_model_reading.compare(program, programs)
    assert sum(flow_models.check_variables(job) for job in programs) >= 6


def test_a_step_of_training_on_functions_with_loops_is_tensorflows(program, programs):
    saved_model_reading.train_a_step(program, flow_models.of_one_batch(programs))


def test_functions_with_loops_read_and_saved_here_are_the_same_to_tensorflow(program, programs):
    saved_model_reading.save_again(program, flow_models.of_one_batch(programs))


def test_recurrent_layers_stand_in_functional_models_of_ours(program, recurrent):
    shapes = {"lstm": (-1, 3), "sequences": (-1, 6, 2), "masked_both_ways": (-1, 2), "states": (-1, 3)}
    jobs = [job for job in flow_models.of_one_batch(recurrent) if job.folder.name[:-2] in shapes]
    program("run_graph", "inside", *[word for job in jobs for word in (job.folder, job.x, job.out("inside"))])
    for job in jobs:
        (name, expected), = job.of_tensorflow().items()
        with np.load(job.out("inside")) as found:
            assert tuple(found[f"shape:{name}"]) == shapes[job.folder.name[:-2]], job.folder.name
            np.testing.assert_allclose(found[name], 2 * expected, rtol=2e-5, atol=2e-5, err_msg=job.folder.name)
        saved = saved_model_reading.load(f"{job.out('inside')}_model").signatures["serving_default"]
        (key,), (value,) = saved.structured_input_signature[1], job.inputs.values()
        (again,) = saved(**{key: tf.constant(value)}).values()
        np.testing.assert_allclose(again, 2 * expected, rtol=2e-5, atol=2e-5, err_msg=job.folder.name)


@pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON names no Python with Keras 2")
def test_recurrent_layers_of_keras_2_run_train_and_come_back(tmp_path):
    done = subprocess.run([KERAS_2, flow_models.__file__, tmp_path], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
