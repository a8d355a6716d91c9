"""What a Python with TensorFlow (2.15 with Keras 2, or a later one with Keras 3) makes of a folder of saved_models: of each model one line of JSON, the
readers that did not agree and why.

    python saved_model_checks.py FOLDER NAME...
"""

import ctypes
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.core.protobuf import fingerprint_pb2  # noqa: E402
from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting  # noqa: E402

KERAS_2 = keras.__version__.startswith("2.")
TOLERANCE = 1e-5


def close(ours, theirs):
    assert len(ours) == len(theirs), f"{len(theirs)} outputs, not {len(ours)}"
    for i, (a, b) in enumerate(zip(ours, theirs)):
        b = np.asarray(b)
        assert a.shape == b.shape, f"output {i}: {b.shape}, not {a.shape}"
        np.testing.assert_allclose(b.astype("f"), a, rtol=0, atol=TOLERANCE, err_msg=f"output {i}")


class Case:
    def __init__(self, folder, said):
        self.path, self.said = str(folder / said["name"]), said
        with np.load(folder / f"{said['name']}.npz") as arrays:
            self.x = [arrays[k] for k in sorted(arrays) if k[0] == "x"]
            self.y = [arrays[k] for k in sorted(arrays) if k[0] == "y"]
        self.loaded = tf.saved_model.load(self.path)

    def inputs(self):
        """As the model is called."""
        tensors = [tf.constant(x) for x in self.x]
        if self.said["name"] == "by_name":
            return dict(zip(self.said["inputs"], tensors))
        return tensors if len(tensors) > 1 else tensors[0]

    def outputs(self, result):
        if isinstance(result, dict):
            assert sorted(result) == sorted(self.said["outputs"])
            return [result[k] for k in self.said["outputs"]]
        return list(result) if isinstance(result, (list, tuple)) else [result]

    def keyed(self):
        return {key: tf.constant(x) for key, x in zip(self.said["inputs"], self.x)}

    # Readers: each raises if it does not agree.

    def calls(self):
        close(self.y, self.outputs(self.loaded(self.inputs())))
        close(self.y, self.outputs(self.loaded.serve(self.inputs())))

    def signature(self):
        function = self.loaded.signatures["serving_default"]
        assert sorted(function.structured_input_signature[1]) == sorted(self.said["inputs"])
        close(self.y, self.outputs(function(**self.keyed())))

    def fingerprint(self):
        """Every hash is the one that TensorFlow computes of this folder."""
        stored = tf.saved_model.experimental.read_fingerprint(self.path)
        computed = fingerprint_pb2.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(self.path))
        for name in ("saved_model_checksum", "graph_def_program_hash", "signature_def_hash", "saved_object_graph_hash", "checkpoint_hash"):
            assert getattr(stored, name) == getattr(computed, name) != 0, name

    def any_batch(self):
        one = [x[:1] for x in self.x]
        close([y[:1] for y in self.y], self.outputs(self.loaded.signatures["serving_default"](**{k: tf.constant(v) for k, v in zip(self.said["inputs"], one)})))

    def names(self):
        assert {v.name.removesuffix(":0"): v.trainable for v in self.loaded.variables} == self.said["weights"]
        assert [v.name.removesuffix(":0") for v in self.loaded.trainable_variables] == [n for n, trainable in self.said["weights"].items() if trainable]

    def training(self):
        """A step of gradient descent makes the loss smaller."""
        variables = self.loaded.trainable_variables
        if not variables:
            return
        before = [v.numpy() for v in variables]

        def loss():
            return sum(tf.reduce_mean((tf.cast(out, tf.float32) - 1.0) ** 2) for out in self.outputs(self.loaded(self.inputs())))

        with tf.GradientTape() as tape:
            first = loss()
        gradients = tape.gradient(first, list(variables))
        assert all(g is not None for g in gradients), [v.name for v, g in zip(variables, gradients) if g is None]
        for v, g in zip(variables, gradients):
            v.assign_sub(0.01 * tf.convert_to_tensor(g))
        assert loss() < first, (float(first), float(loss()))
        for v, value in zip(variables, before):
            v.assign(value)

    def saved_again(self):
        again = self.path + "_again"
        tf.saved_model.save(self.loaded, again)
        loaded = tf.saved_model.load(again)
        close(self.y, self.outputs(loaded(self.inputs())))
        assert [v.name for v in loaded.variables] == [v.name for v in self.loaded.variables]

    def tensorflow_1(self):
        with tf.compat.v1.Session(graph=tf.Graph()) as session:
            meta = tf.compat.v1.saved_model.load(session, ["serve"], self.path)
            signature = meta.signature_def["serving_default"]
            feed = {signature.inputs[k].name: x for k, x in zip(self.said["inputs"], self.x)}
            close(self.y, session.run([signature.outputs[k].name for k in self.said["outputs"]], feed))
            if meta.HasField("saver_def"):  # what saves the variables from inside the graph
                prefix = self.path + "_v1"
                saver = meta.saver_def
                session.run(saver.save_tensor_name, {saver.filename_tensor_name: prefix})
                stored = tf.train.load_checkpoint(prefix)
                assert len(stored.get_variable_to_shape_map()) >= len(self.said["weights"])

    def c_api(self):
        close(self.y, run_in_c(self.path, self.said, self.x))

    def as_layer(self):
        if KERAS_2:
            return
        given = self.inputs()
        close(self.y, self.outputs(keras.layers.TFSMLayer(self.path, call_endpoint="serve")(given)))
        layer = keras.layers.TFSMLayer(self.path, call_endpoint="serving_default")
        assert len(layer.trainable_weights) == sum(self.said["weights"].values())
        if len(self.x) == 1:  # signatures take keywords, a layer's call gives one argument
            close(self.y, self.outputs(layer(given)))

    def keras_2(self):
        if not KERAS_2 or "Keras 2" not in self.said["opened_by"]:
            return
        model = tf.keras.models.load_model(self.path, custom_objects=custom_objects())
        assert type(model).__name__ in ("Sequential", "Functional", "Towers"), type(model)
        assert sorted(w.name.removesuffix(":0") for w in model.weights) == sorted(self.said["weights"])
        assert sorted(w.name.removesuffix(":0") for w in model.trainable_weights) == sorted(n for n, trainable in self.said["weights"].items() if trainable)
        given = dict(zip(self.said["inputs"], self.x)) if self.said["name"] == "by_name" else self.x if len(self.x) > 1 else self.x[0]
        predicted = model.predict(given, verbose=0)
        close(self.y, self.outputs(predicted))
        if self.said["name"] == "trained":
            assert type(model.optimizer).__name__ == "Adam" and float(model.optimizer.learning_rate) == np.float32(0.01)
            assert sorted(model.evaluate(self.x[0], self.y[0], verbose=0, return_dict=True)) == ["loss", "mean_absolute_error"]
        else:
            model.compile("sgd", "mse")
        target = dict(zip(self.said["outputs"], self.y)) if self.said["name"] == "by_name" else self.y
        if self.said["weights"]:
            history = model.fit(given, target, epochs=2, verbose=0)
            assert np.isfinite(history.history["loss"]).all()


