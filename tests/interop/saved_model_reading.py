"""SavedModels that TensorFlow and Keras write, and what they compute: for our programs to compute the same.

Run by test_saved_model_reading.py with the TensorFlow at hand, and as a program with Keras 2: saved_model_reading.py FOLDER
"""

import os
import pathlib
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

keras = tf.keras
L = keras.layers
V1 = tf.compat.v1
BIN = pathlib.Path(os.environ.get("NAMESAKE_BIN", pathlib.Path(__file__).resolve().parents[2] / "build" / "release" / "bin")).resolve()
KERAS_2 = tf.__version__.startswith("2.15")
TOLERANCE = 2e-5


def some(*shape, seed=1, below=None):
    rng = np.random.default_rng(seed)
    return rng.integers(0, below, shape).astype("int32") if below else rng.normal(size=shape).astype("float32")


class Job:
    """A SavedModel, what goes in, and what TensorFlow makes of it."""

    def __init__(self, folder, inputs):
        self.folder, self.inputs, self.loaded = pathlib.Path(folder), inputs, None  # loaded: of one that assigns nothing, for several jobs
        np.savez(self.x, **{name: np.asarray(value) for name, value in inputs.items()})

    @property
    def x(self):
        return self.folder.with_name(self.folder.name + "_x.npz")

    def out(self, what):
        return self.folder.with_name(f"{self.folder.name}_{what}.npz")

    def of_tensorflow(self, gradients=False):
        """Outputs by name, then, if asked for, the gradients of the sum of their squares as {variable: gradient}."""
        loaded = self.loaded or load(self.folder)
        with tf.GradientTape() as tape:
            outputs = call(loaded.signatures["serving_default"], self.inputs)
            loss = sum(tf.reduce_sum(tf.square(tf.cast(y, tf.float32))) for y in outputs.values() if y.dtype.is_floating)
        found = {name: value.numpy() for name, value in outputs.items()}
        if gradients:
            variables = tape.watched_variables()
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
                if gradient is not None:
                    found["d:" + variable.name.split(":")[0]] = tf.convert_to_tensor(gradient).numpy()
        return found


def load(folder):
    return tf.saved_model.load(str(folder), tags=["serve"])


def call(function, inputs):
    names = sorted(function.structured_input_signature[1])
    given = dict(inputs)
    for i, name in enumerate(names):
        if f"x{i}" in given and f"x{i}" not in names:
            given[name] = given.pop(f"x{i}")
    return function(**{name: tf.constant(value) for name, value in given.items()})


def same(found, expected, where):
    for name, value in expected.items():
        mine = [key for key in found if key == name or (name.startswith("d:") and (name.endswith("/" + key[2:]) or key == name))]
        if not mine and name.startswith("d:") and not np.any(value):
            continue  # of a branch that is not taken: nothing here, zeros there
        assert mine, f"{where}: no {name} in {sorted(found)}"
        assert found[mine[0]].shape == value.shape, f"{where}: {name}"
        np.testing.assert_allclose(np.asarray(found[mine[0]], "float64"), np.asarray(value, "float64"), rtol=TOLERANCE, atol=TOLERANCE, err_msg=f"{where}: {name}")


def compare(run, jobs, gradients=True):
    what = "gradients" if gradients else "run"
    run("run_graph", what, *[word for job in jobs for word in (job.folder, job.x, job.out(what))])
    for job in jobs:
        with np.load(job.out(what)) as found:
            same(dict(found), job.of_tensorflow(gradients), job.folder.name)


def save_again(run, jobs):
    """What load_model makes of them, saved here: TensorFlow computes the same of it."""
    run("run_graph", "resave", *[word for job in jobs for word in (job.folder, job.folder.with_name(job.folder.name + "_again"))])
    for job in jobs:
        expected = [value for _, value in sorted(job.of_tensorflow().items())]  # TensorFlow gives a dictionary in any order
        again = load(job.folder.with_name(job.folder.name + "_again"))
        names = sorted(again.signatures["serving_default"].structured_input_signature[1])
        given = dict(zip(names, [job.inputs[key] for key in sorted(job.inputs)], strict=True))
        found = again.signatures["serving_default"](**{name: tf.constant(value) for name, value in given.items()})
        assert len(found) == len(expected)
        for (_, mine), value in zip(sorted(found.items()), expected, strict=True):
            np.testing.assert_allclose(mine.numpy(), value, rtol=TOLERANCE, atol=TOLERANCE, err_msg=job.folder.name)


def train_a_step(run, jobs):
    run("run_graph", "train", *[word for job in jobs for word in (job.folder, job.x, job.out("train"))])
    for job in jobs:
        loaded = load(job.folder)
        function = loaded.signatures["serving_default"]
        with tf.GradientTape() as tape:
            loss = sum(tf.reduce_sum(tf.square(tf.cast(y, tf.float32))) for y in call(function, job.inputs).values() if y.dtype.is_floating)
        variables = tape.watched_variables()
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            if gradient is not None:
                variable.assign_sub(0.01 * tf.convert_to_tensor(gradient))
        with np.load(job.out("train")) as found:
            same(dict(found), {name: value.numpy() for name, value in call(function, job.inputs).items()}, job.folder.name)


# What others write.


