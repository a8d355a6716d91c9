"""Masks on their way through saved models: what is predicted, evaluated and learnt with them equals Keras's."""

import keras
import numpy as np
import pytest

from conftest import run_program
from fitting import check_fits, draw_weights
from graphs import ordered_names

layers = keras.layers
ROWS, STEPS = 10, 5


def words(seed=0):
    """Rows of integers, most of them with zeros at their end."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 7, (ROWS, STEPS))
    x[np.arange(STEPS) >= rng.integers(1, STEPS + 1, (ROWS, 1))] = 0
    return x.astype(np.int32)


def signal(seed=0):
    x = np.random.default_rng(seed).normal(size=(ROWS, STEPS, 3)).astype(np.float32)
    x[words(seed) == 0] = 0.0
    return x


def dense_average():
    x = keras.Input((STEPS,), dtype="int32")
    y = layers.Embedding(7, 3, mask_zero=True)(x)
    y = layers.Dense(4, activation="tanh")(y)
    return keras.Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(y))), [words()], (ROWS, 2)


def masked_loss():
    x = keras.Input((STEPS,), dtype="int32")
    return keras.Model(x, layers.Dense(2)(layers.Dropout(0.0)(layers.Embedding(7, 3, mask_zero=True)(x)))), [words()], (ROWS, STEPS, 2)


def sequential_masking():
    return keras.Sequential([keras.Input((STEPS, 3)), layers.Masking(), layers.Dense(4, activation="relu"), layers.LayerNormalization(), layers.Dense(2)]), [signal()], (ROWS, STEPS, 2)


def added():
    a, b = keras.Input((STEPS,), dtype="int32"), keras.Input((STEPS,), dtype="int32")
    shared = layers.Embedding(7, 3, mask_zero=True)
    y = layers.Add()([shared(a), shared(b)])
    return keras.Model([a, b], layers.Dense(2)(y)), [words(1), words(2)], (ROWS, STEPS, 2)


def joined_features():
    a, b = keras.Input((STEPS,), dtype="int32"), keras.Input((STEPS, 3))
    y = layers.Concatenate()([layers.Embedding(7, 2, mask_zero=True)(a), layers.Dense(2)(b)])
    return keras.Model([a, b], layers.GlobalAveragePooling1D()(layers.Dense(2)(y))), [words(3), signal(4)], (ROWS, 2)


def joined_steps():
    a, b = keras.Input((STEPS, 3)), keras.Input((STEPS, 3))
    y = layers.Concatenate(axis=1)([layers.Masking()(a), layers.Masking()(b)])
    return keras.Model([a, b], layers.Dense(1)(y)), [signal(5), signal(6)], (ROWS, 2 * STEPS, 1)


def softmax_over_steps():
    """A mask that has the shape of the scores: given by hand."""
    x, mask = keras.Input((STEPS,)), keras.Input((STEPS,), dtype="bool")
    scores = layers.Dense(STEPS)(x)
    y = layers.Flatten()(layers.Softmax()(scores, mask=mask))  # which ends the mask: it does not go with the loss of a row
    return keras.Model([x, mask], layers.Dense(2)(y)), [signal(7)[:, :, 0], words(7) != 0], (ROWS, 2)


def pooled_with_a_mask_by_hand():
    x, mask = keras.Input((STEPS, 3)), keras.Input((STEPS,), dtype="bool")
    y = layers.GlobalAveragePooling1D()(layers.Dense(3)(x), mask=mask)
    return keras.Model([x, mask], layers.Dense(2)(y)), [signal(8), words(8) != 0], (ROWS, 2)


def batch_normalized():
    x = keras.Input((STEPS, 3))
    y = layers.BatchNormalization(momentum=0.8)(layers.Masking()(x))
    return keras.Model(x, layers.Dense(2)(y)), [signal(9)], (ROWS, STEPS, 2)


def nested():
    inner = keras.Sequential([keras.Input((STEPS, 3)), layers.Dense(3, activation="tanh"), layers.Activation("elu")], name="inner")
    x = keras.Input((STEPS,), dtype="int32")
    return keras.Model(x, layers.Dense(2)(inner(layers.Embedding(7, 3, mask_zero=True)(x)))), [words(10)], (ROWS, STEPS, 2)


def two_outputs():
    x = keras.Input((STEPS,), dtype="int32")
    y = layers.Embedding(7, 3, mask_zero=True)(x)
    return keras.Model(x, [layers.Dense(2, name="tags")(y), layers.Dense(1, name="one")(layers.GlobalAveragePooling1D()(y))]), [words(11)], [(ROWS, STEPS, 2), (ROWS, 1)]


def flattened():
    x = keras.Input((STEPS, 3))
    return keras.Model(x, layers.Dense(2)(layers.Flatten()(layers.Masking()(x)))), [signal(12)], (ROWS, 2)


def multiplied():
    a, b = keras.Input((STEPS, 3)), keras.Input((STEPS, 3))
    y = layers.Multiply()([layers.Masking()(a), layers.Dense(3)(b)])
    return keras.Model([a, b], layers.Dense(1)(layers.Average()([y, b]))), [signal(13), signal(14)], (ROWS, STEPS, 1)


MAKERS = (dense_average, masked_loss, sequential_masking, added, joined_features, joined_steps, softmax_over_steps, pooled_with_a_mask_by_hand, batch_normalized, nested,
          two_outputs, flattened, multiplied)


def made(maker, **compiled):
    keras.utils.clear_session(free_memory=False)
    model, xs, shapes = maker()
    draw_weights(model, MAKERS.index(maker))
    rng = np.random.default_rng(100 + MAKERS.index(maker))
    ys = [rng.normal(size=shape).astype(np.float32) for shape in (shapes if isinstance(shapes, list) else [shapes])]
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", **compiled)
    return model, xs if len(xs) > 1 else xs[0], ys if len(ys) > 1 else ys[0]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """{name: (model, x, file)}, and what we predict, line by line."""
    folder = tmp_path_factory.mktemp("masks")
    models, asked = {}, []
    for maker in MAKERS:
        model, x, _ = made(maker)
        file = folder / f"{maker.__name__}.keras"
        model.save(file)
        np.savez(folder / f"{maker.__name__}.npz", **{f"x{i}": array for i, array in enumerate(x if isinstance(x, list) else [x])})
        models[maker.__name__] = (model, x, file)
        asked += [file, file.with_suffix(".npz")]
    return models, iter(run_program("predict_graph", *asked).splitlines())


def test_we_predict_with_masks_what_keras_predicts(saved):
    models, lines = saved
    for name, (model, x, _) in models.items():
        for y in keras.tree.flatten(model(x, training=False)):
            np.testing.assert_allclose(np.array(next(lines).split(), float), np.asarray(y).ravel(), rtol=1e-5, atol=1e-5, err_msg=name)


def test_keras_reads_the_same_graph_back(saved, program):
    models, _ = saved
    program("resave", *(path for _, _, file in models.values() for path in (file, file.with_suffix(".again.keras"))))
    for name, (model, x, file) in models.items():
        keras.utils.clear_session(free_memory=False)
        again = keras.models.load_model(file.with_suffix(".again.keras"))
        assert ordered_names(again) == ordered_names(model), name
        for ours, theirs in zip(keras.tree.flatten(again(x, training=False)), keras.tree.flatten(model(x, training=False)), strict=True):
            np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-6, atol=1e-6, err_msg=name)
            masks = [keras.src.backend.get_keras_mask(y) for y in (ours, theirs)]
            assert (masks[0] is None) == (masks[1] is None), name
            if masks[0] is not None:
                np.testing.assert_array_equal(*masks, err_msg=name)


def metrics_of(maker):
    return [["mae"], ["mae"]] if maker is two_outputs else ["mae"]


def test_what_is_evaluated_and_learnt_is_what_keras_learns(tmp_path):
    check_fits({maker.__name__: (*made(maker, metrics=metrics_of(maker), weighted_metrics=metrics_of(maker)), None) for maker in MAKERS}, tmp_path, epochs=3, batch=ROWS)


def test_masks_and_sample_weights_go_together(tmp_path):
    """Weights of the rows where a loss has one number a row; else of the steps (Keras takes no others there)."""
    cases = {}
    for maker in (dense_average, masked_loss, sequential_masking, added, joined_features, nested, multiplied, pooled_with_a_mask_by_hand):
        model, x, y = made(maker, weighted_metrics=["mae"])
        weight = np.random.default_rng(50).uniform(0, 2, y.shape[:-1]).astype(np.float32)
        cases[maker.__name__] = (model, x, y, weight)
    check_fits(cases, tmp_path, epochs=3, batch=4)
