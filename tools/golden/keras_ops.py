"""tests/golden/keras_ops: the operations of keras.ops in functional models, for tests/golden/keras_ops_golden_test.cpp.

cases.json: {"cases": [{"case", "inputs", "operations", "outputs", "results"}]}
  inputs: the keys of the arrays that the model is fed; operations: the layers of the model's config without its inputs, which are called
  as their keys; outputs: the output_layers of the config; results: [dtype, shape] of each output.
arrays.npz: in/<key>, the inputs; values, the numbers of all outputs of all cases as float32, one after the other.
"""

import json

import keras
import numpy as np
from keras import ops
from keras.src.activations.activations import Mish
from keras.src.ops import numpy as numpy_ops

from golden.common import rng_for, write_arrays, write_rows

A = keras.activations


def inputs():
    rng = rng_for("keras_ops inputs")
    normal = lambda *shape: rng.normal(size=shape).astype(np.float32)
    return {
        "x": normal(2, 3, 4), "y": normal(2, 3, 4), "m": normal(2, 4, 3), "v": normal(2, 4), "w": normal(2, 4), "image": normal(2, 4, 6, 2),
        "positive": np.abs(normal(2, 3)) + 0.2, "unit": rng.uniform(-0.9, 0.9, size=(2, 3)).astype(np.float32),
        "ones": normal(2, 1, 3, 1), "ints": rng.integers(-5, 6, size=(2, 5)).astype(np.int32),
        "counts": rng.integers(0, 4, size=(2, 3)).astype(np.int32), "flags": rng.integers(0, 2, size=(2, 4)).astype(bool),
        "more": rng.integers(0, 2, size=(2, 4)).astype(bool), "odd": np.array([[1, np.nan, -2], [np.inf, -np.inf, 0]], np.float32),
        "ties": np.array([[0.5, 1.5, -2.5, 2.345], [-0.05, 0, 7.125, -3.5]], np.float32),
    }


def arithmetic():
    for name in ("add", "subtract", "multiply", "divide", "divide_no_nan", "true_divide", "power", "maximum", "minimum", "floor_divide", "mod",
                 "equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "arctan2", "logaddexp", "heaviside", "hypot", "fmax",
                 "fmin"):
        first = "positive" if name == "power" else "x"
        yield name, getattr(ops, name), [first, "unit" if name == "power" else "y"]
    yield "add_int", lambda x: x + 1, ["x"]
    yield "add_before", lambda x: 1.5 + x, ["x"]
    yield "add_to_ints", lambda x: x + 0.5, ["ints"]
    yield "add_int_to_ints", lambda x: x + 3, ["ints"]
    yield "add_numpy", lambda x: x + np.array([1, 2, 3, 4], np.float32), ["x"]
    yield "add_tensor", lambda x: ops.add(x, ops.convert_to_tensor([[0.1], [0.2], [-3.5]])), ["x"]
    yield "add_int_tensor", lambda x: ops.convert_to_tensor([1, 2, 3, 4]) + x, ["x"]
    yield "add_keywords", lambda x, y: numpy_ops.Add()(x2=x, x1=y), ["x", "y"]
    yield "add_mixed", ops.add, ["v", "flags"]
    yield "add_wide", lambda x: ops.add(x, ops.expand_dims(x, 1)), ["v"]
    yield "subtract_from", lambda x: 2 - x, ["x"]
    yield "multiply_ints", lambda x: 3 * x * x, ["ints"]
    yield "divide_ints", lambda x: x / 2, ["ints"]
    yield "divide_by", lambda x: 2 / x, ["positive"]
    yield "floor_divide_ints", lambda x: x // 2, ["ints"]
    yield "mod_ints", lambda x: x % 3, ["ints"]
    yield "power_of_2", lambda x: x ** 2, ["x"]
    yield "power_2_of", lambda x: 2 ** x, ["x"]
    yield "maximum_infinity", lambda x: ops.maximum(x, -np.inf), ["x"]
    yield "negative_operator", lambda x: -x, ["x"]
    yield "greater_number", lambda x: x > 0, ["x"]
    yield "equal_ints", lambda x: ops.equal(x, 2), ["ints"]
    yield "logical_and", lambda a, b: a & b, ["flags", "more"]
    yield "logical_or", lambda a, b: ops.logical_or(a, b), ["flags", "more"]
    yield "logical_xor", lambda a, b: ops.logical_xor(a, b), ["flags", "more"]
    yield "logical_not", lambda a: ~a, ["flags"]
    yield "logical_and_numbers", ops.logical_and, ["ints", "ints"]
    yield "where", lambda x, y: ops.where(x > 0, x, y), ["x", "y"]
    yield "where_numbers", lambda x: ops.where(x > 0, 1.5, 0), ["x"]
    yield "where_number", lambda x: ops.where(ops.less(x, 0), x, 0.1), ["x"]
    yield "select", lambda x: ops.select([x > 1, x < 0], [x, x * 2], 0.5), ["x"]
    yield "isclose", lambda x: ops.isclose(x, 0.5, atol=0.2), ["x"]
    yield "clip", lambda x: ops.clip(x, -1, 0.5), ["x"]
    yield "clip_ints", lambda x: ops.clip(x, -2, 2), ["ints"]


