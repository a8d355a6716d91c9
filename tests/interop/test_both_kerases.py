"""One file for Keras 2 and Keras 3: `.h5`, and `.keras` saved for Keras 2. Both open what we say they open, predict the same, and train.

Keras 2 is tried if NAMESAKE_KERAS2_PYTHON names a Python that has TensorFlow 2.15 and h5py.
"""

import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from conftest import BIN, run_program
from layer_table import OF_APPLICATIONS, rows
from test_layers import draw_weights, inputs_of, model_around
from zoo import random_model

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")
HERE = pathlib.Path(__file__).resolve().parent
L = keras.layers
# Every row of the table that has words in both; the others must say so. A cell that is called by itself has its states in other places, and each
# Keras finds the value of a MultiHeadAttention in its own words alone.
NOT_IN_KERAS_2 = {"Cell", "GroupQueryAttention", "MultiHeadAttention", "RMSNormalization", "hard_sigmoid", *OF_APPLICATIONS}


def dense_model(name):
    x = keras.Input((4,))
    return keras.Model(x, L.Dense(4, activation="tanh", name="inside")(x), name=name)


def nested():
    """Functional models in a model, called twice, one inside another."""
    core, other = dense_model("core"), dense_model("other")
    b, c = keras.Input((4,)), keras.Input((4,))
    middle = keras.Model([b, c], [L.Add()([core(b), core(c)]), L.Dense(2)(core(b))], name="middle")
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    first, small = middle([x, y])
    second, _ = middle([first, x])
    tail = keras.Sequential([L.Dense(3), L.BatchNormalization()], name="tail")
    return keras.Model([x, y], [tail(second), small, other(other(first))], name="nested")


def ending_in_a_model():
    core = dense_model("core")
    y = keras.Input((4,))
    return keras.Model(y, core(core(y)), name="outer")


def with_masks():
    """Keras 3 writes the masks as arguments that operations compute, Keras 2 hands them on by itself."""
    words, steps = keras.Input((6,), dtype="int32"), keras.Input((4, 3))
    vectors = L.Embedding(7, 3, mask_zero=True)(words)
    hidden = L.LSTM(3, return_sequences=True)(L.Dropout(0.1)(vectors))
    masked = L.Masking(0.0)(steps)
    return keras.Model([words, steps], [L.GRU(2)(hidden), L.GlobalAveragePooling1D()(L.Add()([vectors, hidden])), L.SimpleRNN(2)(L.Dense(3)(masked))])


def models():
    for index, row in enumerate(rows()):
        keras.utils.clear_session(free_memory=False)
        yield f"{index}-{row[0]}", model_around(row, sequential=index % 2 == 1)[0]
    for seed in range(12):
        yield f"zoo-{seed}", random_model(seed)
    for build in (nested, ending_in_a_model, with_masks):
        keras.utils.clear_session(free_memory=False)
        yield build.__name__, build()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("both")
    cases = []
    for index, (name, model) in enumerate(models()):
        rng = np.random.default_rng(index)
        draw_weights(model, rng)
        xs = inputs_of(model, rng)
        ys = keras.tree.flatten(model(xs if len(xs) > 1 else xs[0], training=False))
        train = bool(model.trainable_variables) and all(x.dtype == np.float32 for x in xs)
        if train:
            model.compile(keras.optimizers.Adam(0.01), "mse")
        model.save(folder / f"{name}.keras")
        arrays = {**{f"x{i}": x for i, x in enumerate(xs)}, **{f"y{i}": keras.ops.convert_to_numpy(y) for i, y in enumerate(ys)}}
        np.savez(folder / f"{name}.npz", **arrays)
        report = json.loads(run_program("namesake", "convert", folder / f"{name}.keras", folder / f"{name}.h5", "--json"))
        assert report["equal"]
        cases.append({"name": name, "arrays": str(folder / f"{name}.npz"), "train": train, "report": report})
    return folder, cases


