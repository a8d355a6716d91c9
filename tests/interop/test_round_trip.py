"""Two hundred random models: Keras saves, we load and save, Keras opens: equal names, variables and predictions."""

import keras
import numpy as np
import pytest

from same import input_for, keras_prediction, layer_names, our_prediction, variable_names
from zoo import random_model

COUNT = 200


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """For each seed: the folder with original.keras and again.keras, and what Keras knew when it saved the first."""
    from conftest import run_program

    root = tmp_path_factory.mktemp("round_trip")
    known, pairs = {}, []
    for seed in range(COUNT):
        folder = root / str(seed)
        folder.mkdir()
        model = random_model(seed)
        model.save(folder / "original.keras")
        x = input_for(model, seed=seed)
        known[seed] = (folder, x, keras_prediction(model, x), layer_names(model), variable_names(model), model.name)
        pairs += [folder / "original.keras", folder / "again.keras"]
    run_program("resave", *pairs)
    return known


def test_the_models_are_of_many_kinds(files):
    names = [name for _, _, _, layers, _, _ in files.values() for name in layers]
    assert sum("/" in name for name in names) > COUNT
    assert any(name.startswith("dropout") for name in names) and any(name.startswith("flatten") for name in names)
    assert sum(len({shape for _, _, shape in variables}) < len(variables) for _, _, _, _, variables, _ in files.values()) > COUNT / 2


def test_we_predict_what_keras_predicts(files):
    for seed, (folder, x, y, _, _, _) in files.items():
        ours = our_prediction(folder / "original.keras", x, folder)
        np.testing.assert_allclose(ours, y, rtol=1e-5, atol=1e-5, err_msg=f"seed {seed}")


def test_keras_reads_back_the_same_model(files):
    for seed, (folder, x, y, layers, variables, name) in files.items():
        keras.utils.clear_session(free_memory=False)
        model = keras.models.load_model(folder / "again.keras")
        assert model.name == name, f"seed {seed}"
        assert layer_names(model) == layers, f"seed {seed}"
        assert variable_names(model) == variables, f"seed {seed}"
        np.testing.assert_allclose(keras_prediction(model, x), y, rtol=1e-6, atol=1e-6, err_msg=f"seed {seed}")


def test_the_second_pass_changes_no_byte(files, program):
    chosen = [folder for folder, *_ in list(files.values())[::10]]
    program("resave", *(path for folder in chosen for path in (folder / "again.keras", folder / "thrice.keras")))
    for folder in chosen:
        assert (folder / "thrice.keras").read_bytes() == (folder / "again.keras").read_bytes(), folder