UNARY = {"x": ("abs", "absolute", "negative", "sign", "square", "exp", "expm1", "exp2", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arctan",
               "arcsinh", "floor", "ceil", "trunc", "erf", "erfc", "copy", "stop_gradient", "zeros_like", "ones_like", "relu", "relu6", "sigmoid",
               "softplus", "softsign", "silu", "swish", "log_sigmoid", "hard_sigmoid", "hard_silu", "hard_swish", "selu", "tanh_shrink",
               "hard_tanh", "sparse_plus", "sparse_sigmoid", "ravel", "deg2rad", "rad2deg", "sinc", "softmax", "log_softmax", "celu",
               "elu", "glu", "gelu", "soft_shrink", "hard_shrink", "leaky_relu", "squareplus", "signbit", "real"),
         "positive": ("sqrt", "rsqrt", "reciprocal", "log", "log1p", "log2", "log10", "cbrt"),
         "unit": ("arcsin", "arccos", "arctanh", "erfinv"),
         "odd": ("isfinite", "isnan", "isinf", "isposinf", "isneginf", "nan_to_num"),
         "ties": ("round",)}


def unary():
    for key, names in UNARY.items():
        for name in names:
            yield name, getattr(ops, name), [key]
    yield "arccosh", lambda x: ops.arccosh(x + 1.0), ["positive"]
    yield "round_2", lambda x: ops.round(x, 1), ["ties"]
    yield "exp_ints", ops.exp, ["ints"]
    yield "sqrt_counts", ops.sqrt, ["counts"]
    yield "floor_ints", ops.floor, ["ints"]
    yield "abs_operator", lambda x: abs(x), ["ints"]
    yield "cast", lambda x: ops.cast(x, "int32"), ["ties"]
    yield "cast_bool", lambda x: ops.cast(x, "bool"), ["counts"]
    yield "cast_half", lambda x: ops.cast(x, "float16"), ["x"]
    yield "saturate_cast", lambda x: ops.saturate_cast(x * 100, "uint8"), ["x"]
    yield "convert_to_tensor", lambda x: ops.convert_to_tensor(x, "float64"), ["x"]
    yield "zeros_like_int", lambda x: ops.zeros_like(x, dtype="int32"), ["x"]
    yield "full_like", lambda x: ops.full_like(x, 2.5), ["x"]
    yield "nan_to_num_2", lambda x: ops.nan_to_num(x, nan=5.0, posinf=7.0, neginf=-8.0), ["odd"]


