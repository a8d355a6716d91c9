"""The same work in Keras: model.save, model.save_weights, load_model, model.load_weights; of checkpoints in TensorFlow: tf.train.Checkpoint, list_variables."""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["KERAS_BACKEND"] = "tensorflow"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import absl.logging
import cases
import keras
import numpy as np
import tensorflow as tf
from shared import numbers, programs

absl.logging.set_verbosity(absl.logging.ERROR)  # it warns of .h5 at each save


def make_model(size, quick):
    """The weights are zeros: a file or fill() gives them."""
    units = [shape[0] for shape in cases.shapes(size, quick) if len(shape) == 1]
    last = "softmax" if size == "small" else "relu"
    layers = [keras.layers.Dense(n, "relu", kernel_initializer="zeros") for n in units[:-1]]
    layers.append(keras.layers.Dense(units[-1], last, kernel_initializer="zeros"))
    model = keras.Sequential([keras.layers.Input((cases.shapes(size, quick)[0][0],)), *layers])
    return model


def fill(model):
    """Weight i holds the numbers of a block over and over, beginning with number 1000 i."""
    block = numbers.unit(numbers.KERNEL1, 1 << 20)
    for i, variable in enumerate(model.weights):
        variable.assign(np.resize(np.roll(block, -1000 * i), variable.shape))


def digest(model):
    """The sum over i of i times the sum of the 32-bit words of weight i, i from 1, modulo 2^64."""
    sums = (int(np.asarray(v).view(np.uint32).sum(dtype=np.uint64)) for v in model.weights)
    return sum((i + 1) * s for i, s in enumerate(sums)) % (1 << 64)


def memory(field):
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith(field))


def measured(arguments, prepare, work):
    """The least seconds of those that fit into one, and the bytes at the greatest peak beyond those before."""
    least, spent, peak = float("inf"), 0, 0
    for _ in range(2 if arguments.quick else 200):
        if spent >= 1:
            break
        prepare()
        before = memory("VmRSS:")
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        seconds = programs.seconds_of(work)
        peak = max(peak, memory("VmHWM:") - before)
        least = min(least, seconds)
        spent += seconds
    return least, peak


def save_to(model, form, path):
    if form == "checkpoint":
        tf.train.Checkpoint(model).write(path)
    elif form == "weights":
        model.save_weights(path)
    else:
        model.save(path)


def load_weights(model, form, path):
    if form == "checkpoint":
        tf.train.Checkpoint(model).read(path).assert_existing_objects_matched()
    else:
        model.load_weights(path)


def save(arguments, form, size):
    model = make_model(size, arguments.quick)
    fill(model)
    path, file = cases.path_of(form, size, "keras-"), cases.file_of(form, size, "keras-")

    def prepare():
        pathlib.Path(file).unlink(missing_ok=True)
        cases.settle(cases.file_of(form, size))

    result = measured(arguments, prepare, lambda: save_to(model, form, path))
    load_weights(model, form, path)
    os.unlink(file)
    return *result, digest(model)


def load(arguments, form, size):
    path = cases.path_of(form, size)
    into_a_model = form in ("weights", "checkpoint")
    kept = [make_model(size, arguments.quick)] if into_a_model else []

    def prepare():
        if not into_a_model:
            kept.clear()
        cases.settle(cases.file_of(form, size))

    def work():
        load_weights(kept[0], form, path) if into_a_model else kept.append(keras.saving.load_model(path, compile=False))

    seconds, extra = measured(arguments, prepare, work)
    if not into_a_model:
        extra -= sum(4 * int(np.prod(shape)) for shape in cases.shapes(size, arguments.quick))
    return seconds, extra, digest(kept[0])


def list_names(arguments, form, size):
    path = cases.path_of(form, size)
    found = []

    def work():
        found[:] = tf.train.list_variables(path)

    cases.settle(path + ".index")
    result = measured(arguments, lambda: None, work)
    return *result, sum(4 * int(np.prod(shape)) for name, shape in found if not name.startswith(("_", "namesake/")))


def main():
    arguments = programs.parse(__doc__)
    for name in cases.NAMES:
        if not programs.wants(arguments, name):
            continue
        work, form, size = name.split("_")
        seconds, extra, found = {"save": save, "load": load, "list": list_names}[work](arguments, form, size)
        extra /= os.path.getsize(cases.file_of(form, size))
        if arguments.json:
            line = {"case": name, "program": "keras", "seconds": seconds, "extra": extra, "digest": found}
            print(json.dumps(line), flush=True)
        else:
            print(f"{name:20} {seconds:12.6g} s   extra memory {extra:.4g} of the file   digest {found}", flush=True)


if __name__ == "__main__":
    main()
