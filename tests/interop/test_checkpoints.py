"""Checkpoints: what TensorFlow wrote, read by our programs; what they wrote, restored by TensorFlow, with nothing left over.

TensorFlow 2.15 with Keras 2 is tried if NAMESAKE_KERAS2_PYTHON names a Python that has it.
"""

import fcntl
import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from conftest import ROOT, run_program

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")
HELPER = pathlib.Path(__file__).with_name("keras2_checkpoints.py")
X = np.linspace(-1, 1, 20, dtype="f").reshape(5, 4)
Y = np.ones((5, 2), "f")


def sequential():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh", name="dense_1"), keras.layers.Dropout(0.0),
                             keras.layers.BatchNormalization(name="norm"), keras.layers.Dense(2, name="dense_2")], name="model_0")


def functional():
    x = keras.Input((4,), name="x")
    shared = keras.layers.Dense(4, name="shared")
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, name="a"), keras.layers.Dense(4, name="b")], name="encoder")
    total = keras.layers.Add(name="sum")([shared(inner(x)), shared(x)])
    return keras.Model(x, keras.layers.Dense(2, name="head")(total + x), name="nested")


def recurrent():
    x = keras.Input((4,), name="x")
    steps = keras.layers.Masking(name="mask")(keras.layers.Reshape((2, 2), name="steps")(x))
    steps = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True, name="lstm"), name="both")(steps)
    steps = keras.layers.RNN(keras.layers.GRUCell(3, name="own"), return_sequences=True, name="rnn")(steps)
    return keras.Model(x, keras.layers.Dense(2, name="head")(keras.layers.SimpleRNN(2, name="simple")(steps)), name="recurrent")


OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.01, amsgrad=True),
    "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adagrad": lambda: keras.optimizers.Adagrad(0.01),
    "adadelta": lambda: keras.optimizers.Adadelta(0.01),
    "adamax": lambda: keras.optimizers.Adamax(0.01),
    "nadam": lambda: keras.optimizers.Nadam(0.01),
    "ftrl": lambda: keras.optimizers.Ftrl(0.01),
    "lion": lambda: keras.optimizers.Lion(0.01),
    "lamb": lambda: keras.optimizers.Lamb(0.01),
    "adafactor": lambda: keras.optimizers.Adafactor(0.01),
    "average": lambda: keras.optimizers.Adam(0.01, use_ema=True),
    "schedule": lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)),
}


def compiled(build, optimizer):
    model = build()
    model.compile(OPTIMIZERS[optimizer](), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def state(model):
    """Every number that training goes on from: an optimizer around another has a count and a rate of its own, and uses neither."""
    unused = 2 if isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) else 0
    return [np.array(v) for v in list(model.weights) + list(model.optimizer.variables)[unused:]]


def expect_equal(ours, theirs):
    assert len(ours) == len(theirs)
    for i, (a, b) in enumerate(zip(ours, theirs)):
        np.testing.assert_array_equal(a, b, err_msg=str(i))


@pytest.mark.parametrize("build, optimizer", [*((build, name) for build in (sequential, functional) for name in OPTIMIZERS), (recurrent, "adam")])
def test_checkpoints_of_keras_3(build, optimizer, tmp_path):
    model = compiled(build, optimizer)
    model.save(tmp_path / "fresh.keras")
    model.fit(X, Y, epochs=2, verbose=0)
    tf.train.Checkpoint(model=model).write(str(tmp_path / "theirs"))
    run_program("checkpoints", "load", tmp_path / "fresh.keras", tmp_path / "theirs", tmp_path / "filled.keras")
    expect_equal(state(keras.models.load_model(tmp_path / "filled.keras")), state(model))

    run_program("checkpoints", "save", tmp_path / "filled.keras", tmp_path / "ours")
    restored = compiled(build, optimizer)
    tf.train.Checkpoint(restored).read(str(tmp_path / "ours")).assert_consumed()
    expect_equal(state(restored), state(model))
    assert restored.train_on_batch(X, Y) == pytest.approx(model.train_on_batch(X, Y), rel=1e-6)