def activations():
    yield "softmax_1", lambda x: ops.softmax(x, axis=1), ["x"]
    yield "log_softmax_1", lambda x: ops.log_softmax(x, axis=1), ["x"]
    yield "leaky_relu_3", lambda x: ops.leaky_relu(x, 0.3), ["x"]
    yield "elu_2", lambda x: ops.elu(x, 2), ["x"]
    yield "celu_half", lambda x: ops.celu(x, alpha=0.5), ["x"]
    yield "gelu_exact", lambda x: ops.gelu(x, approximate=False), ["x"]
    yield "glu_1", lambda x: ops.glu(x, axis=1), ["image"]
    yield "soft_shrink_1", lambda x: ops.soft_shrink(x, 0.9), ["x"]
    yield "hard_shrink_1", lambda x: ops.hard_shrink(x, 0.9), ["x"]
    yield "threshold", lambda x: ops.threshold(x, 0.3, -7), ["x"]
    yield "squareplus_1", lambda x: ops.squareplus(x, b=1.5), ["x"]
    yield "sparsemax", lambda x: ops.sparsemax(x), ["v"]
    yield "relu_all", lambda x: A.relu(x, negative_slope=0.1, max_value=1.2, threshold=0.2), ["x"]
    yield "relu_max", lambda x: A.relu(x, max_value=0.7), ["x"]
    yield "mish", lambda x: Mish()(x), ["x"]
    yield "one_hot", lambda x: ops.one_hot(x, 3), ["counts"]
    yield "one_hot_axis", lambda x: ops.one_hot(x, 4, axis=1, dtype="int32"), ["counts"]
    yield "multi_hot", lambda x: ops.multi_hot(x, 5), ["counts"]
    yield "normalize", ops.normalize, ["x"]
    yield "normalize_1", lambda x: ops.normalize(x, axis=1, order=1), ["x"]
    yield "moments", lambda x: ops.moments(x, axes=[1]), ["x"]
    yield "moments_keep", lambda x: ops.moments(x, axes=[1, -1], keepdims=True), ["x"]
    yield "rms_normalization", lambda x: ops.rms_normalization(x, np.array([1, 2, 3, 4], np.float32)), ["v"]
    yield "layer_normalization", lambda x: ops.layer_normalization(x, epsilon=0.01), ["v"]
    yield "batch_normalization", lambda x: ops.batch_normalization(
        x, np.float32([1, 2, 3]), np.float32([0.5, 1, 2]), axis=1, offset=np.float32([0, 1, 2]), scale=np.float32([3, 2, 1])), ["x"]
    yield "binary_crossentropy", lambda x, y: ops.binary_crossentropy(ops.sigmoid(x), y, from_logits=True), ["v", "w"]
    yield "categorical_crossentropy", lambda x, y: ops.categorical_crossentropy(ops.softmax(x), ops.softmax(y)), ["v", "w"]
    yield "sparse_categorical_crossentropy", lambda i, y: ops.sparse_categorical_crossentropy(i, y, from_logits=True), ["counts", "x"]
    yield "max_pool", lambda x: ops.max_pool(x, 2, padding="same"), ["image"]
    yield "average_pool", lambda x: ops.average_pool(x, (2, 3), strides=1), ["image"]
    yield "conv", lambda x: ops.conv(x, np.arange(8, dtype=np.float32).reshape(2, 1, 2, 2) / 8, padding="same"), ["image"]
    yield "depthwise_conv", lambda x: ops.depthwise_conv(x, np.arange(8, dtype=np.float32).reshape(2, 2, 2, 1) / 8, strides=2), ["image"]


def reductions():
    for name in ("sum", "mean", "max", "min", "prod", "amax", "amin", "var", "std", "logsumexp", "ptp"):
        yield name, getattr(ops, name), ["x"]
        yield f"{name}_1", lambda x, name=name: getattr(ops, name)(x, axis=1), ["x"]
        yield f"{name}_keep", lambda x, name=name: getattr(ops, name)(x, axis=(-1, 1), keepdims=True), ["x"]
    for name in ("all", "any"):
        yield name, getattr(ops, name), ["flags"]
        yield f"{name}_1", lambda x, name=name: getattr(ops, name)(x, axis=-1, keepdims=True), ["flags"]
    for name in ("argmax", "argmin"):
        yield name, getattr(ops, name), ["v"]
        yield f"{name}_1", lambda x, name=name: getattr(ops, name)(x, axis=1, keepdims=True), ["x"]
    yield "sum_bool", lambda x: ops.sum(x, axis=1), ["flags"]
    yield "sum_ints", lambda x: ops.sum(x, axis=-1), ["ints"]
    yield "mean_ints", lambda x: ops.mean(x, axis=-1), ["ints"]
    yield "prod_ints", lambda x: ops.prod(x, axis=-1), ["ints"]
    yield "max_initial", lambda x: ops.max(x, axis=1, initial=0.5), ["x"]
    yield "min_initial", lambda x: ops.min(x, axis=(1, 2), initial=-0.5), ["x"]
    yield "count_nonzero", lambda x: ops.count_nonzero(x, axis=1), ["counts"]
    yield "average", lambda x: ops.average(x, axis=1), ["x"]
    yield "average_weights", lambda x: ops.average(x, axis=1, weights=np.array([1, 2, 3], np.float32)), ["x"]
    yield "median", lambda x: ops.median(x, axis=-1), ["x"]
    yield "cumsum", lambda x: ops.cumsum(x, axis=1), ["x"]
    yield "cumsum_all", ops.cumsum, ["v"]
    yield "cumprod", lambda x: ops.cumprod(x, axis=-1), ["x"]
    yield "norm", lambda x: ops.norm(x, axis=-1), ["x"]
    yield "norm_all", ops.norm, ["v"]
    yield "norm_1", lambda x: ops.norm(x, ord=1, axis=1, keepdims=True), ["x"]
    yield "norm_inf", lambda x: ops.norm(x, ord=np.inf, axis=1), ["x"]
    yield "norm_3", lambda x: ops.norm(x, ord=3, axis=1), ["x"]
    yield "norm_fro", lambda x: ops.norm(x, ord="fro", axis=(1, 2)), ["x"]
    yield "top_k", lambda x: ops.top_k(x, 2), ["x"]
    yield "in_top_k", lambda x: ops.in_top_k(ops.convert_to_tensor([1, 2]), x, 2), ["v"]
    yield "sort", lambda x: ops.sort(x, axis=1), ["x"]
    yield "argsort", ops.argsort, ["x"]
    yield "diff", lambda x: ops.diff(x, n=2), ["x"]
    yield "trapezoid", lambda x: ops.trapezoid(x, dx=0.5), ["x"]


