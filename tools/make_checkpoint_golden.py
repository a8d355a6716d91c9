#!/usr/bin/env python3
"""Writes tests/golden/checkpoints: checkpoints that real TensorFlow wrote, and what they hold.

    python tools/make_checkpoint_golden.py     # with TensorFlow 2.21 and Keras 3; again with TensorFlow 2.15 and Keras 2

tensors.json has, of each checkpoint, every tensor as TensorFlow reads it back: key, dtype, shape, bytes (hexadecimal) or strings.
predictions.json has what the saved models answer.
"""

import json
import os
import pathlib
import platform

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "checkpoints"
K = tf.keras
KERAS_2 = keras.__version__.startswith("2.")


def described(prefix):
    """Every tensor of the checkpoint, in the order of the index, as TensorFlow reads it."""
    reader = tf.train.load_checkpoint(str(prefix))
    shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    tensors = []
    for key in sorted(shapes, key=str.encode):
        entry = {"key": key, "dtype": dtypes[key].name.replace("half", "float16"), "shape": shapes[key]}
        if key != "_CHECKPOINTABLE_OBJECT_GRAPH":
            value = reader.get_tensor(key)
            if dtypes[key] == tf.string:
                entry["strings"] = [item.hex() for item in np.ravel(value)]
            else:
                entry["bytes"] = np.ascontiguousarray(value).tobytes().hex()
        tensors.append(entry)
    return tensors


def save_v2(prefix, tensors, slices=None):
    keys = sorted(tensors)  # the order of the index; elements lie in the order of this list
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=keys, shape_and_slices=slices or [""] * len(keys), tensors=[tensors[k] for k in keys])


def numbers(dtype, *shape):
    count = int(np.prod(shape, dtype=int))
    return tf.cast(tf.reshape(tf.range(count), shape), dtype)


def raw_bundles():
    """Bundles of plain tensors: every dtype, two shards, partitioned variables."""
    tensors = {f"numbers/{d.name}": numbers(d, 2, 3) for d in (tf.float32, tf.float64, tf.int32, tf.uint8, tf.int16, tf.int8, tf.int64,
                                                               tf.bfloat16, tf.uint16, tf.half, tf.uint32, tf.uint64)}
    tensors["numbers/bool"] = tf.constant([True, False, True])
    tensors["numbers/complex64"] = tf.constant([1 + 2j, 3 - 4j], tf.complex64)
    tensors["numbers/complex128"] = tf.constant([[1 + 2j]], tf.complex128)
    tensors["scalar"] = tf.constant(7, tf.int64)
    tensors["nothing"] = numbers(tf.float32, 0, 3)
    tensors["strings"] = tf.constant(["", "a", "x" * 300, "\xff\x00 bytes"])
    tensors["string"] = tf.constant("one")
    save_v2(FOLDER / "dtypes", tensors)

    for shard in range(2):
        part = {f"shard_{shard}/a": numbers(tf.float32, 3) + shard, f"shard_{shard}/b": numbers(tf.int32, 2, 2)}
        save_v2(f"{FOLDER}/part-{shard}", part)
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[f"{FOLDER}/part-{i}" for i in range(2)], destination_prefix=str(FOLDER / "sharded"), delete_old_dirs=False)

    def counting(shape, dtype=tf.float32, partition_info=None):
        start = sum(partition_info.var_offset) if partition_info is not None else 0
        return numbers(dtype, *shape) + 1000 * start

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for name, shape, parts, axis in (("rows", [300, 2], 3, 0), ("columns", [3, 130], 2, 1)):
            partitioner = tf.compat.v1.fixed_size_partitioner(parts, axis=axis)
            tf.compat.v1.get_variable(name, shape, partitioner=partitioner, use_resource=False, initializer=counting)
        tf.compat.v1.get_variable("plain", [2], use_resource=False)
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().save(session, str(FOLDER / "partitioned"), write_meta_graph=False, write_state=False)


def model(name="model_0"):
    K.utils.set_random_seed(1)
    layers = [K.layers.Dense(3, activation="tanh", name="dense_1"), K.layers.BatchNormalization(name="norm"), K.layers.Dense(2, name="dense_2")]
    sequential = K.Sequential([K.Input((4,))] + layers, name=name)
    sequential.compile(K.optimizers.Adam(0.01), "mse")
    sequential.fit(inputs(), np.ones((5, 2), "f"), epochs=3, batch_size=5, verbose=0)
    return sequential


def inputs():
    return np.linspace(-1, 1, 20, dtype="f").reshape(5, 4)


def models(word):
    """A small model with its optimizer's state, in each way that TensorFlow has of saving it."""
    answers = {}
    trained = model()
    answers[f"{word}_checkpoint"] = trained.predict(inputs(), verbose=0).tolist()
    tf.train.Checkpoint(model=trained).write(str(FOLDER / f"{word}_checkpoint"))
    if KERAS_2:
        trained.save_weights(str(FOLDER / "keras2_weights"))
        answers["keras2_weights"] = answers[f"{word}_checkpoint"]
        (FOLDER / "checkpoint").unlink()
    return answers