READERS = ("fingerprint", "calls", "signature", "any_batch", "names", "training", "tensorflow_1", "c_api", "as_layer", "saved_again", "keras_2")


def custom_objects():
    class CustomDense(keras.layers.Layer):
        def __init__(self, units=1, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, shape):
            self.weight = self.add_weight(name="weight", shape=(shape[-1], self.units))
            self.bias = self.add_weight(name="bias", shape=(self.units,))

        def call(self, x):
            return tf.matmul(x, self.weight) + self.bias

    class Towers(keras.Model):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.left = keras.layers.Dense(units, activation="tanh", name="left")
            self.right = keras.Sequential([keras.layers.Dense(units, name="first"), keras.layers.Dense(units, name="dense")], name="right")

        def call(self, x):
            return self.left(x) * self.right(x)

    class Recurrence(keras.layers.Layer):
        def build(self, shape):
            self.recurrent = self.add_weight(name="recurrent", shape=(shape[-1], shape[-1]))

        def call(self, x):
            h = tf.zeros_like(x[:, 0])
            for t in tf.range(tf.shape(x)[1]):
                h = tf.tanh(x[:, t] + 1.5 * tf.matmul(h, self.recurrent))
            return h

    return {"Custom>CustomDense": CustomDense, "Custom>Towers": Towers, "Custom>Recurrence": Recurrence}