def shaping():
    yield "reshape", lambda x: ops.reshape(x, (-1, 2, 6)), ["x"]
    yield "reshape_flat", lambda x: ops.reshape(x, (-1,)), ["x"]
    yield "transpose", ops.transpose, ["x"]
    yield "transpose_axes", lambda x: ops.transpose(x, (0, 2, 1)), ["x"]
    yield "swapaxes", lambda x: ops.swapaxes(x, 1, -1), ["x"]
    yield "moveaxis", lambda x: ops.moveaxis(x, 1, -1), ["image"]
    yield "moveaxis_list", lambda x: ops.moveaxis(x, [1, 2], [3, 1]), ["image"]
    yield "expand_dims", lambda x: ops.expand_dims(x, 1), ["x"]
    yield "expand_dims_list", lambda x: ops.expand_dims(x, (1, -1)), ["x"]
    yield "squeeze", lambda x: ops.squeeze(x, -1), ["ones"]
    yield "squeeze_all", lambda x: ops.squeeze(x), ["ones"]
    yield "squeeze_list", lambda x: ops.squeeze(x, (1, 3)), ["ones"]
    yield "broadcast_to", lambda x: ops.broadcast_to(x, (3, 2, 4)), ["v"]
    yield "concatenate", lambda x, y: ops.concatenate([x, y], axis=-1), ["x", "y"]
    yield "concatenate_0", lambda x, y: ops.concatenate([x, y, x]), ["x", "y"]
    yield "append", lambda x, y: ops.append(x, y, axis=1), ["x", "y"]
    yield "stack", lambda x, y: ops.stack([x, y], axis=1), ["x", "y"]
    yield "stack_constant", lambda x: ops.stack([x, ops.convert_to_tensor(np.ones((2, 4), np.float32))], axis=-1), ["v"]
    yield "hstack", lambda x, y: ops.hstack([x, y]), ["x", "y"]
    yield "vstack", lambda x, y: ops.vstack([x, y]), ["x", "y"]
    yield "split", lambda x: ops.split(x, 2, axis=-1), ["x"]
    yield "split_at", lambda x: ops.split(x, [1, 3], axis=-1), ["x"]
    yield "array_split", lambda x: ops.array_split(x, 3, axis=2), ["x"]
    yield "unstack", lambda x: ops.unstack(x, axis=1), ["x"]
    yield "tile", lambda x: ops.tile(x, (1, 2, 3)), ["x"]
    yield "tile_int", lambda x: ops.tile(x, 2), ["x"]
    yield "tile_more", lambda x: ops.tile(x, (2, 1, 1, 2)), ["x"]
    yield "repeat", lambda x: ops.repeat(x, 2, axis=1), ["x"]
    yield "repeat_flat", lambda x: ops.repeat(x, 3), ["v"]
    yield "repeat_each", lambda x: ops.repeat(x, [1, 0, 2], axis=1), ["x"]
    yield "pad", lambda x: ops.pad(x, ((0, 0), (1, 2), (3, 0)), constant_values=2.0), ["x"]
    yield "pad_reflect", lambda x: ops.pad(x, ((0, 0), (1, 2), (3, 0)), mode="reflect"), ["x"]
    yield "pad_symmetric", lambda x: ops.pad(x, [[0, 0], [1, 2], [3, 0]], mode="symmetric"), ["x"]
    yield "flip", lambda x: ops.flip(x, axis=1), ["x"]
    yield "flip_all", ops.flip, ["x"]
    yield "flip_list", lambda x: ops.flip(x, axis=(0, 2)), ["x"]
    yield "roll", lambda x: ops.roll(x, 2, axis=1), ["x"]
    yield "roll_flat", lambda x: ops.roll(x, -3), ["v"]
    yield "roll_list", lambda x: ops.roll(x, (1, 2), axis=(1, 2)), ["x"]
    yield "rot90", lambda x: ops.rot90(x, k=3, axes=(1, 2)), ["image"]
    yield "tril", lambda x: ops.tril(x, k=1), ["x"]
    yield "triu", ops.triu, ["x"]
    yield "diagonal", lambda x: ops.diagonal(x, offset=1, axis1=1, axis2=2), ["x"]
    yield "trace", lambda x: ops.trace(x, axis1=1, axis2=2), ["x"]
    yield "diag", lambda x: ops.diag(x[0], k=-1), ["v"]
    yield "diag_of", lambda x: ops.diag(x, k=1), ["v"]
    yield "meshgrid", lambda x, y: ops.meshgrid(x[0], y[1]), ["v", "ties"]
    yield "meshgrid_ij", lambda x, y: ops.meshgrid(x[0], y[1], x[1], indexing="ij"), ["v", "unit"]
    yield "depth_to_space", lambda x: ops.depth_to_space(ops.concatenate([x, x], axis=-1), 2), ["image"]
    yield "space_to_depth", lambda x: ops.space_to_depth(x, 2), ["image"]


