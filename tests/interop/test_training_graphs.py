"""Graphs that Keras compiled and saved: our fit without shuffling gives its history, and the weights after it, and Keras goes on from there."""

import keras
import numpy as np

from fitting import check_fits, draw_weights

layers, losses, metrics = keras.layers, keras.losses, keras.metrics
ROWS = 24


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=(ROWS, *shape)).astype(np.float32)


def classes(seed, count):
    return np.random.default_rng(seed).integers(0, count, (ROWS,)).astype(np.int32)


def weights(seed):
    return np.random.default_rng(seed).uniform(0, 2, (ROWS,)).astype(np.float32)


def two_towers():
    """Two inputs, two outputs, losses and weights as lists."""
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    y = layers.Concatenate()([layers.Dense(5, activation="relu")(a), layers.Dense(5, activation="tanh")(b)])
    model = keras.Model([a, b], [layers.Dense(1, name="age")(y), layers.Dense(3, activation="softmax", name="kind")(y)])
    model.compile(keras.optimizers.Adam(0.02), loss=["mse", "sparse_categorical_crossentropy"], loss_weights=[0.3, 1.5], metrics=[["mae"], ["accuracy"]])
    return model, [normal(1, 4), normal(2, 3)], [normal(3, 1), classes(4, 3)], None


def by_name():
    """Everything by the outputs' names; one output's loss alone has a weight; weighted metrics; a weight for each row."""
    a = keras.Input((4,), name="a")
    y = layers.Dense(6, activation="elu")(a)
    model = keras.Model(a, [layers.Dense(2, name="left")(y), layers.Dense(1, activation="sigmoid", name="right")(y)])
    model.compile(keras.optimizers.RMSprop(0.01), loss={"left": losses.Huber(), "right": losses.BinaryCrossentropy(label_smoothing=0.1)},
                  loss_weights={"left": 2.0, "right": 0.7}, metrics={"right": [metrics.BinaryAccuracy(threshold=0.4), "AUC"]},
                  weighted_metrics={"left": ["mae", metrics.RootMeanSquaredError(name="rmse")]})
    return model, normal(5, 4), [normal(6, 2), (normal(7, 1) > 0).astype(np.float32)], [weights(8), weights(9)]


def named_ends():
    """Inputs and outputs that go by name."""
    inputs = {"image": keras.Input((4,), name="image"), "text": keras.Input((3,), name="text")}
    y = layers.Concatenate()([inputs["text"], layers.Dense(3, activation="relu")(inputs["image"])])
    model = keras.Model(inputs, {"score": layers.Dense(1, name="s")(y), "label": layers.Dense(4, name="l")(y)})
    model.compile("sgd", loss={"score": "mae", "label": losses.CategoricalCrossentropy(from_logits=True)}, metrics={"label": "categorical_accuracy"})
    return model, {"image": normal(10, 4), "text": normal(11, 3)}, {"score": normal(12, 1), "label": np.eye(4, dtype=np.float32)[classes(13, 4)]}, None


def held_in():
    """Regularizers of all kinds, constraints, a frozen layer, an activity regularizer."""
    model = keras.Sequential([
        keras.Input((6,)),
        layers.Dense(5, activation="relu", kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), bias_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(1.0)),
        layers.Dense(5, trainable=False, kernel_regularizer="l2"),
        layers.Dense(4, activation="tanh", activity_regularizer=keras.regularizers.L2(0.01), kernel_constraint=keras.constraints.UnitNorm(axis=0)),
        layers.ActivityRegularization(l1=0.01),
        layers.Dense(3, kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.02), kernel_constraint=keras.constraints.MinMaxNorm(0.2, 0.8, rate=0.5), bias_constraint="non_neg")])
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), loss=losses.LogCosh(), metrics=["mse", metrics.CosineSimilarity()])
    return model, normal(14, 6), normal(15, 3), None


def normalized_image():
    x = keras.Input((6, 5, 2))
    y = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    y = layers.ReLU()(layers.BatchNormalization(momentum=0.7)(y))
    y = layers.Add()([y, layers.Conv2D(4, 1)(x)])
    y = layers.MaxPooling2D()(layers.SeparableConv2D(3, 2)(y))
    y = layers.Dropout(0.0)(layers.Flatten()(y))
    model = keras.Model(x, layers.Dense(3, activation="softmax")(y))
    model.compile(keras.optimizers.AdamW(0.005, weight_decay=0.01, clipnorm=1.0), loss="sparse_categorical_crossentropy",
                  metrics=["accuracy", metrics.SparseTopKCategoricalAccuracy(k=2)])
    return model, normal(16, 6, 5, 2), classes(17, 3), weights(18)


