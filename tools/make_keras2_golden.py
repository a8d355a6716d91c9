#!/usr/bin/env python3
"""Models that Keras 2 saved, one for each family of layers, as .keras and .h5, with inputs and predictions: tests/golden/keras2.

    TF_CPP_MIN_LOG_LEVEL=3 python3 tools/make_keras2_golden.py tests/golden/keras2      # with Keras 2.15

Each case is NAME.keras (its entries deflated), NAME.h5 in h5.zip, and NAME.npz: x0, x1, ... and y0, y1, ... in the order of the
model's inputs and outputs. cases.json says what each is for. rows_<n> are the rows of keras2_layers.py, packed together;
the others are the models of keras2_models.py.

optimizers.zip: one model after three steps with each optimizer; optimizers.npz: x, y, and what each predicts after three steps more.
"""

import io
import json
import pathlib
import sys
import tempfile
import zipfile

import keras
import numpy as np
import tensorflow as tf

import keras2_layers
import keras2_models

L = keras.layers
assert keras.__version__.startswith("2."), f"Keras 2 is needed, this is {keras.__version__}"


def each(shape, layers, dtype="float32"):
    """A functional model that gives one input to each of the layers: as many outputs."""
    x = keras.Input(shape, dtype=dtype, name="x")
    return keras.Model(x, [layer(x) for layer in layers], name="each")


def chain(*layers):
    return keras.Sequential(list(layers), name="chain")


def dense_layers():
    reg, con = keras.regularizers, keras.constraints
    return each((5,), [
        L.Dense(3, activation="relu", kernel_regularizer=reg.L1L2(0.01, 0.02), bias_constraint=con.MaxNorm(2.0, axis=0)),
        L.Dense(2, activation="swish", use_bias=False, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_avg", "normal"),
                activity_regularizer=reg.L2(0.1), kernel_constraint=con.UnitNorm()),
        L.Dense(2, activation="hard_sigmoid", kernel_initializer="he_uniform", bias_initializer=keras.initializers.Constant(0.3), dtype="float32"),
        L.Activation("tanh"), L.ActivityRegularization(l1=0.1), L.Dropout(0.2), L.AlphaDropout(0.1), L.GaussianDropout(0.1),
        L.GaussianNoise(0.1), L.RepeatVector(2), L.Reshape((5, 1)), L.Flatten(), L.Masking(0.5), L.Rescaling(2.0, offset=1.0),
        L.LeakyReLU(0.2), L.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2), L.ReLU(), L.ELU(0.7), L.PReLU(alpha_initializer="ones"), L.Softmax(),
        L.Identity(), L.BatchNormalization(epsilon=0.01, momentum=0.9), L.LayerNormalization(), L.UnitNormalization(),
        L.Normalization(mean=[1.0, 2, 3, 4, 5], variance=[2.0, 3, 4, 5, 6]),
    ])


def sequence_layers():
    return each((8, 4), [
        L.Conv1D(3, 2, padding="causal", activation="relu"), L.Conv1D(2, 3, strides=2, groups=2), L.Conv1DTranspose(2, 3, strides=2),
        L.DepthwiseConv1D(3, depth_multiplier=2), L.SeparableConv1D(3, 2), L.ZeroPadding1D(2), L.Cropping1D((1, 2)), L.UpSampling1D(2),
        L.MaxPooling1D(2), L.AveragePooling1D(3, padding="same"), L.GlobalMaxPooling1D(), L.GlobalAveragePooling1D(keepdims=True), L.Permute((2, 1)),
        L.SpatialDropout1D(0.1), L.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), L.LayerNormalization(axis=[1, 2]), L.GroupNormalization(2), L.Dense(2),
        L.PReLU(shared_axes=[1]),
    ])