class TFOutput(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


def c_library():
    library = ctypes.CDLL(str(pathlib.Path(tf.__file__).parent / "libtensorflow_cc.so.2"))
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    for name, result, arguments in (
            ("TF_NewStatus", pointer, []), ("TF_NewGraph", pointer, []), ("TF_NewSessionOptions", pointer, []), ("TF_GetCode", number, [pointer]), ("TF_Message", text, [pointer]),
            ("TF_GraphOperationByName", pointer, [pointer, text]), ("TF_TensorData", pointer, [pointer]), ("TF_TensorByteSize", ctypes.c_size_t, [pointer]),
            ("TF_AllocateTensor", pointer, [number, pointer, number, ctypes.c_size_t]), ("TF_NumDims", number, [pointer]), ("TF_Dim", ctypes.c_int64, [pointer, number]),
            ("TF_LoadSessionFromSavedModel", pointer, [pointer, pointer, text, pointer, number, pointer, pointer, pointer]),
            ("TF_SessionRun", None, [pointer, pointer, pointer, pointer, number, pointer, pointer, number, pointer, number, pointer, pointer])):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def run_in_c(path, said, arrays):
    """The outputs of serving_default by TensorFlow's C API; the names of its tensors are TensorFlow's own reading of the file."""
    from tensorflow.core.protobuf import saved_model_pb2

    file = saved_model_pb2.SavedModel()
    file.ParseFromString((pathlib.Path(path) / "saved_model.pb").read_bytes())
    signature = file.meta_graphs[0].signature_def["serving_default"]
    c = c_library()
    status, graph = c.TF_NewStatus(), c.TF_NewGraph()

    def check():
        assert c.TF_GetCode(status) == 0, c.TF_Message(status)

    tags = (ctypes.c_char_p * 1)(b"serve")
    session = c.TF_LoadSessionFromSavedModel(c.TF_NewSessionOptions(), None, path.encode(), tags, 1, graph, None, status)
    check()

    def place(name):
        node, _, index = name.partition(":")
        operation = c.TF_GraphOperationByName(graph, node.encode())
        assert operation, name
        return TFOutput(operation, int(index))

    inputs = (TFOutput * len(arrays))(*[place(signature.inputs[k].name) for k in said["inputs"]])
    values = (ctypes.c_void_p * len(arrays))()
    for i, (key, array) in enumerate(zip(said["inputs"], arrays)):
        dims = (ctypes.c_int64 * array.ndim)(*array.shape)
        values[i] = c.TF_AllocateTensor(signature.inputs[key].dtype, dims, array.ndim, array.nbytes)
        ctypes.memmove(c.TF_TensorData(values[i]), np.ascontiguousarray(array).ctypes.data, array.nbytes)
    outputs = (TFOutput * len(said["outputs"]))(*[place(signature.outputs[k].name) for k in said["outputs"]])
    results = (ctypes.c_void_p * len(outputs))()
    c.TF_SessionRun(session, None, inputs, values, len(inputs), outputs, results, len(outputs), None, 0, None, status)
    check()
    found = []
    for key, result in zip(said["outputs"], results):
        shape = [c.TF_Dim(result, i) for i in range(c.TF_NumDims(result))]
        bytes_ = ctypes.string_at(c.TF_TensorData(result), c.TF_TensorByteSize(result))
        found.append(np.frombuffer(bytes_, tf.dtypes.as_dtype(signature.outputs[key].dtype).as_numpy_dtype).reshape(shape))
    return found


def main(folder, names):
    folder = pathlib.Path(folder)
    for line in (folder / "said.jsonl").read_text().splitlines():
        said = json.loads(line)
        if names and said["name"] not in names:
            continue
        failed = {}
        try:
            case = Case(folder, said)
            for reader in READERS:
                try:
                    getattr(case, reader)()
                except Exception as error:  # noqa: BLE001: all of them are wanted
                    failed[reader] = f"{type(error).__name__}: {error}"[:600]
        except Exception as error:  # noqa: BLE001
            failed["load"] = f"{type(error).__name__}: {error}"[:600]
        print("=> " + json.dumps({"name": said["name"], "failed": failed}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