def test_a_managed_run_goes_there_and_back(tmp_path):
    model = compiled(sequential, "adam")
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    run_program("checkpoints", "train", tmp_path / "model.keras", tmp_path / "run")
    restored, step = compiled(sequential, "adam"), tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(model=restored, step=step)
    manager = tf.train.CheckpointManager(checkpoint, str(tmp_path / "run"), max_to_keep=2)
    assert [pathlib.Path(path).name for path in manager.checkpoints] == ["ckpt-2", "ckpt-3"]
    checkpoint.restore(tf.train.latest_checkpoint(str(tmp_path / "run"))).assert_consumed()
    assert int(step) == 5 and int(checkpoint.save_counter) == 3
    expect_equal(state(restored), state(model))
    restored.fit(X, Y, epochs=1, verbose=0)
    step.assign(17)
    assert pathlib.Path(manager.save()).name == "ckpt-4"
    out = run_program("checkpoints", "resume", tmp_path / "model.keras", tmp_path / "run", tmp_path / "resumed.keras")
    assert "step 17" in out
    expect_equal(state(keras.models.load_model(tmp_path / "resumed.keras")), state(restored))


def test_a_module_finds_its_variables_by_attribute(tmp_path):
    model = compiled(functional, "adam")
    model.save(tmp_path / "model.keras")
    run_program("checkpoints", "save", tmp_path / "model.keras", tmp_path / "ours")

    class Part(tf.Module):
        pass

    root = Part()
    root.encoder, root.encoder.a = Part(), Part()
    root.encoder.a.kernel = tf.Variable(tf.zeros((4, 4)))
    root.head = Part()
    root.head.bias = tf.Variable(tf.ones(2))
    tf.train.Checkpoint(root).read(str(tmp_path / "ours")).expect_partial().assert_existing_objects_matched()
    np.testing.assert_array_equal(root.encoder.a.kernel, model.get_layer("encoder").get_layer("a").kernel)
    np.testing.assert_array_equal(root.head.bias, model.get_layer("head").bias)


