"""What a layer gives, as rows for tests/golden/layers_golden_test.cpp: write the cases of a family with

    write_layer_cases(folder, "conv", [layer_case("conv2d_same", keras.layers.Conv2D(3, 2, padding="same"), [(2, 5, 4, 3)])])

layers/<family>.json: {"cases": [{"case", "layer", "training", "inputs", "weights", "outputs", "tolerance", "gradient_tolerance", "call"?}]}
  layer: the layer as Keras serialises it; inputs, outputs: the number of tensors; weights: their names, in Keras's order.
  call: {"positional", "list", "named", "values"}, where the inputs are not all there is to the call: how many come by position, whether as one
  list, the names of the others, and the arguments that are no tensors.
layers/<family>.npz, for the case C and tensor i:
  C/in<i>, C/mask<i> (Keras's mask of an input, if it has one), C/weight<i>; C/out<i>, C/outmask<i> (if the output has one);
  C/cotangent<i>, a random tensor like output i; C/gradin<i>, C/gradweight<i>, the gradients of the sum of outputs times cotangents
  (absent where nothing depends on the tensor); C/after<i>, a weight that the call has changed; C/losses, the layer's losses, one by one.
"""

import keras
import numpy as np
import tensorflow as tf

from golden.common import rng_for, write_arrays, write_rows


def layer_case(name, layer, inputs, *, training=False, masks=None, weights=None, call=None, tolerance=1e-5, gradient_tolerance=1e-4):
    """`inputs`: arrays, or shapes to be filled with normal numbers; more than one for a layer of several inputs. `call`: by_arguments(...).
    `masks`: one bool array (or None) for each input. `weights`: their values, normal numbers if nothing is said."""
    rng = rng_for(name)
    arrays = [rng.normal(size=x).astype(np.float32) if isinstance(x, tuple) else np.asarray(x) for x in inputs]
    return {"name": name, "layer": layer, "inputs": arrays, "masks": masks or [None] * len(arrays), "training": training,
            "weights": weights, "call": call, "tolerance": tolerance, "gradient_tolerance": gradient_tolerance, "rng": rng}


def by_arguments(positional, named=(), as_list=False, **values):
    """layer(a, b, key=c, use_causal_mask=True): by_arguments(2, ["key"], use_causal_mask=True)."""
    return {"positional": positional, "list": as_list, "named": list(named), "values": values}


def called(case, inputs, **more):
    call = case["call"]
    if call is None:
        return case["layer"](inputs[0] if len(inputs) == 1 else inputs, **more)
    args = inputs[:call["positional"]]
    named = dict(zip(call["named"], inputs[call["positional"]:], strict=True))
    return case["layer"](*([args] if call["list"] else args), **named, **call["values"], **more)


def fill_weights(case):
    layer = case["layer"]
    values = case["weights"]
    if values is None:
        values = []
        for weight in layer.weights:
            value = case["rng"].normal(size=weight.shape) * 0.5
            values.append(np.abs(value) + 0.5 if "variance" in weight.name else value)
    for weight, value in zip(layer.weights, values, strict=True):
        weight.assign(np.asarray(value, dtype=weight.dtype))
    if hasattr(layer, "finalize_state"):  # Normalization computes with copies
        layer.finalize_state()


def flat(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def run(case):
    layer, name = case["layer"], case["name"]
    inputs = [tf.constant(x) for x in case["inputs"]]
    first = keras.tree.map_structure(lambda x: keras.KerasTensor(x.shape, dtype=x.dtype.name), inputs)
    called(case, first)  # builds
    fill_weights(case)
    before = [weight.numpy() for weight in layer.weights]
    for x, mask in zip(inputs, case["masks"]):
        if mask is not None:
            keras.src.backend.set_keras_mask(x, tf.constant(mask))
    arrays = {f"{name}/in{i}": x for i, x in enumerate(case["inputs"])}
    arrays |= {f"{name}/mask{i}": mask for i, mask in enumerate(case["masks"]) if mask is not None}
    arrays |= {f"{name}/weight{i}": value for i, value in enumerate(before)}
    watched = [x for x in inputs if x.dtype.is_floating]
    weights = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        outputs = flat(called(case, inputs, training=case["training"]))
        cotangents = [case["rng"].normal(size=y.shape).astype(np.float32) for y in outputs]
        total = tf.add_n([tf.reduce_sum(tf.cast(y, tf.float32) * c) for y, c in zip(outputs, cotangents)])
    gradients = tape.gradient(total, watched + weights)
    for i, (y, cotangent) in enumerate(zip(outputs, cotangents)):
        arrays |= {f"{name}/out{i}": y.numpy(), f"{name}/cotangent{i}": cotangent}
        mask = keras.src.backend.get_keras_mask(y)
        if mask is not None:
            arrays[f"{name}/outmask{i}"] = np.asarray(mask)
    places = [f"gradin{i}" for i, x in enumerate(inputs) if x.dtype.is_floating]
    places += [f"gradweight{i}" for i, weight in enumerate(layer.weights) if weight.trainable]
    for place, gradient in zip(places, gradients, strict=True):
        if gradient is not None:
            arrays[f"{name}/{place}"] = tf.convert_to_tensor(gradient).numpy()
    for i, weight in enumerate(layer.weights):
        if not np.array_equal(weight.numpy(), before[i]):
            arrays[f"{name}/after{i}"] = weight.numpy()
    if layer.losses:
        arrays[f"{name}/losses"] = np.array([float(loss) for loss in layer.losses], dtype=np.float32)
    row = {"case": name, "layer": keras.saving.serialize_keras_object(layer), "training": case["training"], "inputs": len(inputs),
           "weights": [weight.name for weight in layer.weights], "outputs": len(outputs), "tolerance": case["tolerance"],
           "gradient_tolerance": case["gradient_tolerance"]}
    if case["call"] is not None:
        row["call"] = case["call"]
    return row, arrays


def write_layer_cases(folder, family, cases):
    rows, arrays = [], {}
    for case in cases:
        row, more = run(case)
        assert not set(more) & set(arrays), case["name"]
        rows.append(row)
        arrays |= more
    size = write_arrays(folder / "layers" / f"{family}.npz", arrays)
    return size + write_rows(folder / "layers" / f"{family}.json", rows, arrays=f"{family}.npz")
