"""Models of keras.applications, as Keras 3 and Keras 2 save them: they open here and predict the same, and after `namesake convert` in Keras 3."""

import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from conftest import run_program

KERAS_2 = os.environ.get("NAMESAKE_KERAS2_PYTHON")
# One of each family that has layers or calls of its own.
MODELS = ["ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "InceptionResNetV2", "MobileNet", "MobileNetV2", "MobileNetV3Small", "NASNetMobile", "ResNet50V2", "Xception"]
OF_KERAS_2 = ["RegNetX002", "ResNetRS50"]
MAKE = pathlib.Path(__file__).with_name("make_applications.py")


def made(python, folder, name):
    done = subprocess.run([python, str(MAKE), str(folder), name], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def check(folder, name, converted):
    """`converted`: the ending of the file that is converted, and opened in Keras 3."""
    x, y = np.load(folder / f"{name}_x.npy"), np.load(folder / f"{name}_y.npy")
    run_program("namesake", "convert", folder / f"{name}.weights.h5", folder / f"{name}.both.h5", "--model", folder / f"{name}.{converted}")
    for ending in ("keras", "h5", "both.h5"):
        run_program("namesake", "predict", folder / f"{name}.{ending}", "--input", folder / f"{name}_x.npy", "-o", folder / f"{name}_ours.npy")
        np.testing.assert_allclose(np.load(folder / f"{name}_ours.npy"), y, rtol=1e-4, atol=1e-5, err_msg=ending)
    run_program("namesake", "convert", folder / f"{name}.{converted}", folder / f"{name}_new.keras")
    again = keras.models.load_model(folder / f"{name}_new.keras")
    np.testing.assert_allclose(keras.ops.convert_to_numpy(again(x, training=False)), y, rtol=1e-4, atol=1e-5)
    for file in folder.glob(f"{name}*"):
        file.unlink()


@pytest.mark.parametrize("name", MODELS)
def test_models_of_keras_3(name, tmp_path):
    check(made(sys.executable, tmp_path, name), name, "h5")


@pytest.mark.skipif(not KERAS_2, reason="NAMESAKE_KERAS2_PYTHON is not set")
@pytest.mark.parametrize("name", MODELS + OF_KERAS_2)
def test_models_of_keras_2(name, tmp_path):
    check(made(KERAS_2, tmp_path, name), name, "h5" if name in OF_KERAS_2 else "keras")
