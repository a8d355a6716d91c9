#!/usr/bin/env python3
"""Writes tests/golden/archives: small files of real Keras and NumPy, and what is in them, for the tests of formats/.

Run by hand, never by the build, once with each Keras; each run writes its own part:

    python tools/make_archive_golden.py     # with Keras 3: Keras 3 archives, NPY and NPZ files
    python tools/make_archive_golden.py     # with Keras 2.15: Keras 2 archives
"""

import json
import os
import pathlib
import platform

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import h5py
import keras
import numpy as np
import zipfile

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "archives"
KERAS_2 = keras.__version__.startswith("2.")


def describe_archive(path):
    """The entries of the archive, the groups with their stored names, and every array of the weights, as h5py gives them."""
    groups, weights = [], []

    def visit(name, item):
        if isinstance(item, h5py.Group):
            groups.append({"path": name, "name": item.attrs.get("name")})
            return
        array = item[()]
        dtype = item.attrs.get("dtype", str(item.dtype))
        raw = array.tobytes().hex()
        weights.append({"path": name, "dtype": dtype, "shape": list(item.shape), "bytes": raw})

    with zipfile.ZipFile(path) as archive:
        entries = [{"name": info.filename, "size": info.file_size} for info in archive.infolist()]
        with archive.open("model.weights.h5") as file, h5py.File(file, "r") as weights_file:
            weights_file.visititems(visit)
    return {"entries": entries, "groups": groups, "weights": weights}


def save(model, name):
    path = FOLDER / f"{name}.keras"
    model.save(path)
    (FOLDER / f"{name}.json").write_text(json.dumps(describe_archive(path)) + "\n")


def train_a_step(model):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    inputs, outputs = model.input_shape[-1], model.output_shape[-1]
    x = np.linspace(-1, 1, 8 * inputs, dtype="float32").reshape(8, inputs)
    model.fit(x, np.ones((8, outputs), "float32"), epochs=1, verbose=0)


def sequential():
    layers = keras.layers
    return keras.Sequential([
        keras.Input((4,)),
        layers.Dense(3, activation="relu", name="hidden"),
        layers.BatchNormalization(name="norm"),
        layers.Dense(2, name="out"),
    ], name="model_0")


def nested():
    layers = keras.layers
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3, name="a"), layers.Dense(3, name="b")], name="encoder")
    x = keras.Input((3,), name="x")
    shared = layers.Dense(3, name="shared")
    y = layers.Add(name="sum")([shared(inner(x)), shared(x)])
    return keras.Model(x, layers.Dense(2, name="head")(y), name="nested")


def archives():
    keras.utils.set_random_seed(7)
    if KERAS_2:
        model = sequential()
        train_a_step(model)
        save(model, "keras2_sequential")
        model = nested()
        train_a_step(model)
        save(model, "keras2_nested")
        return
    model = sequential()
    train_a_step(model)
    save(model, "sequential_adam")
    model = nested()
    train_a_step(model)
    save(model, "nested_adam")
    policy = keras.dtype_policies.DTypePolicy("bfloat16")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, dtype=policy, name="half")], name="bfloat16")
    save(model, "bfloat16")


def numpy_files():
    """NPY and NPZ files with what should come out, or the code of the error that should."""
    folder = FOLDER / "npy"
    folder.mkdir(exist_ok=True)
    expected = {}

    def write(name, array, version=None, code=None):
        with open(folder / f"{name}.npy", "wb") as file:
            np.lib.format.write_array(file, np.asarray(array) if np.ndim(array) == 0 else array, version=version,
                                      allow_pickle=True)
        if code:
            expected[name] = {"code": code}
            return
        array = np.asarray(array)
        native = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).reshape(array.shape)
        expected[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "bytes": native.tobytes().hex()}

    for dtype in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"):
        values = np.arange(6).reshape(2, 3).astype(dtype)
        write(f"{values.dtype.name}", values)
        if values.dtype.itemsize > 1:
            write(f"{values.dtype.name}_big_endian", values.astype(values.dtype.newbyteorder(">")))
    cube = np.arange(24, dtype="i4").reshape(2, 3, 4)
    write("fortran_3d", np.asfortranarray(cube))
    write("fortran_big_endian", np.asfortranarray(cube.astype(">i4")))
    write("scalar", np.float32(2.5))
    write("one_axis", np.arange(3, dtype="f4"))
    write("empty", np.zeros((0, 3), "f4"))
    write("version_2", cube, version=(2, 0))
    write("version_3", cube, version=(3, 0))
    write("unicode", np.array(["a", "bc"]), code="unsupported")
    write("bytes", np.array([b"a", b"bc"]), code="unsupported")
    write("object", np.array([{}, 1], dtype=object), code="unsupported")
    write("record", np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]), code="unsupported")
    write("date", np.array(["2000-01-01"], dtype="M8[D]"), code="unsupported")
    write("nine_axes", np.zeros((1,) * 9, "f4"), code="unsupported")
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    arrays = {"x": cube.astype("f4"), "y": np.array([1, 0], "i8"), "a_b": np.asfortranarray(np.eye(2))}
    np.savez(folder / "stored.npz", **arrays)
    np.savez_compressed(folder / "deflated.npz", **arrays)


def write_manifest():
    path = FOLDER / "manifest.json"
    manifest = json.loads(path.read_text()) if path.exists() else {"command": "python tools/make_archive_golden.py"}
    manifest["keras2" if KERAS_2 else "keras3"] = {
        "python": platform.python_version(), "keras": keras.__version__, "numpy": np.__version__,
        "h5py": h5py.__version__}
    path.write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    archives()
    if not KERAS_2:
        numpy_files()
    write_manifest()
