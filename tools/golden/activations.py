"""tests/golden/ops/activations.*: every function of keras.activations on one table of numbers, with its gradient.

activations.json: {"cases": [{"case", "function", "arguments", "tolerance"}]}; arguments are the keywords of the Keras function.
activations.npz:  x (3, 14), `<case>/out0`, `<case>/cotangent0` and `<case>/grad0`, the gradient with respect to x.
"""

import keras
import numpy as np
import tensorflow as tf

from golden.common import rng_for, write_arrays, write_rows

ARGUMENTS = {
    "relu": [{}, {"negative_slope": 0.1}, {"max_value": 2.0}, {"threshold": 0.5}, {"negative_slope": 0.2, "max_value": 3.0, "threshold": 1.0}],
    "leaky_relu": [{}, {"negative_slope": 0.05}],
    "elu": [{}, {"alpha": 0.7}],
    "celu": [{}, {"alpha": 0.6}],
    "gelu": [{}, {"approximate": True}],
    "softmax": [{}, {"axis": 0}],
    "log_softmax": [{}, {"axis": 0}],
    "glu": [{}],
    "threshold": [{"threshold": 0.5, "default_value": 0.25}],
    "squareplus": [{}, {"b": 2}],
    "hard_shrink": [{}, {"threshold": 1.0}],
    "soft_shrink": [{}, {"threshold": 1.0}],
}
# Nothing sits on a kink: there left and right differ, and the sides are a matter of taste.
TABLE = np.concatenate([[-90, -20, -7.5, -4, -3.1, -2.9, -1.2, -0.6, -0.3, -1e-3, 1e-3, 0.3, 0.6, 0.9],
                        [1.1, 1.6, 2.1, 2.6, 2.9, 3.1, 4, 5.9, 6.1, 7.5, 12, 20, 45, 90],
                        rng_for("activations").normal(size=14)]).astype(np.float32).reshape(3, 14)


def functions():
    from keras.src.activations import ALL_OBJECTS

    return sorted((f for f in ALL_OBJECTS if callable(f)), key=lambda f: f.__name__)


def make(folder):
    arrays, rows = {"x": TABLE}, []
    x = tf.constant(TABLE)
    for function in functions():
        name = function.__name__
        for number, arguments in enumerate(ARGUMENTS.get(name, [{}])):
            case = name if number == 0 else f"{name}_{number}"
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = getattr(keras.activations, name, function)(x, **arguments)
            cotangent = rng_for(case).normal(size=y.shape).astype(np.float32)
            gradient = tape.gradient(y, x, output_gradients=tf.constant(cotangent))
            arrays |= {f"{case}/out0": y.numpy(), f"{case}/cotangent0": cotangent, f"{case}/grad0": gradient.numpy()}
            rows.append({"case": case, "function": name, "arguments": arguments, "tolerance": 2e-6})
    size = write_arrays(folder / "ops" / "activations.npz", arrays)
    return size + write_rows(folder / "ops" / "activations.json", rows, arrays="activations.npz")
