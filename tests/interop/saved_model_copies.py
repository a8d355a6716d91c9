"""SavedModels of many kinds, copied by our program copy_saved_model: the copies hold the same messages, and compute the same.

Run by test_saved_model_files.py with the TensorFlow at hand, and as a program with another: saved_model_copies.py PROGRAM FOLDER
"""

import os
import pathlib
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from tensorflow.core.framework import graph_pb2  # noqa: E402
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2  # noqa: E402

V1 = tf.compat.v1
KERAS_2 = keras.__version__.startswith("2.")
X = np.linspace(-1, 1, 20, dtype="f").reshape(5, 4)

# What a reader may pass over: what others can do without.
LEFT_OUT = {
    "tensorflow.MetaGraphDef.MetaInfoDef": ("meta_graph_version", "stripped_op_list", "any_info", "tensorflow_git_version", "stripped_default_attrs", "function_aliases"),
    "tensorflow.NodeDef": ("experimental_debug_info", "experimental_type"),
    "tensorflow.OpDef": ("attr", "summary", "description"),
    "tensorflow.OpDef.ArgDef": ("description", "handle_data", "experimental_full_type"),
    "tensorflow.FunctionDef": ("resource_arg_unique_id",),
    "tensorflow.GraphDef": ("version", "debug_info"),
    "tensorflow.VersionDef": ("bad_consumers",),
    "tensorflow.SavedVariable": ("device",),
    "tensorflow.SavedObject": ("serialized_user_proto",),
    "tensorflow.SavedBareConcreteFunction": ("function_spec",),
    "tensorflow.FunctionSpec": ("jit_compile",),
}


def normal(message):
    """The message without what may be left out, its constants in one encoding, nothing that is empty."""
    name = message.DESCRIPTOR.full_name
    for field in LEFT_OUT.get(name, ()):
        message.ClearField(field)
    if name == "tensorflow.OpDef":
        message.control_output[:] = sorted(message.control_output)
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.full_name == "tensorflow.TensorProto" and not hasattr(value, "append"):
            if all(d.size >= 0 for d in value.tensor_shape.dim):
                getattr(message, field.name).CopyFrom(tf.make_tensor_proto(tf.make_ndarray(value), value.dtype))
        elif field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in value:
                    normal(value[key])
        elif hasattr(value, "append") or hasattr(value, "add"):
            for item in value:
                normal(item)
        else:
            normal(value)
            if field.containing_oneof is None and value.ByteSize() == 0:
                message.ClearField(field.name)
    if name == "tensorflow.StructuredValue" and message.WhichOneof("kind") is None:
        message.none_value.SetInParent()
    return message


def expect_equal(theirs, ours, label):
    a, b = normal(theirs), normal(ours)
    if a != b:
        left, right = (text_format.MessageToString(m).splitlines() for m in (a, b))
        for line, (p, q) in enumerate(zip(left, right)):
            assert p == q, f"{label}, line {line}: {left[max(0, line - 12):line + 3]} and {right[max(0, line - 12):line + 3]}"
        raise AssertionError(f"{label}: {len(left)} and {len(right)} lines")


def copy(program, path):
    out = path.with_name(path.name.replace(".", "_copy.", 1) if path.suffix else f"{path.name}_copy")
    subprocess.run([program, path, out], check=True, timeout=60)
    return out


def model():
    keras.utils.set_random_seed(2)
    inputs = keras.Input((4,), name="features")
    x = keras.layers.Dense(6, activation="tanh", name="a")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Reshape((3, 2), name="fold")(x)
    x = keras.layers.Conv1D(2, 2, name="conv")(x)
    x = keras.layers.Flatten(name="flat")(x)
    return keras.Model(inputs, [keras.layers.Dense(3, activation="softmax", name="probs")(x), keras.layers.Dropout(0.5)(x)], name="several")


