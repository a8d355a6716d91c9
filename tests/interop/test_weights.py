"""`.weights.h5` files both ways: Keras takes ours, optimizer state included, and we take Keras's."""

import keras
import numpy as np

from conftest import run_program
from same import input_for, keras_prediction
from zoo import random_model

COUNT = 20


def test_keras_takes_our_weights(tmp_path):
    for seed in range(COUNT):
        keras.utils.clear_session(free_memory=False)
        model = random_model(seed)
        x = input_for(model, seed=seed)
        y = keras_prediction(model, x)
        model.save(tmp_path / f"{seed}.keras")
        run_program("resave", "--weights", tmp_path / f"{seed}.keras", tmp_path / f"{seed}.weights.h5")
        model.set_weights([np.zeros(w.shape, w.dtype) for w in model.weights])
        model.load_weights(tmp_path / f"{seed}.weights.h5")
        np.testing.assert_allclose(keras_prediction(model, x), y, rtol=1e-6, atol=1e-6, err_msg=f"seed {seed}")


def test_keras_goes_on_training_from_the_state_in_ours(tmp_path):
    def build():
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(2)])
        model.compile(keras.optimizers.Adam(0.02), "mean_squared_error")
        return model

    x, y = np.linspace(-1, 1, 20).reshape(5, 4), np.ones((5, 2))
    model = build()
    model.fit(x, y, epochs=3, verbose=0)
    model.save(tmp_path / "trained.keras")
    run_program("resave", "--weights", tmp_path / "trained.keras", tmp_path / "ours.weights.h5")
    fresh = build()
    fresh.optimizer.build(fresh.trainable_variables)
    fresh.load_weights(tmp_path / "ours.weights.h5")
    assert int(fresh.optimizer.iterations) == 3
    for _ in range(3):
        assert fresh.train_on_batch(x, y) == model.train_on_batch(x, y)
