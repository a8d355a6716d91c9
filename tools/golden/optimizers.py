"""tests/golden/optimizers: ten steps of every optimizer on given gradients, and the values of learning rate schedules.

optimizers.json: {"cases": [{"case", "optimizer": Keras's serialized object, "exclude": parts of names without weight decay,
                             "missing": [[step, variable], ...] without a gradient, "constraint": one on the first variable,
                             "infinite": steps whose first gradient is divided by 0,
                             "averaged": finalize_variable_values() at the end, "state": [[name, dtype, shape], ...]}]}
optimizers.npz: `initial/<i>` and `gradients/<i>` (10, ...) of each variable i; for each case `<case>/after` (10, numbers of all
variables), after each step, and `<case>/state`, all numbers of the state after the last one, as float32.
dtypes.json, dtypes.npz: the same for variables of other dtypes ("dtype"), with as many "steps"; `<case>/after` and `<case>/state` are
those after the last one, as float64.
schedules.json: {"cases": [{"case", "schedule": Keras's serialized object, "steps": [...], "values": [...]}]}
"""

import keras
import numpy as np
import tensorflow as tf

from golden.common import rng_for, write_arrays, write_rows

STEPS = 10
SHAPES = {"kernel": (3, 4), "bias": (5,), "matrix": (3, 2), "scalar": ()}
schedules = keras.optimizers.schedules

