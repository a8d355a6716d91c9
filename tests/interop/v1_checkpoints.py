"""Run by test_checkpoints.py with the TensorFlow of some Python: checkpoints of TensorFlow 1's Saver and optimizers.

    write FOLDER    NAME.keras (untrained), NAME (its checkpoint after three steps), NAME.npz (the weights after a fourth)
    check FOLDER    restores what we saved, ours_NAME, and compares the fourth step
"""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

V1 = tf.compat.v1
SHAPES = {"dense_1/kernel": (4, 3), "dense_1/bias": (3,), "dense_2/kernel": (3, 2), "dense_2/bias": (2,)}
OPTIMIZERS = {
    "adam": lambda: V1.train.AdamOptimizer(0.01),
    "momentum": lambda: V1.train.MomentumOptimizer(0.01, 0.9),
    "nesterov": lambda: V1.train.MomentumOptimizer(0.01, 0.9, use_nesterov=True),
    "rmsprop": lambda: V1.train.RMSPropOptimizer(0.01, epsilon=1e-7),
    "centered": lambda: V1.train.RMSPropOptimizer(0.01, momentum=0.5, centered=True, epsilon=1e-7),
    "adagrad": lambda: V1.train.AdagradOptimizer(0.01),
    "adadelta": lambda: V1.train.AdadeltaOptimizer(0.01, epsilon=1e-7),
    "ftrl": lambda: V1.train.FtrlOptimizer(0.01),
    "sgd": lambda: V1.train.GradientDescentOptimizer(0.01),
}


def run(name, folder, restore_from=None):
    """Three steps, saved; or the steps of another checkpoint. Then a last one, whose result is returned."""
    with tf.Graph().as_default(), V1.Session() as session:
        random = np.random.RandomState(5)
        variables = {}
        for word, shape in SHAPES.items():
            variables[word] = V1.get_variable(word, initializer=random.randn(*shape).astype("f"), use_resource=True)
        steps = V1.train.get_or_create_global_step()
        step = OPTIMIZERS[name]().minimize(sum(tf.reduce_sum(v ** 2) / 2 for v in variables.values()), global_step=steps)
        saver = V1.train.Saver()
        session.run(V1.global_variables_initializer())
        if restore_from is None:
            for _ in range(3):
                session.run(step)
            saver.save(session, str(folder / name), write_meta_graph=False, write_state=False)
        else:
            saver.restore(session, str(restore_from))
        assert session.run(steps) == 3
        session.run(step)
        return {word.replace("/", "_"): value for word, value in session.run(variables).items()}


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[2])
    for name in OPTIMIZERS:
        if sys.argv[1] == "write":
            np.savez(folder / f"{name}.npz", **run(name, folder))
            continue
        ours, theirs = run(name, folder, folder / f"ours_{name}"), np.load(folder / f"{name}.npz")
        for word in theirs.files:
            np.testing.assert_allclose(ours[word], theirs[word], rtol=2e-6, atol=1e-7, err_msg=f"{name}: {word}")
