"""tests/golden/layers: layers of every family but the convolutional ones, by the format of layer_cases.py."""

import keras
import numpy as np

from golden.common import rng_for
from golden.layer_cases import layer_case, write_layer_cases

L = keras.layers
MASK = np.array([[True, True, False, True], [True, False, False, True], [False, True, True, True]])
OTHER_MASK = np.array([[True, False, True, True], [False, False, True, True], [True, True, False, False]])


def core():
    regularized = L.Dense(2, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2), bias_regularizer="l2",
                          activity_regularizer=keras.regularizers.L1(0.3), kernel_constraint=keras.constraints.MaxNorm(1.5),
                          bias_constraint="non_neg")
    ids = np.array([[3, 0, 5], [1, 3, 3]], dtype=np.int32)
    return [
        layer_case("dense", L.Dense(4, activation="relu"), [(3, 5)]),
        layer_case("dense_3d", L.Dense(3, use_bias=False, activation="softmax"), [(2, 4, 5)]),
        layer_case("dense_masked", L.Dense(2), [(3, 4, 2)], masks=[MASK]),
        layer_case("dense_regularized", regularized, [(3, 4)]),
        layer_case("dense_orthogonal", L.Dense(3, kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.5)), [(2, 4)]),
        layer_case("einsum_dense", L.EinsumDense("abc,cd->abd", (None, 4), bias_axes="d", activation="tanh"), [(2, 3, 4)]),
        layer_case("einsum_dense_heads", L.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"), [(2, 3, 4)]),
        layer_case("einsum_dense_left", L.EinsumDense("...x,xy->...y", 3, bias_axes="y", kernel_regularizer="l2"), [(2, 2, 4)]),
        # Sizes that differ: Keras's `add` takes a (3, 1) for a bias of the last axis if that has 3 channels too.
        layer_case("einsum_dense_right", L.EinsumDense("ab...,bc->ac...", 3, bias_axes="c"), [(2, 4, 5)]),
        layer_case("einsum_dense_plain", L.EinsumDense("ab,bc->ac", 3, activity_regularizer="l1"), [(2, 4)]),
        layer_case("embedding", L.Embedding(7, 3), [ids]),
        layer_case("embedding_masked", L.Embedding(7, 2, mask_zero=True, embeddings_regularizer="l2",
                                                   embeddings_constraint=keras.constraints.UnitNorm(axis=1)), [ids]),
        layer_case("embedding_of_floats", L.Embedding(7, 2, activity_regularizer="l2"), [ids.astype(np.float32)]),
        layer_case("identity", L.Identity(), [(3, 4, 1)], masks=[MASK]),
        layer_case("masking", L.Masking(mask_value=0.0),
                   [np.where(MASK[..., None], rng_for("masking").normal(size=(3, 4, 2)), 0).astype(np.float32)]),
        layer_case("masking_value", L.Masking(mask_value=-1.5),
                   [np.array([[[-1.5, -1.5], [-1.5, 2.0]], [[0.0, 1.0], [-1.5, -1.5]]], dtype=np.float32)]),
        layer_case("activity_regularization", L.ActivityRegularization(l1=0.1, l2=0.3), [(3, 5)]),
        layer_case("activity_regularizer_of_any", L.Flatten(activity_regularizer="l2"), [(3, 2, 2)]),
    ]


def activations():
    return [
        layer_case("activation", L.Activation("tanh"), [(2, 3)]),
        layer_case("activation_masked", L.Activation("gelu"), [(3, 4, 2)], masks=[MASK]),
        layer_case("relu", L.ReLU(), [(3, 5)]),
        layer_case("relu_max", L.ReLU(max_value=0.7), [(3, 5)]),
        layer_case("relu_six", L.ReLU(max_value=6.0), [np.linspace(-9, 9, 14, dtype=np.float32).reshape(2, 7)]),
        layer_case("relu_slope", L.ReLU(negative_slope=0.2), [(3, 5)]),
        layer_case("relu_all", L.ReLU(max_value=1.0, negative_slope=0.3, threshold=0.4), [(4, 5)]),
        layer_case("relu_threshold", L.ReLU(threshold=0.5), [(3, 5)]),
        layer_case("leaky_relu", L.LeakyReLU(), [(3, 5)]),
        layer_case("leaky_relu_slope", L.LeakyReLU(negative_slope=0.05), [(2, 3, 2)]),
        layer_case("prelu", L.PReLU(), [(3, 4, 2)]),
        layer_case("prelu_shared", L.PReLU(shared_axes=[1, 2], alpha_regularizer="l2", alpha_constraint="non_neg"), [(2, 3, 2, 4)]),
        layer_case("elu", L.ELU(), [(3, 5)]),
        layer_case("elu_alpha", L.ELU(alpha=0.4), [(3, 5)]),
        layer_case("softmax", L.Softmax(), [(3, 5)]),
        layer_case("softmax_axis", L.Softmax(axis=1), [(2, 3, 4)]),
        layer_case("softmax_axes", L.Softmax(axis=[1, 2]), [(2, 3, 4)]),
        layer_case("softmax_masked", L.Softmax(), [(3, 4)], masks=[MASK]),
        layer_case("softmax_all_masked", L.Softmax(), [(2, 3)], masks=[np.array([[False] * 3, [True, False, True]])]),
    ]


