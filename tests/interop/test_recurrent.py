"""Recurrent layers between others in models that Keras 3 saved: states handed on, states kept, masks, cells. They compute the same here, and come back to Keras 3 as
.keras, .h5 and weights."""

import keras
import numpy as np
import pytest

from conftest import run_program

L = keras.layers


def states_handed_on():
    x, y = keras.Input((None, 3), name="x"), keras.Input((None, 2), name="y")
    _, h, c = L.LSTM(4, return_state=True)(x)
    decoded = L.LSTM(4, return_sequences=True)(y, initial_state=[h, c])
    small, s = L.GRU(4, return_state=True)(y, initial_state=h)
    return keras.Model([x, y], [L.Dense(2)(decoded), L.SimpleRNN(4)(x, [s]), small]), [(2, 5, 3), (2, 3, 2)]


def words():
    x = keras.Input((6,), dtype="int32")
    y = L.LSTM(3, return_sequences=True)(L.Embedding(5, 4, mask_zero=True)(x))
    return keras.Model(x, L.Dense(2)(L.GRU(4, go_backwards=True)(y))), [(3, 6)]


def kept_states():
    x = keras.Input(batch_shape=(2, None, 3))
    return keras.Model(x, L.Dense(2)(L.GRU(3, stateful=True)(L.LSTM(4, stateful=True, return_sequences=True)(x)))), [(2, 5, 3)]


def cells():
    x = keras.Input((4, 3))
    return keras.Sequential([x, L.RNN([L.LSTMCell(3), L.LSTMCell(2), L.GRUCell(3)], return_sequences=True), L.RNN(L.SimpleRNNCell(2), name="last")]), [(2, 4, 3)]


def flat(outputs):
    return np.concatenate([keras.ops.convert_to_numpy(y).ravel() for y in keras.tree.flatten(outputs)])


def of(model, xs):
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_states()
    return flat(model(xs if len(xs) > 1 else xs[0], training=False))


@pytest.mark.parametrize("make", [states_handed_on, words, kept_states, cells], ids=lambda make: make.__name__)
def test_a_model_of_recurrent_layers_goes_both_ways(make, tmp_path):
    keras.utils.clear_session(free_memory=False)
    model, shapes = make()
    rng = np.random.default_rng(3)
    xs = [rng.integers(0, 5, shape).astype(np.int32) if make is words else rng.normal(size=shape).astype(np.float32) for shape in shapes]
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape) * 0.5)
    expected = of(model, xs)
    np.savez(tmp_path / "x.npz", **{f"x{i}": x for i, x in enumerate(xs)})
    model.save(tmp_path / "model.keras")
    model.save(tmp_path / "model.h5")
    for file in ("model.keras", "model.h5"):
        ours = np.array(run_program("predict_graph", tmp_path / file, tmp_path / "x.npz").split(), float)
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5, err_msg=file)
    run_program("resave", tmp_path / "model.keras", tmp_path / "again.keras")
    run_program("namesake", "convert", tmp_path / "model.keras", tmp_path / "again.h5")
    run_program("namesake", "convert", tmp_path / "model.keras", tmp_path / "again.weights.h5")
    for file in ("again.keras", "again.h5"):
        np.testing.assert_allclose(of(keras.models.load_model(tmp_path / file), xs), expected, rtol=1e-5, atol=1e-5, err_msg=file)
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    model.load_weights(tmp_path / "again.weights.h5")
    np.testing.assert_allclose(of(model, xs), expected, rtol=1e-5, atol=1e-5, err_msg="weights")
