#!/usr/bin/env python3
"""Writes tests/golden/saved_models: SavedModels and graphs that real TensorFlow and Keras wrote, and what they hold.

    python tools/make_saved_model_golden.py     # with TensorFlow 2.21 and Keras 3; again with TensorFlow 2.15 and Keras 2

content.json has, of each file, what TensorFlow's own messages say: signatures, functions, nodes by op, objects. constants.json has the
elements of each constant of constants.pb, as TensorFlow reads them. answers.json has what TensorFlow computes by each file's signatures.
"""

import collections
import json
import os
import pathlib
import platform
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2
from tensorflow.python.saved_model.fingerprinting_utils import write_fingerprint

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "saved_models"
KERAS_2 = keras.__version__.startswith("2.")
V1 = tf.compat.v1


def shape_of(message):
    return None if message.unknown_rank else [d.size for d in message.dim]


def signature_tensors(entries):
    return [{"key": k, "tensor": entries[k].name, "dtype": entries[k].dtype, "shape": shape_of(entries[k].tensor_shape)} for k in sorted(entries)]


def by_op(nodes):
    return dict(sorted(collections.Counter(n.op for n in nodes).items()))


def graph_content(graph):
    return {"ops": by_op(graph.node), "nodes": [n.name for n in graph.node], "producer": graph.versions.producer, "functions": [
        {"name": f.signature.name, "arguments": [[a.name, a.type] for a in f.signature.input_arg], "results": [a.name for a in f.signature.output_arg],
         "returns": dict(sorted(f.ret.items())), "ops": by_op(f.node_def), "inputs": [list(n.input) for n in f.node_def],
         "stateful": f.signature.is_stateful} for f in graph.library.function]}


def meta_content(meta):
    objects = meta.object_graph_def
    return {"tags": list(meta.meta_info_def.tags), "graph": graph_content(meta.graph_def),
            "signatures": [{"key": k, "method": s.method_name, "inputs": signature_tensors(s.inputs), "outputs": signature_tensors(s.outputs)}
                           for k, s in sorted(meta.signature_def.items())],
            "saver": meta.saver_def.restore_op_name if meta.HasField("saver_def") else None,
            "collections": sorted(meta.collection_def),
            "assets": [a.filename for a in meta.asset_file_def],
            "objects": [{"kind": o.WhichOneof("kind") or "", "children": [[c.local_name, c.node_id] for c in o.children],
                         "variable": [o.variable.name, o.variable.dtype, shape_of(o.variable.shape), o.variable.trainable] if o.HasField("variable") else None}
                        for o in objects.nodes],
            "concrete_functions": {k: list(f.bound_inputs) for k, f in sorted(objects.concrete_functions.items())}}


def content(path):
    data = (path / "saved_model.pb" if path.is_dir() else path).read_bytes()
    if path.is_dir():
        return {"meta_graphs": [meta_content(m) for m in saved_model_pb2.SavedModel.FromString(data).meta_graphs]}
    if path.suffix == ".meta":
        return {"meta_graphs": [meta_content(meta_graph_pb2.MetaGraphDef.FromString(data))]}
    return {"graph": graph_content(graph_pb2.GraphDef.FromString(data))}


def without_debug_info(path):
    """Call stacks name this machine's folders, and are of no use to a reader; the fingerprint is made anew, of the file without them."""
    file = path / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for meta in model.meta_graphs:
        meta.graph_def.ClearField("debug_info")
        meta.meta_info_def.ClearField("stripped_op_list")
    file.write_bytes(model.SerializeToString(deterministic=True))
    shutil.rmtree(path / "assets", ignore_errors=True)
    write_fingerprint(str(path))


def keras_model():
    keras.utils.set_random_seed(3)
    inputs = keras.Input((4,), name="features")
    x = keras.layers.Dense(3, activation="relu", name="hidden")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax", name="probs")(x), name="small")


class Affine(tf.Module):
    """A module with a second signature, nested arguments, a control flow op, a shared variable and a list."""

    def __init__(self):
        super().__init__(name="affine")
        self.w = tf.Variable(np.arange(6, dtype="float32").reshape(2, 3), name="w")
        self.steps = tf.Variable(0, dtype=tf.int64, trainable=False, name="steps")
        self.again = [self.w, tf.Variable([1.0, 2.0, 3.0], name="b")]

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def __call__(self, x):
        self.steps.assign_add(1)
        return tf.matmul(x, self.w) + self.again[1]

    @tf.function
    def scaled(self, inputs, factor=2.0, *, clip=False):
        y = self(inputs["x"]) * factor
        return {"y": tf.cond(tf.reduce_sum(y) > 0, lambda: y, lambda: -y), "clip": tf.constant(clip)}