def keras_models():
    """(name, model, inputs in the order of the model's)"""
    yield "dense", keras.Sequential([keras.Input((4,)), L.Dense(3, activation="relu", name="one"), L.BatchNormalization(), L.Dropout(0.3), L.Dense(2, activation="softmax", name="two")]), [some(5, 4)]
    i = keras.Input((8, 8, 1))
    x = L.MaxPooling2D()(L.BatchNormalization()(L.Conv2D(2, 3, activation="relu")(i)))
    yield "images", keras.Model(i, L.Dense(3, activation="softmax")(L.Flatten()(x))), [some(3, 8, 8, 1)]
    a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
    x = L.Reshape((2, 4))(L.concatenate([L.Dense(4)(a), L.Dense(4)(b)]))
    yield "two_inputs", keras.Model([a, b], [L.GlobalAveragePooling1D()(L.LayerNormalization()(x)), L.Dense(2, name="head")(a)]), [some(3, 4), some(3, 6)]
    i = keras.Input((5,), dtype="int32")
    yield "words", keras.Model(i, L.Dense(2, activation="gelu")(L.Flatten()(L.Embedding(10, 4)(i)))), [some(3, 5, below=10)]
    inner = keras.Sequential([keras.Input((4,)), L.Dense(4, activation="tanh"), L.Dense(4)], name="inner")
    i = keras.Input((4,))
    yield "nested", keras.Model(i, L.Dense(2)(L.add([inner(inner(i)), i]))), [some(6, 4)]
    i = keras.Input((8, 8, 3))
    x = L.Conv2DTranspose(2, 3, strides=2, padding="same")(L.UpSampling2D()(L.DepthwiseConv2D(3, padding="same")(i)))
    x = L.LeakyReLU()(L.ReLU(6)(L.ZeroPadding2D()(x)))
    yield "more_images", keras.Model(i, L.Dense(2)(L.GlobalMaxPooling2D()(L.SeparableConv2D(3, 3)(L.AveragePooling2D(2)(x))))), [some(2, 8, 8, 3)]

    @keras.utils.register_keras_serializable()
    class Wave(L.Layer):
        def __init__(self, units, **other):
            super().__init__(**other)
            self.units = units

        def build(self, shape):
            self.w = self.add_weight(name="weight", shape=(shape[-1], self.units))
            self.b = self.add_weight(name="bias", shape=(self.units,))

        def call(self, x):
            return tf.sin(tf.matmul(x, self.w)) + self.b

    yield "custom", keras.Sequential([keras.Input((4,)), Wave(3, name="wave"), L.Dense(2)]), [some(5, 4)]


def keras_jobs(folder):
    jobs = []
    for name, model, inputs in keras_models():
        target = folder / name
        model.save(str(target)) if KERAS_2 else model.export(str(target), verbose=False)
        keys = [tensor.name.split(":")[0] for tensor in model.inputs]
        jobs.append(Job(target, dict(zip(keys if len(keys) > 1 else ["x0"], inputs, strict=True))))
    return jobs


def job_of(folder, model, inputs):
    """The export of a model of Keras 3 as a job."""
    model.export(str(folder), verbose=False)
    keys = [tensor.name for tensor in model.inputs]
    return Job(folder, dict(zip(keys if len(keys) > 1 else ["x0"], inputs, strict=True)))


def module_jobs(folder):
    class Counting(tf.Module):
        def __init__(self):
            self.w = tf.Variable(some(4, 3), name="w")
            self.count = tf.Variable(0, name="count", trainable=False)
            self.scale = tf.constant([1.0, 2.0, 3.0])

        @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32, name="x")])
        def shaped(self, x):
            self.count.assign_add(1)
            return tf.reshape(tf.matmul(x, self.w) * self.scale, [tf.shape(x)[0], 3, 1])

        @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32, name="x")])
        def __call__(self, x):
            y = self.shaped(x)
            return {"y": y * 2.0, "count": tf.identity(self.count), "pieces": tf.stack(tf.split(x, 2, axis=1))}

    counting = Counting()
    tf.saved_model.save(counting, str(folder / "counting"), signatures=counting.__call__)
    return [Job(folder / "counting", {"x": some(3, 4)})]


def builder_jobs(folder):
    x_values, jobs = some(3, 4), []
    with tf.Graph().as_default() as graph, V1.Session() as session:
        x = V1.placeholder(tf.float32, (None, 4), name="x")
        keep = V1.placeholder_with_default(False, (), name="training")
        w = V1.get_variable("a/w", (4, 3), use_resource=False)
        b = V1.get_variable("a/b", (3,), use_resource=True)
        scale = V1.get_variable("scale", (3,), trainable=False, use_resource=False)
        y = tf.matmul(x, w) + b
        with V1.control_dependencies([]):
            V1.disable_control_flow_v2()
            y = V1.cond(keep, lambda: y * 2.0, lambda: tf.nn.relu(y))
        y = tf.identity(y * scale, name="y")
        session.run(V1.global_variables_initializer())
        builder = V1.saved_model.Builder(str(folder / "builder"))
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": V1.saved_model.predict_signature_def({"x": x}, {"y": y})})
        builder.add_meta_graph(["serve", "again"], {"serving_default": V1.saved_model.predict_signature_def({"x": x}, {"y": y})})
        builder.save()
        jobs.append(Job(folder / "builder", {"x": x_values}))
        frozen = V1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ["y"])
        (folder / "frozen.pb").write_bytes(frozen.SerializeToString())
        np.save(folder / "frozen_y.npy", session.run(y, {x: x_values}))
    np.save(folder / "frozen_x.npy", x_values)
    return jobs


def run_program(name, *arguments):
    done = subprocess.run([str(BIN / name), *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def main(folder):
    jobs = keras_jobs(folder)
    compare(run_program, jobs)
    train_a_step(run_program, jobs)
    save_again(run_program, jobs)
    compare(run_program, module_jobs(folder))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