def name_based(answers):
    """What the Saver of TensorFlow 1 keeps: variables under their names."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        random = np.random.RandomState(3)
        values = {"dense_1/kernel": (4, 3), "dense_1/bias": (3,), "dense_2/kernel": (3, 2), "dense_2/bias": (2,)}
        values = {name: random.randn(*shape).astype("f") for name, shape in values.items()}
        for name, value in values.items():
            tf.compat.v1.get_variable(name, initializer=value)
        tf.compat.v1.train.get_or_create_global_step()
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().save(session, str(FOLDER / "name_based"), write_meta_graph=False, write_state=False)
    hidden = np.tanh(inputs() @ values["dense_1/kernel"] + values["dense_1/bias"])
    answers["name_based"] = (hidden @ values["dense_2/kernel"] + values["dense_2/bias"]).tolist()


V1 = tf.compat.v1
V1_OPTIMIZERS = {"v1_adam": lambda: V1.train.AdamOptimizer(0.01, beta2=0.99), "v1_momentum": lambda: V1.train.MomentumOptimizer(0.05, 0.9),
                 "v1_rmsprop": lambda: V1.train.RMSPropOptimizer(0.01, momentum=0.5, epsilon=1e-7)}


def of_tensorflow_1(answers):
    """After three steps of TensorFlow 1's optimizers, whose gradients are the weights; what the model answers after a fourth."""
    values = {"dense_1/kernel": (4, 3), "dense_1/bias": (3,), "dense_2/kernel": (3, 2), "dense_2/bias": (2,)}
    random = np.random.RandomState(4)
    values = {name: random.randn(*shape).astype("f") for name, shape in values.items()}
    for word, optimizer in V1_OPTIMIZERS.items():
        with tf.Graph().as_default(), V1.Session() as session:
            variables = {}
            with V1.variable_scope("net"):
                for name, value in values.items():
                    parts = V1.fixed_size_partitioner(2, axis=0) if (word, name) == ("v1_adam", "dense_1/kernel") else None
                    variables[name] = V1.get_variable(name, value.shape, partitioner=parts, use_resource=parts is None,
                                                      initializer=lambda shape, dtype, partition_info=None, value=value: slice_of(value, shape, partition_info))
            with V1.variable_scope("training" if word != "v1_adam" else V1.get_variable_scope()):  # names of slots in slices take no scope
                step = optimizer().minimize(sum(tf.reduce_sum(v ** 2) / 2 for v in V1.trainable_variables()))
            session.run(V1.global_variables_initializer())
            for _ in range(3):
                session.run(step)
            V1.train.Saver().save(session, str(FOLDER / word), write_meta_graph=False, write_state=False)
            session.run(step)
            last = {name: session.run(tf.convert_to_tensor(variable)) for name, variable in variables.items()}
        hidden = np.tanh(inputs() @ last["dense_1/kernel"] + last["dense_1/bias"])
        answers[word] = (hidden @ last["dense_2/kernel"] + last["dense_2/bias"]).tolist()


def slice_of(value, shape, partition_info):
    start = partition_info.var_offset[0] if partition_info is not None else 0
    return tf.constant(value[start:start + shape[0]])


def of_keras_in_a_graph(answers):
    """What the Saver keeps of a Keras model in a graph: the optimizer's state under other names again."""
    with tf.Graph().as_default(), V1.Session() as session:
        K.backend.set_session(session) if hasattr(K.backend, "set_session") else V1.keras.backend.set_session(session)
        layers = [K.layers.Dense(3, activation="tanh", name="dense_1"), K.layers.Dense(2, name="dense_2")]
        graph_model = K.Sequential([K.layers.InputLayer((4,))] + layers)
        graph_model.compile(K.optimizers.legacy.Adam(0.01), "mse")
        for _ in range(3):
            graph_model.train_on_batch(inputs(), np.ones((5, 2), "f"))
        V1.train.Saver().save(session, str(FOLDER / "v1_keras"), write_meta_graph=False, write_state=False)
        answers["v1_keras"] = graph_model.predict_on_batch(inputs()).tolist()


def update(name, more):
    path = FOLDER / name
    data = json.loads(path.read_text()) if path.exists() else {}
    data.update(more)
    path.write_text(json.dumps(data, indent=None, sort_keys=True) + "\n")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    word = "keras2" if KERAS_2 else "keras3"
    answers = models(word)
    if not KERAS_2:
        raw_bundles()
        name_based(answers)
        of_tensorflow_1(answers)
        update("predictions.json", {"inputs": inputs().tolist()})
    else:
        of_keras_in_a_graph(answers)
    update("predictions.json", answers)
    found = ["keras2_checkpoint", "keras2_weights", "v1_keras"] if KERAS_2 else ["keras3_checkpoint", "dtypes", "sharded", "partitioned", "name_based", *V1_OPTIMIZERS]
    update("tensors.json", {name: described(FOLDER / name) for name in found})
    update("manifest.json", {"command": "python tools/make_checkpoint_golden.py",
                             word: {"python": platform.python_version(), "tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__}})