def indexing():
    yield "item", lambda x: x[:, 0], ["x"]
    yield "item_last", lambda x: x[..., -1], ["x"]
    yield "item_first", lambda x: x[0], ["x"]
    yield "item_many", lambda x: x[:, 1:-1:2, None, ..., 1:], ["image"]
    yield "item_back", lambda x: x[:, ::-1], ["x"]
    yield "item_range", lambda x: x[1:, :2], ["x"]
    yield "item_new", lambda x: x[:, None], ["v"]
    yield "slice", lambda x: ops.slice(x, [0, 1, 1], [2, 2, 2]), ["x"]
    yield "slice_update", lambda x: ops.slice_update(x, [0, 1, 1], np.ones((2, 2, 2), np.float32)), ["x"]
    yield "scatter_update", lambda x: ops.scatter_update(x, [[0, 1], [1, 2]], np.array([9, 8], np.float32)), ["v"]
    yield "scatter_update_add", lambda x: ops.scatter_update(x, [[0], [1]], np.ones((2, 4), np.float32), "add"), ["v"]
    yield "scatter", lambda x: ops.scatter(np.array([[1], [4]]), x, (5, 4)), ["v"]
    yield "take", lambda x: ops.take(x, [0, 2], axis=1), ["x"]
    yield "take_numpy", lambda x: ops.take(x, np.array([[0, -1], [2, 1]]), axis=2), ["x"]
    yield "take_one", lambda x: ops.take(x, 1, axis=-1), ["x"]
    yield "take_flat", lambda x: ops.take(x, np.array([0, 5, 2])), ["v"]
    yield "take_tensor", lambda i: ops.take(ops.convert_to_tensor(np.arange(8, dtype=np.float32).reshape(4, 2)), i, axis=0), ["counts"]
    yield "take_along_axis", lambda x, i: ops.take_along_axis(x, i, axis=1), ["v", "counts"]
    yield "take_along_axis_list", lambda x: ops.take_along_axis(x, np.array([[[0, 2, 1, 0]], [[1, 1, -1, 2]]]), axis=1), ["x"]