def write_keras_3(folder):
    keras_model().export(str(folder / "keras3"), verbose=False)
    return ["keras3"]


def write_keras_2(folder):
    model = keras_model()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.save(str(folder / "keras2"), save_format="tf", include_optimizer=False)
    return ["keras2"]


def write_module(folder):
    module = Affine()
    scaled = module.scaled.get_concrete_function({"x": tf.TensorSpec([None, 2], tf.float32)}, clip=True)
    tf.saved_model.save(module, str(folder / "module"), signatures={"serving_default": module.__call__, "scaled": scaled})
    return ["module"]


def write_v1(folder):
    """TensorFlow 1: reference variables, collections, a table's file; the same graph frozen; and a MetaGraphDef."""
    vocabulary = folder / "words.txt"
    vocabulary.write_text("one\ntwo\n")
    with tf.Graph().as_default(), V1.Session() as session:
        x = V1.placeholder(tf.float32, [None, 3], name="x")
        w = V1.get_variable("w", [3, 2], use_resource=False, initializer=V1.constant_initializer(0.5))
        b = V1.get_variable("b", [2], use_resource=True, initializer=V1.zeros_initializer(), trainable=False)
        y = tf.add(tf.matmul(x, w), b, name="y")
        asset = tf.constant(str(vocabulary), name="words")
        V1.add_to_collection(V1.GraphKeys.ASSET_FILEPATHS, asset)
        session.run(V1.global_variables_initializer())
        builder = V1.saved_model.builder.SavedModelBuilder(str(folder / "builder"))
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": V1.saved_model.predict_signature_def({"x": x}, {"y": y})},
                                             assets_collection=V1.get_collection(V1.GraphKeys.ASSET_FILEPATHS))
        builder.save()
        frozen = V1.graph_util.convert_variables_to_constants(session, session.graph.as_graph_def(), ["y"])
        (folder / "frozen.pb").write_bytes(frozen.SerializeToString(deterministic=True))
        V1.train.Saver().export_meta_graph(str(folder / "model.meta"), clear_devices=True, strip_default_attrs=True)
        meta = meta_graph_pb2.MetaGraphDef.FromString((folder / "model.meta").read_bytes())
        meta.meta_info_def.ClearField("stripped_op_list")
        (folder / "model.meta").write_bytes(meta.SerializeToString(deterministic=True))
    vocabulary.unlink()
    assets = folder / "builder" / "assets" / "words.txt"
    kept = assets.read_bytes()
    without_debug_info(folder / "builder")
    assets.parent.mkdir()
    assets.write_bytes(kept)
    return ["builder", "frozen.pb", "model.meta"]


def write_constants(folder):
    """Constants in every encoding; what TensorFlow makes of them."""
    graph = graph_pb2.GraphDef()
    expected = {}

    def add(name, message):
        node = graph.node.add(name=name, op="Const")
        node.attr["dtype"].type = message.dtype
        node.attr["value"].tensor.CopyFrom(message)
        with tf.Graph().as_default(), V1.Session() as session:
            tf.import_graph_def(graph_pb2.GraphDef(node=[node]), name="")
            value = session.run(f"{name}:0")
        entry = {"dtype": tf.dtypes.as_dtype(message.dtype).name.replace("half", "float16"), "shape": list(np.shape(value))}
        if message.dtype == tf.string.as_datatype_enum:
            entry["strings"] = [s.hex() for s in np.ravel(value)]
        else:
            entry["bytes"] = np.ascontiguousarray(value).tobytes().hex()
        expected[name] = entry

    numbers = (tf.float32, tf.float64, tf.int32, tf.uint8, tf.int16, tf.int8, tf.int64, tf.bfloat16, tf.uint16, tf.half, tf.uint32, tf.uint64,
               tf.bool, tf.complex64, tf.complex128)
    for dtype in numbers:
        values = np.array([0, 1, 3, 250]).astype(dtype.as_numpy_dtype)
        whole = tf.make_tensor_proto(values.reshape(2, 2), dtype)
        add(f"{dtype.name}/content", whole)
        one = tf.make_tensor_proto(values[2], dtype)  # in the list of its kind
        add(f"{dtype.name}/list", one)
        for size in (3, 0):
            one.tensor_shape.ClearField("dim")
            one.tensor_shape.dim.add().size = size
            add(f"{dtype.name}/splat_{size}", one)
        zeros = type(one)(dtype=one.dtype)
        zeros.tensor_shape.dim.add().size = 2
        add(f"{dtype.name}/none", zeros)
    add("string/list", tf.make_tensor_proto(np.array([b"", b"a", b"\xff\x00"], dtype=object)))
    one = tf.make_tensor_proto(["ab"])
    one.tensor_shape.dim[0].size = 3
    add("string/splat", one)
    (folder / "constants.pb").write_bytes(graph.SerializeToString(deterministic=True))
    (folder / "constants.json").write_text(json.dumps(expected) + "\n")