SETTINGS = {
    "weight_decay": {"weight_decay": 0.05}, "clipnorm": {"clipnorm": 0.6}, "clipvalue": {"clipvalue": 0.3},
    "global_clipnorm": {"global_clipnorm": 1.1}, "ema": {"use_ema": True, "ema_momentum": 0.7},
    "ema_overwrite": {"use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 3},
    "accumulation": {"gradient_accumulation_steps": 3}, "loss_scale": {"loss_scale_factor": 8.0},
    "everything": {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2, "ema_momentum": 0.8,
                   "loss_scale_factor": 0.5, "clipnorm": 0.9, "weight_decay": 0.03},
}
OPTIMIZERS = {
    "SGD": {"plain": {"learning_rate": 0.1}, "momentum": {"learning_rate": 0.1, "momentum": 0.9},
            "nesterov": {"learning_rate": 0.1, "momentum": 0.7, "nesterov": True}},
    "Adam": {"fast": {"learning_rate": 0.05}, "amsgrad": {"learning_rate": 0.05, "amsgrad": True, "beta_2": 0.5},
             "odd": {"learning_rate": 0.02, "beta_1": 0.35, "beta_2": 0.8, "epsilon": 0.01}},
    "AdamW": {"fast": {"learning_rate": 0.05, "weight_decay": 0.1}, "amsgrad": {"learning_rate": 0.05, "amsgrad": True, "beta_2": 0.5}},
    "Adamax": {"fast": {"learning_rate": 0.05}, "odd": {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.6, "epsilon": 0.01}},
    "Nadam": {"fast": {"learning_rate": 0.05}, "odd": {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.7, "epsilon": 0.01}},
    "RMSprop": {"fast": {"learning_rate": 0.05}, "momentum": {"learning_rate": 0.02, "rho": 0.7, "momentum": 0.8},
                "centered": {"learning_rate": 0.02, "centered": True, "epsilon": 0.001},
                "centered_momentum": {"learning_rate": 0.02, "rho": 0.6, "centered": True, "momentum": 0.4, "epsilon": 0.01}},
    "Adagrad": {"fast": {"learning_rate": 0.1}, "odd": {"learning_rate": 0.2, "initial_accumulator_value": 0.0, "epsilon": 0.01}},
    "Adadelta": {"fast": {"learning_rate": 1.0}, "odd": {"learning_rate": 2.0, "rho": 0.6, "epsilon": 0.01}},
    "Ftrl": {"fast": {"learning_rate": 0.1},
             "odd": {"learning_rate": 0.2, "l1_regularization_strength": 0.05, "l2_regularization_strength": 0.1,
                     "l2_shrinkage_regularization_strength": 0.02, "beta": 0.3},
             "power": {"learning_rate": 0.2, "learning_rate_power": -0.3, "initial_accumulator_value": 0.4}},
    "Lion": {"fast": {"learning_rate": 0.02}, "odd": {"learning_rate": 0.05, "beta_1": 0.6, "beta_2": 0.8}},
    "Lamb": {"fast": {"learning_rate": 0.05}, "odd": {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.7, "epsilon": 0.01}},
    "Adafactor": {"fast": {"learning_rate": 0.1}, "odd": {"learning_rate": 0.5, "beta_2_decay": -0.6, "epsilon_2": 0.1, "clip_threshold": 0.5},
                  "absolute": {"learning_rate": 0.3, "relative_step": False}},
    "Muon": {"fast": {"learning_rate": 0.02},
             "odd": {"learning_rate": 0.05, "momentum": 0.5, "nesterov": False, "ns_steps": 3, "rms_rate": None, "adam_lr_ratio": 0.5,
                     "exclude_layers": ["matr.x"], "weight_decay": 0.1, "adam_weight_decay": None}},
}
SCHEDULES = {
    "exponential": schedules.ExponentialDecay(0.1, 4, 0.7), "exponential_stairs": schedules.ExponentialDecay(0.1, 3, 0.5, staircase=True),
    "exponential_broken": schedules.ExponentialDecay(0.3, 2.5, 1.2, staircase=True, name="mine"),
    "piecewise": schedules.PiecewiseConstantDecay([2, 5, 6], [0.1, 0.05, 0.2, 0.01]),
    "piecewise_one": schedules.PiecewiseConstantDecay([3], [1.0, 0.5]),
    "polynomial": schedules.PolynomialDecay(0.1, 7), "polynomial_power": schedules.PolynomialDecay(0.1, 6, 0.02, power=2.5),
    "polynomial_cycle": schedules.PolynomialDecay(0.1, 4, 0.01, power=0.5, cycle=True),
    "inverse": schedules.InverseTimeDecay(0.1, 3, 0.6), "inverse_stairs": schedules.InverseTimeDecay(0.1, 3, 0.6, staircase=True),
    "cosine": schedules.CosineDecay(0.1, 8), "cosine_alpha": schedules.CosineDecay(0.2, 6, alpha=0.3),
    "cosine_warmup": schedules.CosineDecay(0.01, 9, alpha=0.1, warmup_target=0.2, warmup_steps=4),
    "restarts": schedules.CosineDecayRestarts(0.1, 3), "restarts_equal": schedules.CosineDecayRestarts(0.1, 4, t_mul=1.0, m_mul=0.7, alpha=0.05),
    "restarts_odd": schedules.CosineDecayRestarts(0.2, 2, t_mul=1.5, m_mul=0.8, alpha=0.1),
}


def cases():
    """(case, class, its options, what else is in the row)"""
    for name, variants in OPTIMIZERS.items():
        for word, options in variants.items():
            yield f"{name.lower()}_{word}", name, options, {}
    for word, options in SETTINGS.items():
        yield f"sgd_{word}", "SGD", {"learning_rate": 0.1, "momentum": 0.5} | options, {"averaged": word == "ema"}
        yield f"nadam_{word}", "Nadam", {"learning_rate": 0.05} | options, {}
    for word in ("exponential", "piecewise", "cosine_warmup"):
        yield f"adam_{word}", "Adam", {"learning_rate": SCHEDULES[word]}, {}
    yield "adafactor_schedule", "Adafactor", {"learning_rate": SCHEDULES["polynomial"]}, {}
    yield "sgd_schedule_accumulation", "SGD", {"learning_rate": SCHEDULES["polynomial"], "gradient_accumulation_steps": 2}, {}
    yield "adam_excluded", "AdamW", {"learning_rate": 0.1, "weight_decay": 0.3}, {"exclude": ["bi.s", "scalar"]}
    yield "rmsprop_missing", "RMSprop", {"learning_rate": 0.05, "momentum": 0.5}, {"missing": [[0, 1], [4, 0], [4, 2], [9, 3]]}
    yield "sgd_ema_missing", "SGD", {"learning_rate": 0.1, "use_ema": True, "gradient_accumulation_steps": 3}, {"missing": [[2, 1], [3, 0]]}
    yield "loss_scale", "LossScaleOptimizer", {"inner_optimizer": keras.optimizers.SGD(0.5, momentum=0.5), "initial_scale": 2.0,
                                               "dynamic_growth_steps": 3}, {"infinite": [4, 5]}
    yield "adam_constraint", "Adam", {"learning_rate": 0.2}, {"constraint": "non_neg"}


def dtype_cases():
    """(case, dtype, steps, class, its options, what else is in the row)"""
    for case, name, options, more in cases():
        if case != "muon_fast":  # Keras multiplies its float64 step by a float32 rms_rate, and fails
            yield f"{case}_float64", "float64", STEPS, name, options, more
    for dtype in ("float16", "bfloat16"):
        for name, variants in OPTIMIZERS.items():
            yield f"{name.lower()}_{dtype}", dtype, 4, name, list(variants.values())[-1], {}
        for word in ("weight_decay", "clipnorm", "global_clipnorm", "everything"):
            yield f"sgd_{word}_{dtype}", dtype, 4, "SGD", {"learning_rate": 0.1, "momentum": 0.5} | SETTINGS[word], {}
        scaled = keras.optimizers.Adam(0.05, clipnorm=0.9)
        yield f"loss_scale_{dtype}", dtype, 5, "LossScaleOptimizer", {"inner_optimizer": scaled, "dynamic_growth_steps": 2}, {"infinite": [3]}


def variables(constraint, dtype="float32"):
    rng = rng_for("optimizers/variables")
    made = []
    for name, shape in SHAPES.items():
        value = np.zeros(shape, np.float32) if name == "bias" else rng.normal(size=shape).astype(np.float32)
        made.append(keras.Variable(value, dtype=dtype, name=name))
    if constraint:
        made[0].constraint = keras.constraints.get(constraint)
    return made


def gradients():
    rng = rng_for("optimizers/gradients")
    return [rng.normal(size=(STEPS, *shape)).astype(np.float32) for shape in SHAPES.values()]


def train(optimizer, row, given, dtype="float32", steps=STEPS):
    weights = variables(row.get("constraint"), dtype)
    missing = {tuple(pair) for pair in row.get("missing", [])}
    if row.get("exclude"):
        optimizer.exclude_from_weight_decay(var_names=row["exclude"])
    after = []
    for step in range(steps):
        values = [None if (step, i) in missing else tf.cast(g[step], dtype) for i, g in enumerate(given)]
        if step in row.get("infinite", []):
            values[0] = values[0] / 0.0
        optimizer.apply(values, weights)
        if row.get("averaged") and step == steps - 1:
            optimizer.finalize_variable_values(weights)
        after.append(numbers_of(weights))
    return np.stack(after)


def numbers_of(weights):
    return np.concatenate([w.numpy().ravel().astype(np.float64) for w in weights])


def make_dtypes(folder, given):
    rows, arrays = [], {}
    for case, dtype, steps, name, options, more in dtype_cases():
        keras.utils.clear_session(free_memory=False)
        optimizer = getattr(keras.optimizers, name)(**options)
        row = {"case": case, "dtype": dtype, "steps": steps, "optimizer": keras.saving.serialize_keras_object(optimizer)} | more
        arrays[f"{case}/after"] = train(optimizer, row, given, dtype, steps)[-1]
        arrays[f"{case}/state"] = numbers_of(optimizer.variables)
        rows.append(row | {"state": [[v.name, str(v.dtype), list(v.shape)] for v in optimizer.variables]})
    return write_arrays(folder / "dtypes.npz", arrays) + write_rows(folder / "dtypes.json", rows)


def make(folder):
    folder = folder / "optimizers"
    given, rows = gradients(), []
    arrays = {f"initial/{i}": v.numpy() for i, v in enumerate(variables(None))} | {f"gradients/{i}": g for i, g in enumerate(given)}
    for case, name, options, more in cases():
        keras.utils.clear_session(free_memory=False)
        optimizer = getattr(keras.optimizers, name)(**options)
        row = {"case": case, "optimizer": keras.saving.serialize_keras_object(optimizer)} | more
        arrays[f"{case}/after"] = train(optimizer, row, given).astype(np.float32)
        arrays[f"{case}/state"] = numbers_of(optimizer.variables).astype(np.float32)
        rows.append(row | {"state": [[v.name, str(v.dtype), list(v.shape)] for v in optimizer.variables]})
    size = write_arrays(folder / "optimizers.npz", arrays) + write_rows(folder / "optimizers.json", rows) + make_dtypes(folder, given)
    steps = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 17, 100]
    rows = [{"case": case, "schedule": schedules.serialize(schedule), "steps": steps,
             "values": [float(keras.ops.convert_to_numpy(schedule(tf.constant(step, tf.int64)))) for step in steps]}
            for case, schedule in SCHEDULES.items()]
    return size + write_rows(folder / "schedules.json", rows)