def image_layers():
    return each((6, 7, 4), [
        L.Conv2D(3, (2, 3), strides=2, padding="same", dilation_rate=1), L.Conv2D(4, 3, groups=2, use_bias=False), L.Conv2DTranspose(2, 3, strides=2, padding="same"),
        L.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"), L.SeparableConv2D(3, 3, depth_multiplier=2), L.ZeroPadding2D(((1, 0), (2, 1))),
        L.Cropping2D(1), L.UpSampling2D((2, 3), interpolation="nearest"), L.UpSampling2D(2, interpolation="bilinear"), L.MaxPooling2D(), L.AveragePooling2D((2, 3), strides=1, padding="same"),
        L.GlobalMaxPooling2D(), L.GlobalAveragePooling2D(), L.SpatialDropout2D(0.1), L.BatchNormalization(axis=1), L.BatchNormalization(),
    ])


def merging_layers():
    a, b = keras.Input((3, 4), name="a"), keras.Input((3, 4), name="b")
    layers = [L.Add(), L.Subtract(), L.Multiply(), L.Average(), L.Maximum(), L.Minimum(), L.Concatenate(axis=1), L.Dot(axes=2, normalize=True)]
    return keras.Model([a, b], {f"m{i}": layer([a, b]) for i, layer in enumerate(layers)}, name="merging")


def embedding():
    return chain(L.Embedding(7, 3, input_length=4, mask_zero=True), L.GlobalAveragePooling1D(), L.Dense(2))


def deferred():
    model = chain(L.Dense(4, activation="relu"), L.BatchNormalization(), L.Dense(2, activation="softmax", name="probs"))
    model(tf.zeros((1, 3)))
    return model


def nested():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    inner_in = keras.Input((4,))
    inner = keras.Model(inner_in, L.Dense(4, activation="tanh")(inner_in), name="inner")
    seq = keras.Sequential([L.Dense(3, input_shape=(4,)), L.Dense(4)], name="seq")
    late = keras.Sequential([L.Dense(4)], name="late")
    shared = L.Dense(4, name="block/shared")
    x, y = shared(a), shared(b)
    p, q = inner(x), inner(L.Add()([x, y]))
    r = seq(late(late(q)))
    return keras.Model([a, b], [seq(p), L.Concatenate(name="block/join")([p, r]), inner(r)], name="nest")


def calls_of_tensorflow():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    x = tf.concat([a, b], 1)
    x = 1.0 - x * 2
    x = tf.nn.relu(x) + tf.constant([1.0, 2, 3, 4, 5, 6, 7, 8])
    x = x[:, 1:5]
    y = tf.reshape(x[:, :, tf.newaxis], (-1, 2, 2))
    y = tf.transpose(y, (0, 2, 1))
    y = tf.reduce_sum(y, axis=-1) / tf.expand_dims(tf.reduce_mean(tf.square(y), axis=[1, 2]), 1)
    z = tf.where(x > 0.5, x, -tf.exp(b))
    w = tf.cast(tf.math.greater(a, 0.0), "float32") ** 2 + tf.maximum(a, b)[:, 0:1]
    m = tf.matmul(tf.expand_dims(a, 2), tf.expand_dims(b, 1))
    s = tf.stack([a, b], axis=1)
    c = tf.clip_by_value(tf.tile(a, [1, 2]), -0.5, 0.5)
    k = keras.backend.mean(keras.backend.abs(s), axis=1)
    return keras.Model([a, b], [L.Dense(2)(y), z, w, m, s, c, tf.nn.softmax(k), tf.squeeze(s[:, 0:1], axis=1), tf.nn.leaky_relu(a), tf.math.sigmoid(b)], name="ops")


