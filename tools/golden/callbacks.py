"""tests/golden/callbacks/cases.json: what Keras's callbacks decide for recorded numbers, and what they say.

{"cases": [{"case", "class_name", "options", "logs": [{name: number or null}], "first_epoch",
            "epochs": [{"stop", "learning_rate", "saved": [...], "wait", "best"}], "messages": [...], "csv", "final"}]}
The model is compiled with SGD(0.1), mse and mae. Its only weight is set to the epoch's number before on_epoch_end; `final` is that
weight after on_train_end. A null in the logs: the number is not there in this epoch.
"""

import contextlib
import io
import os
import pathlib
import tempfile
import warnings

import keras

from golden.common import write_rows

RISES = [1.0, 0.8, 0.81, 0.7, 0.72, 0.71, 0.705, 0.69, 0.8, 0.9]
FALLS = [0.1, 0.3, 0.3, 0.25, 0.5, 0.5000001, 0.4, 0.45, 0.4, 0.3]
FLAT = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
GAPS = [1.0, None, 0.9, None, 0.95, None, 0.96, None, 0.97, None]
NUMBERS = [0.5, 0.25, 1e-05, 123456.789, 1.0, 0.1, 3.0]

CASES = [
    ("EarlyStopping", {}, "val_loss", RISES),
    ("EarlyStopping", {"patience": 2}, "val_loss", RISES),
    ("EarlyStopping", {"patience": 2, "min_delta": 0.05, "restore_best_weights": True, "verbose": 1}, "val_loss", RISES),
    ("EarlyStopping", {"monitor": "val_mae", "patience": 3, "verbose": 1}, "val_mae", RISES),
    ("EarlyStopping", {"monitor": "score", "mode": "max", "patience": 2, "restore_best_weights": True}, "score", FALLS),
    ("EarlyStopping", {"monitor": "loss", "baseline": 0.75, "patience": 2, "restore_best_weights": True, "verbose": 1}, "loss", RISES),
    ("EarlyStopping", {"monitor": "loss", "baseline": 0.1, "patience": 3, "restore_best_weights": True}, "loss", RISES),
    ("EarlyStopping", {"start_from_epoch": 4, "patience": 1, "restore_best_weights": True}, "val_loss", RISES),
    ("EarlyStopping", {"patience": 1}, "val_loss", GAPS),
    ("EarlyStopping", {"patience": 0}, "val_loss", FLAT),
    ("ReduceLROnPlateau", {"patience": 1, "verbose": 1}, "val_loss", RISES),
    ("ReduceLROnPlateau", {"patience": 2, "factor": 0.5, "cooldown": 1, "min_lr": 0.03, "verbose": 1}, "val_loss", FLAT * 2),
    ("ReduceLROnPlateau", {"monitor": "score", "mode": "max", "patience": 1, "min_delta": 0.15, "factor": 0.3}, "score", FALLS),
    ("ReduceLROnPlateau", {"patience": 1, "factor": 0.2}, "val_loss", GAPS),
    ("ModelCheckpoint", {"filepath": "m-{epoch:02d}-{val_loss:.2f}.keras", "verbose": 1}, "val_loss", RISES),
    ("ModelCheckpoint", {"filepath": "sub/best.keras", "save_best_only": True, "verbose": 1}, "val_loss", RISES),
    ("ModelCheckpoint", {"filepath": "{epoch}_{score:.3f}.keras", "monitor": "score", "mode": "max", "save_best_only": True}, "score", FALLS),
    ("ModelCheckpoint", {"filepath": "b{epoch}.keras", "save_best_only": True, "initial_value_threshold": 0.75, "verbose": 1}, "val_loss", RISES),
    ("ModelCheckpoint", {"filepath": "e{epoch}-b{batch:03d}.keras", "save_freq": 5}, "val_loss", RISES),
    ("LearningRateScheduler", {"verbose": 1}, "loss", FLAT),
    ("CSVLogger", {}, "loss", NUMBERS),
    ("CSVLogger", {"separator": ";"}, "val_loss", RISES),
    ("TerminateOnNaN", {}, "loss", ["nan"]),
]
BATCHES = 3


def model_of_one_weight():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, name="only")])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    model.fit(keras.ops.zeros((1, 1)), keras.ops.zeros((1, 1)), verbose=0, shuffle=False)  # metrics exist once there was a step
    return model


def make_callback(class_name, options):
    if class_name == "LearningRateScheduler":
        return keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5 if epoch % 2 else rate + 0.01, **options)
    if class_name == "CSVLogger":
        return keras.callbacks.CSVLogger("log.csv", **options)
    return getattr(keras.callbacks, class_name)(**options)


def files():
    return sorted(str(p) for p in pathlib.Path(".").rglob("*.keras"))


def run(number, class_name, options, name, values):
    model = model_of_one_weight()
    callback = make_callback(class_name, options)
    epochs, logs_of_epochs, said = [], [], io.StringIO()
    with contextlib.redirect_stdout(said), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        callback.set_model(model)
        model.stop_training = False
        callback.on_train_begin()
        for epoch, value in enumerate(values):
            model.set_weights([keras.ops.full((1, 1), float(epoch))])
            logs = {"mae": 2.0}
            if value is not None:
                logs[name] = float(value)
            logs = dict(sorted(logs.items()))
            before = {f: os.stat(f).st_mtime_ns for f in files()}
            callback.on_epoch_begin(epoch)
            for batch in range(BATCHES):
                callback.on_train_batch_end(batch, logs)
            given = {k: ("nan" if v != v else v) for k, v in logs.items()}
            callback.on_epoch_end(epoch, logs)
            logs_of_epochs.append(given)
            epochs.append({"stop": bool(model.stop_training), "learning_rate": float(model.optimizer.learning_rate),
                           "saved": [f for f in files() if before.get(f) != os.stat(f).st_mtime_ns],
                           "wait": getattr(callback, "wait", None) if class_name == "EarlyStopping" else None,
                           "best": getattr(callback, "best", None) if class_name in ("EarlyStopping", "ModelCheckpoint") else None,
                           "logged": {k: v for k, v in logs.items() if k == "learning_rate"}})
            if model.stop_training:
                break
        callback.on_train_end()
    row = {"case": f"{number}_{class_name}", "class_name": class_name, "options": options, "logs": logs_of_epochs, "epochs": epochs,
           "messages": said.getvalue(), "final": float(model.get_weights()[0][0, 0])}
    if class_name == "CSVLogger":
        row["csv"] = pathlib.Path("log.csv").read_bytes().decode()
    return row


def make(folder):
    rows, here = [], os.getcwd()
    for number, (class_name, options, name, values) in enumerate(CASES):
        with tempfile.TemporaryDirectory() as temporary:
            os.chdir(temporary)
            try:
                rows.append(run(number, class_name, options, name, values))
            finally:
                os.chdir(here)
    return write_rows(folder / "callbacks" / "cases.json", rows, keras=keras.__version__)
