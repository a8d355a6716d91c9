"""Every optimizer: Keras trains, we go on from its state, and Keras goes on from ours, as if Keras had done it all."""

import keras
import numpy as np
import pytest

from conftest import run_program

ROWS, COLUMNS, UNITS = 12, 6, 4
FIRST, OURS, LAST = 4, 5, 3  # steps
schedules = keras.optimizers.schedules


@keras.saving.register_keras_serializable(package="Mine")
class Halving(schedules.LearningRateSchedule):
    def __init__(self, start, every):
        self.start, self.every = start, every

    def __call__(self, step):
        return self.start * 0.5 ** keras.ops.cast(step // self.every, "float32")

    def get_config(self):
        return {"start": self.start, "every": self.every}


OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": 0.05}),
    "momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True, "clipnorm": 0.5}),
    "adam": ("Adam", {"learning_rate": 0.02, "amsgrad": True, "global_clipnorm": 0.5}),
    "adamw": ("AdamW", {"learning_rate": 0.02, "weight_decay": 0.1}),
    "adamax": ("Adamax", {"learning_rate": 0.02}),
    "nadam": ("Nadam", {"learning_rate": 0.02}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.01, "momentum": 0.5, "centered": True, "epsilon": 0.001}),
    "adagrad": ("Adagrad", {"learning_rate": 0.05}),
    "adadelta": ("Adadelta", {"learning_rate": 1.0}),
    "ftrl": ("Ftrl", {"learning_rate": 0.05, "l1_regularization_strength": 0.01}),
    "lion": ("Lion", {"learning_rate": 0.005}),
    "lamb": ("Lamb", {"learning_rate": 0.02, "weight_decay": 0.01}),
    "adafactor": ("Adafactor", {"learning_rate": 0.05}),
    "muon": ("Muon", {"learning_rate": 0.01, "exclude_layers": ["last"]}),
    "averages": ("Adam", {"learning_rate": 0.02, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3}),
    "accumulation": ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "gradient_accumulation_steps": 3}),
    "loss_scale": ("Adam", {"learning_rate": 0.02, "loss_scale_factor": 64.0}),
    "dynamic_scale": ("LossScaleOptimizer", {"inner_optimizer": keras.optimizers.Adam(0.02), "initial_scale": 8.0, "dynamic_growth_steps": 3}),
    "cosine": ("SGD", {"learning_rate": schedules.CosineDecay(0.01, 9, warmup_target=0.1, warmup_steps=3), "momentum": 0.5}),
    "piecewise": ("Nadam", {"learning_rate": schedules.PiecewiseConstantDecay([2, 6], [0.05, 0.02, 0.01]), "use_ema": True}),
    "users_own": ("Adam", {"learning_rate": Halving(0.1, 4)}),
}


def wave(columns, row_step, column_step):
    return np.sin(row_step * np.arange(ROWS)[:, None] + column_step * np.arange(columns)).astype(np.float32)


def train(model, steps):
    losses = []
    for _ in range(steps):
        model.reset_metrics()
        losses.append(float(np.ravel(model.train_on_batch(wave(COLUMNS, 0.7, 1.3), wave(UNITS, 0.3, 0.9)))[0]))
    return losses


def make(case):
    class_name, options = OPTIMIZERS[case]
    model = keras.Sequential([keras.Input((COLUMNS,)), keras.layers.Dense(5, activation="relu", name="hidden"),
                              keras.layers.Dense(UNITS, name="last")], name="trained")
    optimizer = getattr(keras.optimizers, class_name)(**options)
    model.compile(optimizer=optimizer.from_config(optimizer.get_config()), loss="mse")  # an inner optimizer of its own
    return model


@pytest.mark.parametrize("case", sorted(OPTIMIZERS))
def test_training_goes_on_from_keras_to_us_and_back(case, tmp_path, recwarn):
    model = make(case)
    train(model, FIRST)
    model.save(tmp_path / "keras.keras")
    expected = train(model, OURS)
    iterations = int(model.optimizer.iterations)
    expected += train(model, LAST)
    losses = [float(word) for word in run_program("train_on", OURS, tmp_path / "keras.keras", tmp_path / "ours.keras").split()]
    np.testing.assert_allclose(losses, expected[:OURS], rtol=1e-4, atol=1e-5)

    again = keras.models.load_model(tmp_path / "ours.keras")
    assert int(again.optimizer.iterations) == iterations
    ours, theirs = again.optimizer.get_config(), model.optimizer.get_config()
    assert ours == theirs
    np.testing.assert_allclose(train(again, LAST), expected[OURS:], rtol=1e-4, atol=1e-5)
    assert [(v.dtype, v.shape) for v in again.optimizer.variables] == [(v.dtype, v.shape) for v in model.optimizer.variables]
    for mine, other in zip(again.optimizer.variables, model.optimizer.variables):
        np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=1e-3, atol=1e-5, err_msg=other.name)
    assert not [w for w in recwarn if "optimizer" in str(w.message)]


@pytest.mark.parametrize("case", ["adam", "cosine", "nadam"])
def test_a_model_that_took_no_step_comes_back_and_trains(case, tmp_path):
    model = make(case)
    model.save(tmp_path / "keras.keras")
    losses = [float(word) for word in run_program("train_on", OURS, tmp_path / "keras.keras", tmp_path / "ours.keras").split()]
    np.testing.assert_allclose(losses, train(model, OURS), rtol=1e-4, atol=1e-5)


# A policy, the steps of each of the three parts, and how far apart two ways of rounding may lie.
POLICIES = {"float64": (FIRST, OURS, LAST, 1e-5), "bfloat16": (2, 2, 1, 6e-2), "float16": (2, 2, 1, 1e-2)}


@pytest.mark.parametrize("policy", sorted(POLICIES))
@pytest.mark.parametrize("case", ["sgd", "momentum", "adamw", "nadam", "rmsprop", "ftrl", "lamb", "adafactor", "averages", "accumulation", "loss_scale",
                                  "dynamic_scale"])
def test_variables_of_other_dtypes_train_in_their_own(case, policy, tmp_path):
    first, ours, last, tolerance = POLICIES[policy]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = make(case)
    finally:
        keras.config.set_dtype_policy(before)
    train(model, first)
    model.save(tmp_path / "keras.keras")
    expected = train(model, ours)
    losses = [float(word) for word in run_program("train_on", ours, tmp_path / "keras.keras", tmp_path / "ours.keras").split()]
    np.testing.assert_allclose(losses, expected, rtol=tolerance, atol=tolerance)

    again = keras.models.load_model(tmp_path / "ours.keras")
    assert [(v.dtype, v.shape) for v in again.weights + again.optimizer.variables] == [(v.dtype, v.shape) for v in model.weights + model.optimizer.variables]
    for mine, other in zip(again.weights + again.optimizer.variables, model.weights + model.optimizer.variables):
        np.testing.assert_allclose(numbers(mine), numbers(other), rtol=tolerance, atol=tolerance, err_msg=other.name)
    np.testing.assert_allclose(train(again, last), train(model, last), rtol=tolerance, atol=tolerance)


def numbers(variable):
    return np.asarray(keras.ops.cast(variable, "float64"))