def reshaping():
    return [
        layer_case("flatten", L.Flatten(), [(2, 3, 4)]),
        layer_case("flatten_vector", L.Flatten(), [(3,)]),
        layer_case("flatten_channels_first", L.Flatten(data_format="channels_first"), [(2, 3, 2, 2)]),
        layer_case("reshape", L.Reshape((2, 6)), [(3, 4, 3)]),
        layer_case("reshape_left_over", L.Reshape((-1, 2, 2)), [(3, 4, 3)]),
        layer_case("reshape_masked", L.Reshape((4, 2)), [(3, 4, 2)], masks=[MASK]),
        layer_case("permute", L.Permute((2, 1)), [(2, 3, 4)]),
        layer_case("permute_three", L.Permute((3, 1, 2)), [(2, 3, 2, 4)]),
        layer_case("repeat_vector", L.RepeatVector(3), [(2, 4)]),
        layer_case("rescaling", L.Rescaling(1 / 127.5, offset=-1), [(2, 3)]),
        layer_case("rescaling_bytes", L.Rescaling(1 / 255), [np.array([[0, 7, 255], [128, 64, 1]], dtype=np.uint8)]),
        layer_case("rescaling_channels", L.Rescaling([0.5, 2.0, -1.0], offset=[1.0, 0.0, 3.0]), [(2, 2, 3)]),
    ]


def normalization():
    clipped = L.BatchNormalization(momentum=0.5, beta_regularizer="l1", gamma_regularizer="l2", gamma_constraint="non_neg",
                                   beta_constraint=keras.constraints.MinMaxNorm(0.1, 0.4))
    frozen = L.BatchNormalization()
    frozen.trainable = False
    adapted = np.array([[1.0, 40.0], [2.0, 20.0], [4.0, 30.0]], dtype=np.float32)
    return [
        layer_case("batch_normalization", L.BatchNormalization(), [(4, 3)]),
        layer_case("batch_normalization_training", L.BatchNormalization(momentum=0.9, epsilon=1e-2), [(5, 3)], training=True),
        layer_case("batch_normalization_image", L.BatchNormalization(), [(2, 3, 2, 4)], training=True),
        layer_case("batch_normalization_axis", L.BatchNormalization(axis=1), [(2, 3, 2, 2)], training=True),
        layer_case("batch_normalization_axis_inference", L.BatchNormalization(axis=1, center=False), [(2, 3, 2, 2)]),
        layer_case("batch_normalization_plain", L.BatchNormalization(center=False, scale=False), [(4, 3)], training=True),
        layer_case("batch_normalization_regularized", clipped, [(4, 2)], training=True),
        layer_case("batch_normalization_masked", L.BatchNormalization(), [(3, 4, 2)], training=True, masks=[MASK]),
        layer_case("batch_normalization_frozen", frozen, [(4, 3)], training=True),
        layer_case("layer_normalization", L.LayerNormalization(), [(3, 5)]),
        layer_case("layer_normalization_axes", L.LayerNormalization(axis=[1, 3], epsilon=1e-2), [(2, 3, 2, 4)]),
        layer_case("layer_normalization_first", L.LayerNormalization(axis=1, center=False), [(2, 3, 4)]),
        layer_case("layer_normalization_rms", L.LayerNormalization(rms_scaling=True), [(2, 3, 4)]),
        layer_case("layer_normalization_plain", L.LayerNormalization(center=False, scale=False), [(3, 4, 2)], masks=[MASK]),
        layer_case("rms_normalization", L.RMSNormalization(), [(3, 5)]),
        layer_case("rms_normalization_axes", L.RMSNormalization(axis=[1, 2], epsilon=1e-3), [(2, 3, 4)]),
        layer_case("group_normalization", L.GroupNormalization(groups=2), [(2, 3, 3, 4)]),
        layer_case("group_normalization_axis", L.GroupNormalization(groups=3, axis=1, epsilon=1e-2, scale=False), [(2, 6, 2)]),
        layer_case("group_normalization_instance", L.GroupNormalization(groups=-1, center=False), [(2, 3, 2)]),
        layer_case("unit_normalization", L.UnitNormalization(), [(3, 4)]),
        layer_case("unit_normalization_axes", L.UnitNormalization(axis=[1, 2]), [(2, 3, 2)]),
        layer_case("normalization", L.Normalization(), [(4, 3)]),
        layer_case("normalization_axes", L.Normalization(axis=[1, 2]), [(2, 3, 2)]),
        layer_case("normalization_whole", L.Normalization(axis=None, invert=True), [(3, 2)]),
        layer_case("normalization_given", L.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 0.25, 0.0]), [(2, 3)]),
        layer_case("normalization_scalar", L.Normalization(mean=3.0, variance=2.0, invert=True), [(2, 2, 3)]),
        layer_case("normalization_adapted", adapt(L.Normalization(), adapted), [adapted], weights=statistics(adapted)),
    ]


