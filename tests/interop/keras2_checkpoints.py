"""Run by test_checkpoints.py with TensorFlow 2.15: `write FOLDER` saves models as Keras 2 does; `check FOLDER` restores what we saved.

Each model stands in FOLDER/NAME.keras, with its predictions in NAME.npy.
"""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

K = tf.keras
X = np.linspace(-1, 1, 20, dtype="f").reshape(5, 4)


def sequential():
    return K.Sequential([K.Input((4,)), K.layers.Dense(3, activation="tanh", name="dense_1"), K.layers.Dropout(0.1), K.layers.BatchNormalization(name="norm"),
                         K.layers.Dense(2, name="dense_2")], name="model_0")


def functional():
    x = K.Input((4,), name="x")
    shared = K.layers.Dense(4, name="shared")
    inner = K.Sequential([K.Input((4,)), K.layers.Dense(4, name="a"), K.layers.Dense(4, name="b")], name="encoder")
    return K.Model(x, K.layers.Dense(2, name="head")(K.layers.Add(name="sum")([shared(inner(x)), shared(x)])), name="nested")


def recurrent():
    x = K.Input((4,), name="x")
    steps = K.layers.Masking(name="mask")(K.layers.Reshape((2, 2), name="steps")(x))
    steps = K.layers.Bidirectional(K.layers.LSTM(3, return_sequences=True, name="lstm"), name="both")(steps)
    return K.Model(x, K.layers.Dense(2, name="head")(K.layers.SimpleRNN(2, name="simple")(K.layers.GRU(3, return_sequences=True, name="gru")(steps))), name="recurrent")


OPTIMIZERS = {
    "adam": (sequential, lambda: K.optimizers.Adam(0.01, amsgrad=True)),
    "sgd": (functional, lambda: K.optimizers.SGD(0.01, momentum=0.9)),
    "rmsprop": (sequential, lambda: K.optimizers.RMSprop(0.01, momentum=0.5, centered=True)),
    "adagrad": (sequential, lambda: K.optimizers.Adagrad(0.01)),
    "adadelta": (sequential, lambda: K.optimizers.Adadelta(0.01)),
    "adamax": (sequential, lambda: K.optimizers.Adamax(0.01)),
    "nadam": (sequential, lambda: K.optimizers.Nadam(0.01)),
    "ftrl": (sequential, lambda: K.optimizers.Ftrl(0.01)),
    "schedule": (sequential, lambda: K.optimizers.Adam(K.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5))),
    "scaled": (sequential, lambda: K.mixed_precision.LossScaleOptimizer(K.optimizers.Adam(0.01), initial_scale=1024.0, dynamic_growth_steps=3)),
    "steps": (recurrent, lambda: K.optimizers.Adam(0.01)),
    "lion": (sequential, lambda: K.optimizers.Lion(0.01)),
}


LEGACY = {"adam": lambda: K.optimizers.legacy.Adam(0.01, amsgrad=True), "sgd": lambda: K.optimizers.legacy.SGD(0.01, momentum=0.9),
          "adagrad": lambda: K.optimizers.legacy.Adagrad(0.01)}  # those of all TensorFlow until 2.10


def compiled(name, optimizers):
    model = OPTIMIZERS[name][0]()
    model.compile(optimizers(), "mse")
    return model


def train_and_save(model, folder, name):
    model.fit(X, np.ones((5, 2), "f"), epochs=2, verbose=0)
    np.save(folder / f"{name}.npy", model.predict(X, verbose=0))
    model.save_weights(str(folder / name))


def write(folder):
    for name, (_, optimizer) in OPTIMIZERS.items():
        K.utils.set_random_seed(3)
        model = compiled(name, optimizer)
        model.save(folder / f"{name}.keras")  # before training: the weights must come from the checkpoint
        train_and_save(model, folder, name)
        if name in LEGACY:
            train_and_save(compiled(name, LEGACY[name]), folder, f"{name}_legacy")


def restored(name, prefix):
    model = compiled(name, OPTIMIZERS[name][1])
    model.optimizer.build(model.trainable_variables)
    status = model.load_weights(str(prefix))
    if name == "scaled" and prefix.name.startswith("ours"):  # our files have what Keras 3's inner optimizer counts, too
        status.expect_partial().assert_existing_objects_matched()
    else:
        status.assert_consumed()
    return model


def check(folder):
    for name in OPTIMIZERS:
        model, original = restored(name, folder / f"ours_{name}"), restored(name, folder / name)
        np.testing.assert_allclose(model.predict(X, verbose=0), np.load(folder / f"{name}.npy"), atol=1e-5)
        ours, theirs = (m.weights + list(m.optimizer.variables) for m in (model, original))
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=f"{name}: {b.name}")
        if name == "scaled":
            assert (float(model.optimizer.loss_scale), int(model.optimizer.dynamic_counter)) == (1024.0, 2)
            assert float(model.optimizer.learning_rate) == float(original.optimizer.learning_rate)
    # the whole run, by a manager
    model = sequential()
    model.compile(OPTIMIZERS["adam"][1](), "mse")
    model.optimizer.build(model.trainable_variables)
    step = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(model=model, step=step)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / "ours_run"), max_to_keep=2)
    assert [pathlib.Path(path).name for path in manager.checkpoints] == ["ckpt-2", "ckpt-3"], manager.checkpoints
    checkpoint.restore(tf.train.latest_checkpoint(str(folder / "ours_run"))).assert_consumed()
    assert int(step) == 5 and int(checkpoint.save_counter) == 3
    np.testing.assert_allclose(model.predict(X, verbose=0), np.load(folder / "adam.npy"), atol=1e-5)
    # and back: what TensorFlow's manager saves next
    step.assign(17)
    manager.save()

    class Module(tf.Module):
        def __init__(self, kernel, bias):
            super().__init__()
            self.kernel, self.bias = kernel, bias

    root = tf.Module()
    root.dense_1 = Module(tf.Variable(tf.zeros((4, 3))), tf.Variable(tf.zeros(3)))
    tf.train.Checkpoint(root).read(str(folder / "ours_adam")).expect_partial().assert_existing_objects_matched()
    np.testing.assert_array_equal(root.dense_1.kernel, model.get_layer("dense_1").kernel)


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]))