def write_objects(folder):
    """The objects of the module and a small function: for what is tried on many changed copies."""
    model = saved_model_pb2.SavedModel.FromString((folder / "module" / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    graph.ClearField("node")
    small = min(graph.library.function, key=lambda function: function.ByteSize() if function.arg_attr else 1 << 20)
    del graph.library.function[:]
    graph.library.function.append(small)
    (folder / "objects.pb").write_bytes(model.SerializeToString(deterministic=True))


def arrays(named):
    return {name: {"shape": list(np.shape(value)), "values": np.asarray(value, "float64").ravel().tolist()} for name, value in named.items()}


def answers(path):
    """What each signature makes of some rows: {signature: {"inputs", "outputs", and of the variables that TensorFlow trains "gradients" of the outputs' sum}}."""
    if not path.is_dir():
        with tf.Graph().as_default(), V1.Session() as session:
            tf.import_graph_def(graph_pb2.GraphDef.FromString(path.read_bytes()), name="")
            x = np.linspace(-1, 1, 9, dtype="float32").reshape(3, 3)
            return {"serving_default": {"inputs": arrays({"x": x}), "outputs": arrays({"y": session.run("y:0", {"x:0": x})})}}
    found = {}
    loaded = tf.saved_model.load(str(path), tags=["serve"])
    for key, signature in sorted(loaded.signatures.items()):
        specs = signature.structured_input_signature[1]
        inputs = {name: np.linspace(-1, 1, 3 * spec.shape[1], dtype="float32").reshape(3, spec.shape[1]) for name, spec in specs.items()}
        with tf.GradientTape() as tape:
            outputs = signature(**{name: tf.constant(value) for name, value in inputs.items()})
            total = sum(tf.reduce_sum(tf.cast(value, tf.float32) ** 2) for value in outputs.values())
        variables = tape.watched_variables()
        gradients = {v.name.split(":")[0]: g for v, g in zip(variables, tape.gradient(total, variables), strict=True) if g is not None}
        found[key] = {"inputs": arrays(inputs), "outputs": arrays(outputs), "gradients": arrays(gradients)}
    return found


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    merged = FOLDER / "content.json"
    known = json.loads(merged.read_text()) if merged.exists() else {"made_by": {}, "files": {}}
    for name in ("keras2",) if KERAS_2 else ("keras3", "module", "builder"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
    writers = (write_keras_2,) if KERAS_2 else (write_keras_3, write_module, write_v1)
    for writer in writers:
        for name in writer(FOLDER):
            path = FOLDER / name
            if path.is_dir() and name != "builder":
                without_debug_info(path)
            known["files"][name] = content(path)
    if not KERAS_2:
        write_constants(FOLDER)
        write_objects(FOLDER)
    known["made_by"]["keras2" if KERAS_2 else "keras3, module, builder, frozen.pb, model.meta, constants.pb"] = {
        "tensorflow": tf.__version__, "keras": keras.__version__, "python": platform.python_version()}
    merged.write_text(json.dumps(known, sort_keys=True) + "\n")
    computed = {name: answers(FOLDER / name) for name in ("keras2", "keras3", "module", "builder", "frozen.pb") if (FOLDER / name).exists()}
    (FOLDER / "answers.json").write_text(json.dumps(computed, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
