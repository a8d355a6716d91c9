"""Makes models of keras.applications in the Keras of whoever runs it, Keras 3 or Keras 2, with weights and statistics made up, and saves them:
make_applications.py FOLDER NAME... writes NAME.keras, NAME.h5, NAME.weights.h5, NAME_x.npy and NAME_y.npy, what the model predicts.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402

import keras  # noqa: E402

SIZES = {"NASNetMobile": 224, "InceptionResNetV2": 75, "InceptionV3": 75, "Xception": 71}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:]:
        keras.backend.clear_session()
        keras.utils.set_random_seed(1)
        size = SIZES.get(name, 32)
        model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
        rng = np.random.default_rng(1)
        for weight in model.weights:
            if "moving_mean" in weight.name:
                weight.assign(0.1 * rng.normal(size=weight.shape))
            elif "moving_variance" in weight.name:
                weight.assign(rng.uniform(0.5, 1.5, size=weight.shape))
        x = rng.uniform(0, 255, size=(2, size, size, 3)).astype(np.float32)
        np.save(folder / f"{name}_x.npy", x)
        np.save(folder / f"{name}_y.npy", np.asarray(model(x, training=False)))
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5")
        model.save_weights(folder / f"{name}.weights.h5")


main()