def more_calls_of_tensorflow():
    a, b = keras.Input((3, 4), name="a"), keras.Input((3, 4), name="b")
    images = a[:, :2, :, tf.newaxis]
    return keras.Model([a, b], [
        tf.math.acosh(tf.abs(a) + 1.0), tf.math.asinh(a), tf.math.atanh(tf.tanh(a) * 0.5), tf.math.cumprod(a, axis=1), tf.math.l2_normalize(a, axis=-1),
        tf.cast(tf.math.logical_xor(a > 0, b > 0), "float32"), tf.math.top_k(a, k=2)[0], tf.norm(a, axis=-1), tf.linalg.norm(a, axis=1, keepdims=True),
        tf.math.reduce_euclidean_norm(a, axis=1), tf.linalg.trace(a), tf.pad(a, [[0, 0], [1, 0], [0, 2]]), tf.pad(a, [[0, 0], [1, 0], [0, 2]], "REFLECT"),
        tf.pad(a, [[0, 0], [1, 0], [0, 2]], constant_values=1.5), tf.sort(a), tf.cast(tf.argsort(a, axis=1), "float32"), tf.linalg.matrix_transpose(a),
        tf.linalg.cross(a[:, :, :3], b[:, :, :3]), tf.nn.bias_add(a, tf.constant([1.0, 2, 3, 4])), tf.nn.depth_to_space(a[:, :, tf.newaxis], 2), tf.nn.space_to_depth(images, 2),
        tf.math.erfinv(tf.tanh(a) * 0.5), tf.math.erfc(a), tf.add_n([a, b, a]), tf.slice(a, [0, 1, 0], [-1, 2, 2]), tf.strided_slice(a, [0, 0, 0], [2, 3, 4], [1, 2, 1]),
        tf.matmul(a, b, transpose_b=True), tf.matmul(a, b, transpose_a=True), keras.backend.batch_flatten(a), tf.nn.max_pool2d(images, 2, 1, "SAME"), tf.nn.avg_pool2d(images, 2, 2, "VALID"),
        tf.split(a, [1, 3], axis=-1)[1], tf.linalg.diag_part(a), a // b,
    ], name="more_ops")


def compiled():
    model = chain(L.Dense(4, activation="relu", input_shape=(3,)), L.Dense(2, activation="softmax"))
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)), loss="categorical_crossentropy",
                  metrics=["accuracy", keras.metrics.Precision()], weighted_metrics=["mse"])
    return model


def compiled_old():
    x = keras.Input((3,), name="x")
    model = keras.Model(x, [L.Dense(2, name="p")(x), L.Dense(1, name="q")(x)], name="two")
    model.compile(keras.optimizers.legacy.SGD(0.1, momentum=0.9, decay=0.01), loss={"p": "mse", "q": keras.losses.Huber(delta=2.0)},
                  metrics={"p": ["mae"], "q": [keras.metrics.MeanSquaredError(name="off")]}, loss_weights={"p": 1.0, "q": 0.5})
    return model


CASES = [dense_layers, sequence_layers, image_layers, merging_layers, embedding, deferred, nested, calls_of_tensorflow, compiled, compiled_old, more_calls_of_tensorflow]


def inputs_of(model, rng):
    xs = []
    for tensor in model.inputs:
        shape = (2, *tensor.shape[1:])
        first = model.layers[0]
        xs.append(rng.integers(0, first.input_dim, shape).astype("float32") if isinstance(first, L.Embedding) else rng.normal(size=shape).astype("float32"))
    return xs


ROWS_IN_ONE = 16


def packed_rows():
    rows = [row for row in keras2_layers.rows() if row[0] != "InputLayer" and not str(row[1].get("dtype", "float")).startswith("mixed")]
    return [rows[i:i + ROWS_IN_ONE] for i in range(0, len(rows), ROWS_IN_ONE)]