def test_the_command_knows_checkpoints(tmp_path):
    model = compiled(sequential, "adam")
    model.save(tmp_path / "model.keras")
    report = json.loads(run_program("namesake", "convert", tmp_path / "model.keras", tmp_path / "weights.ckpt", "--json"))
    assert report["equal"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.keras", "weights.ckpt.data-00000-of-00001", "weights.ckpt.index"]
    for name in ("weights.ckpt", "weights.ckpt.index"):
        listing = json.loads(run_program("namesake", "inspect", tmp_path / name, "--json"))
        assert listing["format"] == "checkpoint"
        listed = {row["stored_as"]: (row["shape"], row["dtype"]) for row in listing["weights"] + listing["optimizer"]}
        reader = tf.train.load_checkpoint(str(tmp_path / "weights.ckpt"))
        dtypes = reader.get_variable_to_dtype_map()
        assert listed == {key: (shape, dtypes[key].name) for key, shape in reader.get_variable_to_shape_map().items() if not key.startswith("_")}
    model.fit(X, Y, epochs=1, verbose=0)
    tf.train.Checkpoint(model=model).write(str(tmp_path / "trained"))
    run_program("namesake", "convert", tmp_path / "trained", tmp_path / "trained.keras", "--model", tmp_path / "model.keras")
    expect_equal(state(keras.models.load_model(tmp_path / "trained.keras")), state(model))


@pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON is not set")
def test_checkpoints_of_keras_2(tmp_path):
    subprocess.run([KERAS_2, HELPER, "write", tmp_path], check=True, timeout=300)
    names = sorted(path.stem for path in tmp_path.glob("*.keras"))
    assert len(names) == 12
    for name in names:
        for prefix in (name, f"{name}_legacy"):
            if not (tmp_path / f"{prefix}.index").exists():
                continue
            notes = run_program("checkpoints", "load", tmp_path / f"{name}.keras", tmp_path / prefix, tmp_path / f"{prefix}_filled.keras")
            assert "not loaded" not in notes, f"{prefix}: {notes}"
            filled = keras.models.load_model(tmp_path / f"{prefix}_filled.keras")
            np.testing.assert_allclose(filled.predict(X, verbose=0), np.load(tmp_path / f"{prefix}.npy"), atol=1e-5, err_msg=prefix)
            assert int(filled.optimizer.iterations) == 2
            if name == "scaled":
                assert (int(filled.optimizer.step_counter), float(filled.optimizer.dynamic_scale)) == (2, 1024.0)
        run_program("checkpoints", "save", tmp_path / f"{name}_filled.keras", tmp_path / f"ours_{name}")
    run_program("checkpoints", "train", tmp_path / "adam_filled.keras", tmp_path / "ours_run")
    subprocess.run([KERAS_2, HELPER, "check", tmp_path], check=True, timeout=300)


def test_tensorflow_reads_data_under_another_number(tmp_path):
    """As a kill can leave them, or a save while the folder is locked: nobody needs the other data file that the number speaks of."""
    model = compiled(sequential, "adam")
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    run_program("checkpoints", "save", tmp_path / "model.keras", tmp_path / "ours")
    os.close(folder)
    names = [path.name for path in tmp_path.glob("ours.data*")]
    assert len(names) == 1 and not names[0].endswith("-of-00001"), names
    restored = compiled(sequential, "adam")
    tf.train.Checkpoint(restored).read(str(tmp_path / "ours")).assert_consumed()
    expect_equal(state(restored), state(model))
    assert len(tf.train.list_variables(str(tmp_path / "ours"))) > 10
    run_program("checkpoints", "save", tmp_path / "model.keras", tmp_path / "ours")
    assert [path.name for path in tmp_path.glob("ours.data*")] == ["ours.data-00000-of-00001"]


# Keras 3's optimizers that go on from the state of TensorFlow 1's; their epsilon is added before the root.
V1_TWINS = {
    "adam": lambda: keras.optimizers.Adam(0.01, epsilon=1e-8),
    "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01),
    "centered": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adagrad": lambda: keras.optimizers.Adagrad(0.01),
    "adadelta": lambda: keras.optimizers.Adadelta(0.01),
    "ftrl": lambda: keras.optimizers.Ftrl(0.01),
    "sgd": lambda: keras.optimizers.SGD(0.01),
}


@pytest.mark.parametrize("python", [pytest.param(sys.executable, id="this"),
                                    pytest.param(KERAS_2, id="2.15", marks=pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON is not set"))])
def test_the_saver_of_tensorflow_1_there_and_back(python, tmp_path):
    helper = HELPER.with_name("v1_checkpoints.py")
    subprocess.run([python, helper, "write", tmp_path], check=True, timeout=300)
    for name, optimizer in V1_TWINS.items():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh", name="dense_1"), keras.layers.Dense(2, name="dense_2")])
        model.compile(optimizer(), "mse")
        model.optimizer.build(model.trainable_variables)
        model.save(tmp_path / f"{name}.keras")
        notes = run_program("checkpoints", "load", tmp_path / f"{name}.keras", tmp_path / name, tmp_path / f"{name}_filled.keras")
        assert notes == "", f"{name}: {notes}"
        filled = keras.models.load_model(tmp_path / f"{name}_filled.keras")
        assert int(filled.optimizer.iterations) == 3, name
        run_program("checkpoints", "save_named", tmp_path / f"{name}_filled.keras", tmp_path / f"ours_{name}")
        filled.optimizer.apply([tf.convert_to_tensor(v) for v in filled.trainable_variables], filled.trainable_variables)
        expected = np.load(tmp_path / f"{name}.npz")
        for variable, word in zip(filled.trainable_variables, ("dense_1_kernel", "dense_1_bias", "dense_2_kernel", "dense_2_bias")):
            np.testing.assert_allclose(np.array(variable), expected[word], rtol=1e-5, atol=1e-6, err_msg=f"{name}: {word}")
    subprocess.run([python, helper, "check", tmp_path], check=True, timeout=300)


def test_golden_checkpoints_are_listed():
    for name in ("keras2_weights", "partitioned", "sharded"):
        listing = json.loads(run_program("namesake", "inspect", ROOT / "tests" / "golden" / "checkpoints" / name, "--json"))
        assert listing["format"] == "checkpoint" and listing["weights"]


def test_the_state_of_tensorflow_1_is_listed_apart():
    listing = json.loads(run_program("namesake", "inspect", ROOT / "tests" / "golden" / "checkpoints" / "v1_adam", "--json"))
    assert sorted(row["path"] for row in listing["weights"]) == ["net/dense_1/bias", "net/dense_1/kernel", "net/dense_2/bias", "net/dense_2/kernel"]
    assert len(listing["optimizer"]) == 10