def products():
    yield "matmul", lambda x, y: x @ y, ["x", "m"]
    yield "matmul_constant", lambda x: x @ np.arange(8, dtype=np.float32).reshape(4, 2), ["x"]
    yield "matmul_before", lambda x: ops.matmul(np.arange(6, dtype=np.float32).reshape(2, 3), x), ["x"]
    yield "matmul_vector", lambda x: ops.matmul(x, np.array([1, 2, 3, 4], np.float32)), ["x"]
    yield "matmul_ints", lambda x: ops.matmul(x, np.arange(10, dtype=np.int32).reshape(5, 2)), ["ints"]
    yield "dot", lambda x: ops.dot(x, np.arange(12, dtype=np.float32).reshape(4, 3)), ["v"]
    yield "dot_vectors", lambda x, y: ops.dot(x[0], y[1]), ["v", "w"]
    yield "dot_wide", lambda x, y: ops.dot(x, y), ["x", "m"]
    yield "vdot", ops.vdot, ["v", "w"]
    yield "inner", lambda x, y: ops.inner(x, y), ["v", "w"]
    yield "outer", lambda x, y: ops.outer(x[0], y[0]), ["v", "counts"]
    yield "kron", lambda x: ops.kron(x, np.array([[1, 2], [3, 4]], np.float32)), ["v"]
    yield "cross", lambda x, y: ops.cross(x, y), ["positive", "unit"]
    yield "tensordot", lambda x, y: ops.tensordot(x, y, axes=[[1, 2], [2, 1]]), ["x", "m"]
    yield "tensordot_1", lambda x: ops.tensordot(x, np.arange(8, dtype=np.float32).reshape(4, 2), axes=1), ["x"]
    yield "einsum", lambda x, y: ops.einsum("bij,bkj->bik", x, y), ["x", "y"]
    yield "einsum_outer", lambda x, y: ops.einsum("bi,bj->bij", x, y), ["v", "w"]
    yield "einsum_sum", lambda x: ops.einsum("bij->bj", x), ["x"]
    yield "einsum_turn", lambda x: ops.einsum("abc->cab", x), ["x"]
    yield "einsum_dots", lambda x: ops.einsum("...i,ij->...j", x, np.arange(8, dtype=np.float32).reshape(4, 2)), ["x"]
    yield "einsum_three", lambda x, y, z: ops.einsum("bi,bj,bk->bik", x, y, z), ["v", "w", "positive"]
    yield "dot_product_attention_causal", lambda x, y: ops.dot_product_attention(x, y, y, scale=0.3, is_causal=True), ["image", "image"]
    yield "dot_product_attention", lambda x, y: ops.dot_product_attention(x, y, y), ["image", "image"]


def image():
    yield "rgb_to_grayscale", lambda x: ops.image.rgb_to_grayscale(ops.concatenate([x, x[..., :1]], axis=-1)), ["image"]
    yield "resize_nearest", lambda x: ops.image.resize(x, (2, 3), interpolation="nearest"), ["image"]
    yield "resize", lambda x: ops.image.resize(x, (5, 4)), ["image"]
    yield "segment_sum", lambda x: ops.segment_sum(x[0], np.array([0, 2, 0]), 4), ["x"]
    yield "segment_max", lambda x: ops.segment_max(x[0], np.array([0, 1, 0]), num_segments=2), ["x"]
    yield "pad_images", lambda x: ops.image.pad_images(x, top_padding=1, left_padding=2, target_height=6, target_width=9), ["image"]
    yield "crop_images", lambda x: ops.image.crop_images(x, top_cropping=1, left_cropping=2, target_height=2, target_width=3), ["image"]


FAMILIES = (arithmetic, unary, activations, reductions, shaping, indexing, products, image)


def run(name, function, keys, arrays):
    keras.backend.clear_session()
    used = list(dict.fromkeys(keys))
    symbols = {key: keras.Input(batch_shape=(None, *arrays[key].shape[1:]), dtype=str(arrays[key].dtype), name=key) for key in used}
    outputs = function(*(symbols[key] for key in keys))
    model = keras.Model([symbols[key] for key in used], outputs)
    config = json.loads(model.to_json())["config"]
    layers = [layer for layer in config["layers"] if layer["class_name"] != "InputLayer"]
    fed = [arrays[key] for key in used]
    results = [np.asarray(value) for value in keras.tree.flatten(model(fed if len(fed) > 1 else fed[0]))]
    again = keras.models.model_from_json(model.to_json())  # Keras itself must be able to read it
    for first, second in zip(results, keras.tree.flatten(again(fed if len(fed) > 1 else fed[0])), strict=True):
        np.testing.assert_array_equal(first, np.asarray(second))
    row = {"case": name, "inputs": used, "operations": layers, "outputs": config["output_layers"],
           "results": [[str(value.dtype), list(value.shape)] for value in results]}
    return row, results


def make(folder):
    arrays, rows, values, names = inputs(), [], [], set()
    for family in FAMILIES:
        for name, function, keys in family():
            assert name not in names, f"two cases are called {name}"
            names.add(name)
            row, results = run(name, function, keys, arrays)
            rows.append(row)
            values += [np.ravel(value).astype(np.float32) for value in results]
    folder = folder / "keras_ops"
    stored = {f"in/{key}": value for key, value in arrays.items()} | {"values": np.concatenate(values)}
    return write_rows(folder / "cases.json", rows, allow_nan=True, versions={"keras": keras.__version__}) + write_arrays(folder / "arrays.npz", stored)
