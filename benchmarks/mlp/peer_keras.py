"""The same work in Keras on TensorFlow, in each of the ways that its users have.

keras_eager     a GradientTape step as the textbook writes it; model(x, training=False)
keras_function  the same inside tf.function
keras_fit       model.fit, model.predict
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cases
import data


def make_model(inputs):
    model = keras.Sequential(
        [
            keras.layers.Input(shape=(inputs,)),
            keras.layers.Dense(data.HIDDEN, activation="relu"),
            keras.layers.Dense(data.CLASSES, activation="softmax"),
        ]
    )
    model.set_weights(data.make_weights(inputs))
    return model


def eager_step(arguments):
    x, labels = data.make_data(cases.SMALL_BATCH, cases.SMALL_INPUTS)
    x, y = tf.constant(x), tf.constant(data.one_hot(labels))
    for program, wrap in ("keras_eager", lambda step: step), ("keras_function", tf.function):
        model = make_model(cases.SMALL_INPUTS)
        loss_of = keras.losses.CategoricalCrossentropy()
        optimizer = keras.optimizers.Adam(learning_rate=0.01)
        optimizer.build(model.trainable_variables)

        @wrap
        def step():
            with tf.GradientTape() as tape:
                loss = loss_of(y, model(x, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            return loss

        losses = [float(step()) for _ in range(cases.CHECKED_STEPS)]
        seconds = cases.least_of_blocks(arguments, lambda: step().numpy())
        cases.show(arguments, "eager_step", program, seconds, losses[0], losses[-1])


def fit(arguments, name, x, labels, batch):
    model = make_model(cases.INPUTS)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss="sparse_categorical_crossentropy")
    first = model.evaluate(x[:batch], labels[:batch], batch_size=batch, verbose=0)
    model.fit(x[: 2 * batch], labels[: 2 * batch], batch_size=batch, shuffle=False, verbose=0)  # traces; not timed
    model.set_weights(data.make_weights(cases.INPUTS))
    for variable in model.optimizer.variables:
        if variable.path.split("/")[-1] != "learning_rate":
            variable.assign(np.zeros(variable.shape, variable.dtype))

    def epoch():
        return model.fit(x, labels, batch_size=batch, epochs=1, shuffle=False, verbose=0).history["loss"][0]

    losses = []
    once = cases.seconds_of(lambda: losses.append(epoch()))
    cases.show(arguments, name, "keras_fit", cases.least_of_epochs(arguments, once, epoch), first, losses[0])


def forward_1(arguments, x, labels):
    model = make_model(cases.INPUTS)
    function = tf.function(lambda row: model(row, training=False))
    row = tf.constant(x[:1])
    ways = (
        ("keras_eager", lambda r: model(r, training=False).numpy()),
        ("keras_function", lambda r: function(r).numpy()),
        ("keras_fit", lambda r: model.predict(r, verbose=0)),
    )
    for program, predict in ways:
        losses = [-np.log(predict(tf.constant(x[r : r + 1]))[0, labels[r]]) for r in range(cases.FORWARD_ROWS)]
        seconds = cases.least_of_blocks(arguments, lambda: predict(row))
        cases.show(arguments, "forward_1", program, seconds, float(losses[0]), float(np.mean(losses)))


def main():
    arguments = cases.parse(__doc__)
    if cases.wants(arguments, "eager_step"):
        eager_step(arguments)
    x, labels = data.make_data(cases.rows(arguments), cases.INPUTS)
    for batch in 32, 256:
        if cases.wants(arguments, f"fit_batch_{batch}"):
            fit(arguments, f"fit_batch_{batch}", x, labels, batch)
    if cases.wants(arguments, "forward_1"):
        forward_1(arguments, x, labels)


if __name__ == "__main__":
    main()