class Module(tf.Module):
    """Control flow, a table, nested arguments, an asset, a gradient of its own, a vocabulary."""

    def __init__(self, folder):
        super().__init__()
        words = folder / "words.txt"
        words.write_text("one\ntwo\nthree\n")
        self.asset = tf.saved_model.Asset(str(words))
        self.table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(self.asset, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64,
                                                                             tf.lookup.TextFileIndex.LINE_NUMBER), -1)
        self.counts = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
        self.counts.insert(tf.constant(["two"]), tf.constant([22], tf.int64))
        self.w = tf.Variable(tf.random.stateless_normal([4, 3], seed=[1, 2]), name="w")
        self.count = tf.Variable(0, dtype=tf.int32, trainable=False)
        self.half = tf.Variable(tf.constant([1.5, -2], tf.float16))
        self.nested = {"list": [tf.Variable(1.0)], "tuple": (tf.Variable([2], dtype=tf.int64),)}

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
    def __call__(self, x):
        @tf.custom_gradient
        def clipped(v):
            return tf.clip_by_value(v, -1.0, 1.0), lambda g: g * 0.5

        self.count.assign_add(1)
        y = clipped(tf.matmul(x, self.w))
        for _ in tf.range(3):
            y = tf.where(tf.reduce_sum(y) > 0, y * 0.5, y + 1.0)
        return {"y": y, "half": tf.cast(self.half, tf.float32)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def look_up(self, words):
        return tf.stack([self.table.lookup(words), self.counts.lookup(words)])

    @tf.function
    def mixed(self, pair, scale=2.0, *, mode="up", flags=(True, None)):
        return {"sum": (pair[0] + pair[1]) * scale, "mode": tf.constant(mode)}


def save_v1(folder):
    with tf.Graph().as_default(), V1.Session() as session:
        x = V1.placeholder(tf.float32, [None, 4], name="x")
        w = V1.get_variable("w", [4, 2], use_resource=False, initializer=V1.constant_initializer(0.5))
        y = tf.add(tf.matmul(x, w), V1.get_variable("b", [2], use_resource=True), name="y")
        session.run(V1.global_variables_initializer())
        V1.saved_model.simple_save(session, str(folder / "v1"), {"x": x}, {"y": y})
        frozen = V1.graph_util.convert_variables_to_constants(session, session.graph.as_graph_def(), ["y"])
        (folder / "frozen.pb").write_bytes(frozen.SerializeToString())
        V1.train.Saver().export_meta_graph(str(folder / "model.meta"))


def answers(path):
    """What the SavedModel answers, signatures and functions."""
    loaded = tf.saved_model.load(str(path))
    found = {}
    for key in ("serving_default", "serve"):
        if key in loaded.signatures:
            function = loaded.signatures[key]
            names = list(function.structured_input_signature[1])
            found.update({f"{key}/{k}": v.numpy() for k, v in function(**{names[0]: tf.constant(X)}).items()})
    if hasattr(loaded, "look_up"):
        found["look_up"] = loaded.look_up(tf.constant(["two", "four"])).numpy()
        found["mixed"] = loaded.mixed((tf.constant(1.0), tf.constant(2.0)), 3.0, mode="down")["sum"].numpy()
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(loaded(tf.constant(X))["y"] ** 2)
        found["gradient"] = tape.gradient(loss, loaded.w).numpy()
        found["trainable"] = np.array([v.trainable for v in (loaded.w, loaded.count)])
        found["nested"] = loaded.nested["tuple"][0].numpy()
    return found


def same_messages(program, folder):
    for name in ("keras", "module", "v1"):
        theirs, ours = (saved_model_pb2.SavedModel.FromString((p / "saved_model.pb").read_bytes()) for p in (folder / name, copy(program, folder / name)))
        expect_equal(theirs, ours, name)
    expect_equal(*(graph_pb2.GraphDef.FromString(p.read_bytes()) for p in (folder / "frozen.pb", copy(program, folder / "frozen.pb"))), "frozen.pb")
    theirs = meta_graph_pb2.MetaGraphDef.FromString((folder / "model.meta").read_bytes())
    ours = saved_model_pb2.SavedModel.FromString(copy(program, folder / "model.meta").read_bytes())
    expect_equal(theirs, ours.meta_graphs[0], "model.meta")


def same_answers(program, folder):
    for name in ("keras", "module", "v1"):
        theirs, ours = answers(folder / name), answers(copy(program, folder / name))
        assert theirs.keys() == ours.keys() and theirs
        for key, value in theirs.items():
            np.testing.assert_array_equal(ours[key], value, err_msg=f"{name} {key}")
    if KERAS_2:
        theirs, ours = (keras.models.load_model(str(folder / n)) for n in ("keras", "keras_copy"))
        assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
        for a, b in zip(ours.predict(X, verbose=0), theirs.predict(X, verbose=0)):
            np.testing.assert_array_equal(a, b)
    with tf.Graph().as_default(), V1.Session() as session:
        V1.saved_model.load(session, ["serve"], str(folder / "v1_copy"))
        ours = session.run("y:0", {"x:0": X})
    np.testing.assert_array_equal(ours, answers(folder / "v1")["serving_default/y"])


def write(folder):
    built = model()
    if KERAS_2:
        built.compile("sgd", "mse")
        built.save(str(folder / "keras"), save_format="tf")
    else:
        built.export(str(folder / "keras"), verbose=False)
    module = Module(folder)
    pair = (tf.TensorSpec([], tf.float32), tf.TensorSpec([], tf.float32))
    module.mixed.get_concrete_function(pair, 3.0, mode="down")
    module.mixed.get_concrete_function(pair, flags=(False, "x"))
    tf.saved_model.save(module, str(folder / "module"), signatures=module.__call__)
    save_v1(folder)


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[2]))
    same_messages(sys.argv[1], pathlib.Path(sys.argv[2]))
    same_answers(sys.argv[1], pathlib.Path(sys.argv[2]))