def opened(python, cases):
    done = subprocess.run([python, HERE / "open_in_keras.py"], input=json.dumps(cases), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def without_words(name, report):
    """Of both: an argument that is a tensor has words in each alone."""
    return any(word in name for word in NOT_IN_KERAS_2) or any("hard_sigmoid" in note or "finds no tensor" in note for note in report["notes"])


def test_the_report_says_which_keras_opens_the_file(files):
    for case in files[1]:
        expected = ["Keras 3"] if without_words(case["name"], case["report"]) else ["Keras 3", "Keras 2"]
        assert case["report"]["opened_by"] == expected, (case["name"], case["report"]["notes"])


@pytest.mark.parametrize("python", [sys.executable, KERAS_2], ids=["keras3", "keras2"])
def test_h5_files_open_in_both(python, files):
    if python is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    version = "Keras 2" if python == KERAS_2 else "Keras 3"
    folder, cases = files
    asked = [{**case, "file": str(folder / f"{case['name']}.h5")} for case in cases if version in case["report"]["opened_by"]]
    assert len(asked) > 80
    answers = opened(python, asked)
    assert not {case["name"]: answer for case, answer in zip(asked, answers) if answer}


@pytest.mark.parametrize("python", [sys.executable, KERAS_2], ids=["keras3", "keras2"])
def test_keras_files_for_keras_2_open_in_both(python, files):
    if python is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    folder, cases = files
    (folder / "for2").mkdir(exist_ok=True)
    asked = [{**case, "file": str(folder / "for2" / f"{case['name']}.keras")} for case in cases if "Keras 2" in case["report"]["opened_by"]]
    for case in asked:
        run_program("to_common", folder / f"{case['name']}.keras", case["file"])
    answers = opened(python, asked)
    assert not {case["name"]: answer for case, answer in zip(asked, answers) if answer}


def tensors_as_arguments():
    x, h, c = keras.Input((5, 4)), keras.Input((4,)), keras.Input((4,))
    y, *states = L.LSTM(4, return_sequences=True, return_state=True)(x, initial_state=[h, c])
    attended = L.MultiHeadAttention(2, 3)(y, x, key=x, use_causal_mask=True)
    return keras.Model([x, h, c], [L.GRU(4)(attended, initial_state=states[0]), states[1]])


def test_arguments_that_are_tensors_are_written_for_keras_2_alone(tmp_path):
    model = tensors_as_arguments()
    rng = np.random.default_rng(7)
    draw_weights(model, rng)
    xs = inputs_of(model, rng)
    np.savez(tmp_path / "m.npz", **{f"x{i}": x for i, x in enumerate(xs)}, **{f"y{i}": keras.ops.convert_to_numpy(y) for i, y in enumerate(model(xs))})
    model.save(tmp_path / "m.keras")
    report = json.loads(run_program("namesake", "convert", tmp_path / "m.keras", tmp_path / "3.h5", "--json"))
    assert report["opened_by"] == ["Keras 3"] and any("with the option keras2 it can" in note for note in report["notes"])
    cases = [{"name": kind, "file": str(tmp_path / f"2.{kind}"), "arrays": str(tmp_path / "m.npz"), "train": False} for kind in ("h5", "keras")]
    for case in cases:
        assert json.loads(run_program("namesake", "convert", tmp_path / "m.keras", case["file"], "--keras2", "--json"))["opened_by"] == ["Keras 2"]
    assert not any(opened(sys.executable, [{**cases[0], "file": str(tmp_path / "3.h5")}]))
    if KERAS_2 is not None:
        assert not any(opened(KERAS_2, cases))


def test_what_keras_2_has_not_is_refused_for_it(files):
    folder, cases = files
    case = next(case for case in cases if "RMSNormalization" in case["name"])
    done = subprocess.run([BIN / "namesake", "convert", folder / f"{case['name']}.keras", folder / "no.keras", "--keras2"], capture_output=True, text=True)
    assert done.returncode == 2 and "Keras 2 has no RMSNormalization" in done.stderr
    assert not (folder / "no.keras").exists()


OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": 0.05}),
    "momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True, "clipnorm": 0.5}),
    "adam": ("Adam", {"learning_rate": 0.02, "amsgrad": True, "global_clipnorm": 0.5, "name": "adam"}),
    "adamw": ("AdamW", {"learning_rate": 0.02, "weight_decay": 0.1}),
    "adamax": ("Adamax", {"learning_rate": 0.02}),
    "nadam": ("Nadam", {"learning_rate": 0.02}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.01, "momentum": 0.5, "centered": True, "epsilon": 0.001}),
    "adagrad": ("Adagrad", {"learning_rate": 0.05}),
    "adadelta": ("Adadelta", {"learning_rate": 1.0}),
    "ftrl": ("Ftrl", {"learning_rate": 0.05, "l1_regularization_strength": 0.01}),
    "lion": ("Lion", {"learning_rate": 0.005}),
    "averages": ("Adam", {"learning_rate": 0.02, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3}),
    "cosine": ("SGD", {"learning_rate": keras.optimizers.schedules.CosineDecay(0.01, 9, warmup_target=0.1, warmup_steps=3), "momentum": 0.5}),
    "piecewise": ("Adam", {"learning_rate": keras.optimizers.schedules.PiecewiseConstantDecay([2, 6], [0.05, 0.02, 0.01])}),
}
FORGOTTEN_BY_KERAS_2 = {"nadam"}  # the product of its momentums
STEPS = 4
GO_ON = """
import json, sys
import keras, numpy as np
answers = {}
for name, files in json.loads(sys.argv[1]).items():
    answers[name] = []
    for file in files:
        model = keras.models.load_model(file)
        with np.load(sys.argv[2]) as arrays:
            x, y = arrays["x"], arrays["y"]
        losses = []
        for _ in range(4):
            model.reset_metrics()
            losses.append(float(np.ravel(model.train_on_batch(x, y))[0]))
        answers[name].append([int(model.optimizer.iterations), losses])
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Models that took some steps in Keras 3, its next losses, and our files of them."""
    folder = tmp_path_factory.mktemp("trained")
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(12, 6)).astype(np.float32), rng.normal(size=(12, 4)).astype(np.float32)
    np.savez(folder / "data.npz", x=x, y=y)
    expected = {}
    for name, (class_name, options) in OPTIMIZERS.items():
        keras.utils.clear_session(free_memory=False)
        model = keras.Sequential([keras.Input((6,)), L.Dense(5, activation="tanh", name="hidden"), L.Dense(4, name="last")], name="trained")
        model.compile(getattr(keras.optimizers, class_name)(**options), "mse", metrics=["mae"])
        for _ in range(STEPS):
            model.train_on_batch(x, y)
        model.save(folder / f"{name}.keras")
        run_program("namesake", "convert", folder / f"{name}.keras", folder / f"{name}.h5")
        run_program("namesake", "convert", folder / f"{name}.keras", folder / f"{name}_2.h5", "--keras2")
        run_program("namesake", "convert", folder / f"{name}.keras", folder / f"{name}_2.keras", "--keras2")
        expected[name] = []
        for _ in range(STEPS):
            model.reset_metrics()
            expected[name].append(float(model.train_on_batch(x, y)[0]))
    return folder, expected


