"""Dtype policies: models of mixed_float16, mixed_bfloat16, float64 and plain narrow floats, from Keras to us and back."""

import keras
import numpy as np
import pytest

from conftest import run_program
from fitting import draw_weights

layers = keras.layers
# How far two ways of rounding in the compute dtype may lie apart.
TOLERANCE = {"mixed_float16": 4e-3, "mixed_bfloat16": 3e-2, "float16": 4e-3, "bfloat16": 3e-2, "float64": 1e-12, "float32": 1e-5}


def perceptron(policy):
    return keras.Sequential([keras.Input((5,)), layers.Dense(8, activation="relu"), layers.LayerNormalization(), layers.Dropout(0.2),
                             layers.Dense(3, activation="softmax")])


def convolutional(policy):
    return keras.Sequential([keras.Input((6, 5, 2)), layers.Rescaling(0.5), layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
                             layers.MaxPooling2D(), layers.DepthwiseConv2D(2), layers.GlobalAveragePooling2D(), layers.Dense(2, dtype="float32")])


def merging(policy):
    a, b = keras.Input((4,)), keras.Input((4,))
    shared = layers.Dense(4, activation="tanh")
    y = layers.Concatenate()([layers.Add()([shared(a), shared(b)]), layers.Multiply()([shared(a), b])])
    return keras.Model([a, b], [layers.Dense(2, name="two")(y), layers.UnitNormalization(name="unit")(y)])


def words(policy):
    x = keras.Input((5,), dtype="int32")
    y = layers.Dense(3)(layers.Embedding(7, 4, mask_zero=True)(x))
    return keras.Model(x, layers.GlobalAveragePooling1D()(y))


def one_layer_apart(policy):
    """A layer of its own policy in a model of float32."""
    keras.config.set_dtype_policy("float32")
    x = keras.Input((4,))
    y = layers.Dense(3, dtype=policy, name="apart")(x)
    return keras.Model(x, layers.Dense(2, dtype=keras.DTypePolicy("float32"))(layers.Activation("gelu", dtype=policy)(y)))


MAKERS = (perceptron, convolutional, merging, words, one_layer_apart)
POLICIES = sorted(TOLERANCE)


@pytest.fixture
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def inputs_of(model):
    rng = np.random.default_rng(7)
    arrays = []
    for x in model.inputs:
        whole, shape = x.dtype == "int32", (6, *x.shape[1:])
        arrays.append(rng.integers(0, 7, shape).astype(np.int32) if whole else rng.normal(size=shape).astype("float64" if x.dtype == "float64" else "float32"))
    return arrays


def outputs(model, xs):
    return [np.asarray(keras.ops.cast(y, "float64")) for y in keras.tree.flatten(model(xs if len(xs) > 1 else xs[0], training=False))]


def policies(model):
    """Of each layer; of an input layer the dtype alone, for Keras's file keeps no more of it."""
    return {layer.name: layer.dtype if isinstance(layer, layers.InputLayer) else (layer.dtype_policy.name, layer.compute_dtype, layer.variable_dtype)
            for layer in model.layers}


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
@pytest.mark.parametrize("policy", POLICIES, indirect=True)
def test_a_policy_goes_through_our_hands_unchanged(policy, maker, tmp_path):
    model = maker(policy)
    draw_weights(model, MAKERS.index(maker))
    xs = inputs_of(model)
    ys = outputs(model, xs)
    model.save(tmp_path / "original.keras")
    np.savez(tmp_path / "x.npz", **{f"x{i}": x for i, x in enumerate(xs)})

    lines = run_program("predict_graph", tmp_path / "original.keras", tmp_path / "x.npz").splitlines()
    loose = TOLERANCE["float32"] if maker is one_layer_apart and policy == "float64" else TOLERANCE[policy]
    for line, y in zip(lines, ys, strict=True):
        np.testing.assert_allclose(np.array(line.split(), float), y.ravel(), rtol=loose, atol=loose)

    run_program("resave", tmp_path / "original.keras", tmp_path / "again.keras")
    keras.config.set_dtype_policy("float32")  # the file says what it needs
    again = keras.models.load_model(tmp_path / "again.keras")
    assert policies(again) == policies(model)
    for found, expected in zip(again.weights, model.weights, strict=True):
        assert found.dtype == expected.dtype, expected.path
        np.testing.assert_array_equal(np.asarray(keras.ops.cast(found, "float64")), np.asarray(keras.ops.cast(expected, "float64")), err_msg=expected.path)
    for ours, y in zip(outputs(again, xs), ys, strict=True):
        np.testing.assert_array_equal(ours, y)
