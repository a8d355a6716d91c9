"""tests/golden/digits: Keras's own training run on data/digits.npz, to be followed batch by batch.

start.keras: Dense(32, relu), Dense(10, softmax), compiled with Adam(0.005), sparse categorical cross-entropy and accuracy, before any step.
run.json: rows trained on (the first 1,347; the rest is held out), batch_size 32, no shuffling, the history of three epochs as fit gives it.
run.npz: `batch_losses`, the loss of each batch of the first epoch; `weight/<i>` after the last epoch, `y`: predict on the first 10 held-out rows.
The batches are x and y of the file as they stand.
"""

import keras
import numpy as np

from golden.common import write_arrays, write_json
from golden.models import train_loss

ROWS, BATCH, EPOCHS = 1347, 32, 3


def make(folder):
    with np.load(folder.parent.parent / "data" / "digits.npz") as data:
        x, y = data["x"], data["y"]
    folder = folder / "digits"
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential([keras.Input((64,)), layers.Dense(32, activation="relu", name="dense_1"),
                              layers.Dense(10, activation="softmax", name="dense_2")], name="digits")
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.save(folder / "start.keras")
    first = keras.models.load_model(folder / "start.keras")
    losses = [train_loss(first, x[i:min(i + BATCH, ROWS)], y[i:min(i + BATCH, ROWS)]) for i in range(0, ROWS, BATCH)]
    history = model.fit(x[:ROWS], y[:ROWS], batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0,
                        validation_data=(x[ROWS:], y[ROWS:])).history
    arrays = {"batch_losses": np.array(losses, np.float32), "y": model.predict(x[ROWS:ROWS + 10], verbose=0)}
    arrays |= {f"weight/{i}": v.numpy() for i, v in enumerate(model.weights)}
    size = write_arrays(folder / "run.npz", arrays) + (folder / "start.keras").stat().st_size
    return size + write_json(folder / "run.json", {
        "model": "start.keras", "arrays": "run.npz", "data": "data/digits.npz", "train_rows": ROWS, "batch_size": BATCH,
        "shuffle": False, "history": history, "tolerance": 1e-4})