def gone_on(python, folder, files):
    done = subprocess.run([python, "-c", GO_ON, json.dumps(files), folder / "data.npz"], capture_output=True, text=True, timeout=600,
                          env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    assert done.returncode == 0, done.stderr[-3000:]
    assert "fresh" not in done.stderr, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON is not set")
def test_keras_2_goes_on_training_with_the_state_of_files_for_it(trained):
    folder, expected = trained
    for name, both in gone_on(KERAS_2, folder, {name: [str(folder / f"{name}_2.{kind}") for kind in ("h5", "keras")] for name in OPTIMIZERS}).items():
        for iterations, losses in both:
            assert iterations == 2 * STEPS, name
            tolerance = 0.05 if name in FORGOTTEN_BY_KERAS_2 else 1e-4
            np.testing.assert_allclose(losses, expected[name], rtol=tolerance, err_msg=name)


@pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON is not set")
def test_keras_2_goes_on_where_the_command_trained_its_file(trained):
    folder, expected = trained
    run_program("namesake", "train", folder / "adam_2.h5", "--data", folder / "data.npz", "-o", folder / "on.h5", "--keras2", "--no-shuffle")
    [(iterations, losses)] = gone_on(KERAS_2, folder, {"adam": [str(folder / "on.h5")]})["adam"]
    assert iterations == 2 * STEPS + 1
    np.testing.assert_allclose(losses[:-1], expected["adam"][1:], rtol=1e-4)


@pytest.mark.parametrize("python", [sys.executable, KERAS_2], ids=["keras3", "keras2"])
def test_both_train_from_plain_h5_files(python, trained):
    """Without the state, which Keras 3 could not train with; AdamW, Lion and averages are not among the optimizers that Keras 2 looks at there."""
    if python is None:
        pytest.skip("NAMESAKE_KERAS2_PYTHON is not set")
    folder, expected = trained
    names = [name for name in OPTIMIZERS if python != KERAS_2 or name not in ("adamw", "lion", "averages")]
    for name, [(iterations, losses)] in gone_on(python, folder, {name: [str(folder / f"{name}.h5")] for name in names}).items():
        assert iterations == STEPS, name
        assert losses[0] == pytest.approx(expected[name][0], rel=1e-4), name
        assert losses[-1] < losses[0] or name == "ftrl", name  # it begins with fresh accumulators
