"""The same work in Keras on TensorFlow: model.fit, model.predict."""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["KERAS_BACKEND"] = "tensorflow"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cases
import keras
import numpy as np
from shared import programs


def make_model():
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input(shape=(cases.SIDE, cases.SIDE, 1)),
            layers.Conv2D(cases.FILTERS1, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(cases.FILTERS2, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(cases.CLASSES, activation="softmax"),
        ]
    )
    model.set_weights(cases.make_weights())
    return model


def fit(arguments, name, x, labels, batch):
    model = make_model()
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss="sparse_categorical_crossentropy")
    first = model.evaluate(x[:batch], labels[:batch], batch_size=batch, verbose=0)
    model.fit(x[: 2 * batch], labels[: 2 * batch], batch_size=batch, shuffle=False, verbose=0)  # traces; not timed
    model.set_weights(cases.make_weights())
    for variable in model.optimizer.variables:
        if variable.path.split("/")[-1] != "learning_rate":
            variable.assign(np.zeros(variable.shape, variable.dtype))

    def epoch():
        return model.fit(x, labels, batch_size=batch, epochs=1, shuffle=False, verbose=0).history["loss"][0]

    losses = []
    once = programs.seconds_of(lambda: losses.append(epoch()))
    programs.show(arguments, name, "keras_fit", programs.least_of_epochs(arguments, once, epoch), first, losses[0])


def predict(arguments, name, x, labels, batch):
    model = make_model()

    def all_images():
        return model.predict(x, batch_size=batch, verbose=0)

    probabilities = all_images()  # traces; not timed
    losses = -np.log(probabilities[np.arange(len(labels)), labels].astype(np.float64))
    once = programs.seconds_of(all_images)
    seconds = programs.least_of_epochs(arguments, once, all_images)
    programs.show(arguments, name, "keras_fit", seconds, float(losses[0]), float(losses.mean()))


def main():
    arguments = programs.parse(__doc__)
    x, labels = cases.images(arguments)
    for batch in 32, 128:
        for work in fit, predict:
            name = f"{work.__name__}_batch_{batch}"
            if programs.wants(arguments, name):
                work(arguments, name, x, labels, batch)


if __name__ == "__main__":
    main()