def optimizers():
    """(file, optimizer): what Keras 2 calls legacy keeps its state in another order, in .h5 files only."""
    old, new = keras.optimizers.legacy, keras.optimizers
    rows = [("legacy_adam.h5", old.Adam(0.01)), ("legacy_amsgrad.h5", old.Adam(0.01, amsgrad=True)), ("legacy_adamax.h5", old.Adamax(0.01)), ("legacy_adadelta.h5", old.Adadelta(0.5)),
            ("legacy_rmsprop.h5", old.RMSprop(0.01, momentum=0.5, centered=True)), ("legacy_momentum.h5", old.SGD(0.05, momentum=0.9, nesterov=True)), ("legacy_ftrl.h5", old.Ftrl(0.1)),
            ("legacy_decay.h5", old.Adam(0.01, decay=0.1))]
    for end in (".keras", ".h5"):
        rows += [("sgd" + end, new.SGD(0.1)), ("nadam" + end, new.Nadam(0.01)), ("adafactor" + end, new.Adafactor(0.1)), ("adam" + end, new.Adam(0.01))]
    return rows


def make_optimizers(folder, scratch):
    x = np.linspace(-1, 1, 24).reshape(6, 4).astype("float32")
    y = np.ones((6, 2), "float32") * np.arange(2, dtype="float32")
    arrays = {"x": x, "y": y}
    with zipfile.ZipFile(folder / "optimizers.zip", "w") as archive:
        for name, optimizer in optimizers():
            keras.backend.clear_session()
            keras.utils.set_random_seed(3)
            model = keras.Sequential([keras.Input((4,)), L.Dense(3, activation="tanh", name="a"), L.Dense(2, name="b")], name="trained")
            model.compile(optimizer, "mse", run_eagerly=True)
            for _ in range(3):
                model.train_on_batch(x, y)
            model.save(scratch / name)
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), (scratch / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)
            for _ in range(3):
                model.train_on_batch(x, y)
            arrays[name] = np.asarray(model(x))
    np.savez_compressed(folder / "optimizers.npz", **arrays)


def deflated(path):
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


def make(case, index, folder, scratch):
    keras.backend.clear_session()
    keras.utils.set_random_seed(index)
    rng = np.random.default_rng(index)
    if isinstance(case, list):
        name, model = f"rows_{index - len(CASES)}", keras2_layers.packed(case)
        keras2_layers.draw_weights(model, rng)
        xs = keras2_layers.inputs_of(model, rng)
    else:
        name, model = case.__name__, case()
        for variable in model.weights:  # nothing at its initial value; variances stay positive
            value = rng.normal(size=variable.shape, scale=0.5)
            if variable.dtype.is_floating:
                variable.assign(np.abs(value) + 0.5 if "variance" in variable.name else value)
        xs = inputs_of(model, rng)
    outputs = model(xs if len(xs) > 1 else xs[0], training=False)
    kind = "dict" if isinstance(outputs, dict) else "list" if isinstance(outputs, list) else "one"
    ys = tf.nest.flatten(outputs)
    np.savez_compressed(folder / f"{name}.npz", **{f"x{i}": x for i, x in enumerate(xs)}, **{f"y{i}": np.asarray(y) for i, y in enumerate(ys)})
    model.save(scratch / "m.keras")
    (folder / f"{name}.keras").write_bytes(deflated(scratch / "m.keras"))
    model.save(scratch / "m.h5", save_format="h5")
    row = {"case": name, "inputs": len(xs), "outputs": len(ys), "form": kind, "compiled": model.optimizer is not None}
    return row, (scratch / "m.h5").read_bytes()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(folder / "h5.zip", "w") as h5:
        make_optimizers(folder, pathlib.Path(scratch))
        for index, case in enumerate([*CASES, *packed_rows(), *keras2_models.CASES]):
            row, content = make(case, index, folder, pathlib.Path(scratch))
            rows.append(row)
            h5.writestr(zipfile.ZipInfo(f"{row['case']}.h5", (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, 9)
    header = {"made_with": {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}, "command": "tools/make_keras2_golden.py tests/golden/keras2"}
    lines = ",\n  ".join(json.dumps(row) for row in rows)
    (folder / "cases.json").write_text(f'{{"made_with": {json.dumps(header["made_with"])},\n "command": {json.dumps(header["command"])},\n "cases": [\n  {lines}\n ]}}\n')


if __name__ == "__main__":
    main()
