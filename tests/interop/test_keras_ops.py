"""Functional models with our ops between the layers: Keras opens them and computes the same."""

import keras
import numpy as np
import pytest


def wave(shape, step):
    return np.sin(step * np.arange(np.prod(shape)) + 0.3).astype(np.float32).reshape(shape)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """{op: (file, numbers of the outputs)}"""
    from conftest import run_program

    folder = tmp_path_factory.mktemp("ops")
    table = {}
    for line in run_program("save_ops", folder).splitlines():
        name, *numbers = line.split()
        table[name] = (folder / f"{name}.keras", np.array(numbers, dtype=np.float64))
    return table


def test_keras_computes_the_same_with_our_ops(saved):
    assert len(saved) > 130
    wrong = []
    for name, (path, numbers) in saved.items():
        model = keras.models.load_model(path)
        outputs = keras.tree.flatten(model([wave((2, 3, 4), 1.7), wave((2, 4), 2.3)]))
        theirs = np.concatenate([np.ravel(np.asarray(y)).astype(np.float64) for y in outputs])
        if theirs.shape != numbers.shape or not np.allclose(theirs, numbers, rtol=1e-5, atol=1e-5):
            wrong.append((name, theirs, numbers))
    assert not wrong