def shared_and_nested():
    """A nested model and a layer that are used twice, with norms inside; a moving average and a schedule."""
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="silu"), layers.LayerNormalization(), layers.GroupNormalization(2)], name="inner")
    a, b = keras.Input((4,)), keras.Input((4,))
    shared = layers.Dense(4)
    y = layers.Subtract()([shared(inner(a)), inner(shared(b))])
    model = keras.Model([a, b], layers.Dense(2)(layers.Average()([y, a])))
    schedule = keras.optimizers.schedules.CosineDecay(0.02, 10, alpha=0.1, warmup_target=0.05, warmup_steps=3)
    model.compile(keras.optimizers.Nadam(schedule, use_ema=True, ema_momentum=0.8), loss="mae")
    return model, [normal(19, 4), normal(20, 4)], normal(21, 2), weights(22)


def outputs_without_a_loss():
    """Three outputs, of which one is not trained; sums instead of means."""
    a = keras.Input((4,))
    y = layers.Dense(4, activation="relu")(a)
    model = keras.Model(a, [layers.Dense(1, name="first")(y), layers.Dense(1, name="idle")(y), layers.Dense(2, name="last")(y)])
    model.compile(keras.optimizers.Adagrad(0.05), loss=[losses.MeanSquaredError(reduction="sum"), None, losses.MeanAbsoluteError(reduction="sum_over_batch_size")])
    return model, normal(23, 4), [normal(24, 1), normal(25, 1), normal(26, 2)], None


def steps_with_batch_norm():
    """Sequences: pooling, normalizing over steps, transposed convolution."""
    x = keras.Input((6, 3))
    y = layers.Conv1D(4, 2, padding="causal", activation="relu")(x)
    y = layers.MaxPooling1D()(layers.BatchNormalization()(y))
    y = layers.Conv1DTranspose(3, 2, strides=2)(y)
    model = keras.Model(x, layers.EinsumDense("abc,cd->abd", output_shape=(6, 2), bias_axes="d")(layers.Add()([y, x])))
    model.compile(keras.optimizers.Lion(0.01), loss=losses.MeanSquaredLogarithmicError(), metrics=["mape"])
    return model, normal(27, 6, 3), np.abs(normal(28, 6, 2)) + 0.2, None


def embedded():
    x, z = keras.Input((5,), dtype="int32", name="words"), keras.Input((2,), name="rest")
    y = layers.GlobalAveragePooling1D()(layers.Embedding(9, 4, mask_zero=True, embeddings_regularizer="l2")(x))
    y = layers.PReLU()(layers.Dense(4)(layers.Concatenate()([y, z])))
    model = keras.Model([x, z], layers.Dense(3, activation="softmax", name="probs")(y))
    model.compile(keras.optimizers.Ftrl(0.1), loss=losses.CategoricalFocalCrossentropy(), metrics=[metrics.Precision(class_id=1), metrics.Recall(), metrics.F1Score(average="macro")])
    return model, [np.random.default_rng(29).integers(0, 9, (ROWS, 5)).astype(np.int32), normal(30, 2)], np.eye(3, dtype=np.float32)[classes(31, 3)], None


def with_operations():
    """Operations of Keras between the layers."""
    a = keras.Input((4,))
    y = layers.Dense(4)(a) * 0.5 + a
    y = keras.ops.concatenate([keras.ops.relu(y), keras.ops.mean(a, axis=-1, keepdims=True)], axis=-1)
    model = keras.Model(a, layers.Dense(1)(y))
    model.compile(keras.optimizers.Adamax(0.02), loss="mse", metrics=["mae"], weighted_metrics=["mse"])
    return model, normal(32, 4), normal(33, 1), weights(34)


MAKERS = (two_towers, by_name, named_ends, held_in, normalized_image, shared_and_nested, outputs_without_a_loss, steps_with_batch_norm, embedded, with_operations)


def cases(makers):
    made = {}
    for maker in makers:
        keras.utils.clear_session(free_memory=False)
        model, x, y, weight = maker()
        draw_weights(model, MAKERS.index(maker), 0.4)
        made[maker.__name__] = (model, x, y, weight)
    return made


def test_whole_batches(tmp_path):
    check_fits(cases(MAKERS), tmp_path, epochs=3, batch=8)


def test_batches_that_leave_a_rest(tmp_path):
    check_fits(cases((two_towers, by_name, normalized_image)), tmp_path, epochs=2, batch=7, eager=False)