def adapt(layer, data):
    layer.adapt(data)
    return layer


def statistics(data):
    """What Normalization.adapt takes of it."""
    layer = adapt(keras.layers.Normalization(), data)
    return [weight.numpy() for weight in layer.weights]


def random():
    """Noise by Keras's own numbers: the seeds are given."""
    return [
        layer_case("dropout", L.Dropout(0.4, seed=7), [(3, 5)], training=True),
        layer_case("dropout_inference", L.Dropout(0.4, seed=7), [(3, 5)]),
        layer_case("dropout_noise_shape", L.Dropout(0.5, noise_shape=(None, 1, 3), seed=1), [(2, 4, 3)], training=True),
        layer_case("dropout_all", L.Dropout(1.0, seed=1), [(2, 3)], training=True),
        layer_case("dropout_large_seed", L.Dropout(0.5, seed=4000000000), [(3, 4, 2)], training=True, masks=[MASK]),
        layer_case("spatial_dropout_1d", L.SpatialDropout1D(0.5, seed=3), [(2, 3, 4)], training=True),
        layer_case("spatial_dropout_2d", L.SpatialDropout2D(0.5, seed=3), [(2, 2, 2, 5)], training=True),
        layer_case("gaussian_noise", L.GaussianNoise(0.3, seed=5), [(3, 5)], training=True),
        layer_case("gaussian_dropout", L.GaussianDropout(0.3, seed=6), [(3, 5)], training=True),
        layer_case("alpha_dropout", L.AlphaDropout(0.3, seed=8), [(3, 5)], training=True),
        layer_case("alpha_dropout_noise_shape", L.AlphaDropout(0.3, noise_shape=(None, 1), seed=8), [(4, 3)], training=True),
    ]


def merging():
    pair, three = [(3, 4, 2)] * 2, [(2, 3)] * 3
    cases = []
    for kind in (L.Add, L.Multiply, L.Average, L.Maximum, L.Minimum):
        name = kind.__name__.lower()
        cases += [
            layer_case(name, kind(), three),
            layer_case(f"{name}_broadcast", kind(), [(2, 3, 4), (2, 1, 4), (2, 4)]),
            layer_case(f"{name}_masked", kind(), pair, masks=[MASK, OTHER_MASK]),
            layer_case(f"{name}_half_masked", kind(), pair, masks=[MASK, None]),
        ]
    return cases + [
        layer_case("subtract", L.Subtract(), [(2, 3)] * 2),
        layer_case("subtract_masked", L.Subtract(), pair, masks=[MASK, OTHER_MASK]),
        layer_case("concatenate", L.Concatenate(), [(2, 3), (2, 1), (2, 4)]),
        layer_case("concatenate_axis", L.Concatenate(axis=1), [(2, 3, 2), (2, 1, 2)]),
        layer_case("concatenate_masked", L.Concatenate(axis=1), pair, masks=[MASK, OTHER_MASK]),
        layer_case("concatenate_features_masked", L.Concatenate(), pair, masks=[MASK, OTHER_MASK]),
        layer_case("concatenate_half_masked", L.Concatenate(axis=1), pair, masks=[None, MASK]),
        layer_case("dot", L.Dot(axes=1), [(3, 4), (3, 4)]),
        layer_case("dot_matrices", L.Dot(axes=(2, 1)), [(2, 3, 4), (2, 4, 5)]),
        layer_case("dot_last", L.Dot(axes=-1), [(2, 3, 4), (2, 2, 4)]),
        layer_case("dot_normalized", L.Dot(axes=1, normalize=True), [(3, 4), (3, 4)]),
        layer_case("dot_mixed", L.Dot(axes=[1, 2]), [(2, 4), (2, 3, 4)]),
        layer_case("dot_wide", L.Dot(axes=[2, 1]), [(2, 3, 4, 2), (2, 4, 2, 3)]),
        layer_case("dot_masked", L.Dot(axes=2), pair, masks=[MASK, OTHER_MASK]),
    ]


def make(folder):
    families = (core, activations, reshaping, normalization, random, merging)
    return sum(write_layer_cases(folder, family.__name__, family()) for family in families)
