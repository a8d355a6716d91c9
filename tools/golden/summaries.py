"""tests/golden/summaries: what Keras's model.summary() prints.

<case>.txt for each file of tests/golden/models (loaded), and for the models below; namesake/view/summary_test.cpp builds the same ones.
"""

import os

import keras

from golden.models import CASES

layers = keras.layers


def unbuilt():
    return keras.Sequential([layers.Dense(3)], name="unbuilt")


def empty():
    return keras.Sequential(name="empty")


def long_names():
    inner = keras.Sequential([layers.Dense(3, name="inner")], name="inner_model_with_a_long_name")
    name = "a_very_long_name_of_a_layer_that_does_not_fit_in_the_column_at_all"
    return keras.Sequential([keras.Input((300,)), layers.Dense(3000, name=name), inner], name="long_names")


def long_names_in_40_columns():
    return long_names()


def long_names_in_74_columns():
    return long_names()


def frozen():
    model = keras.Sequential([keras.Input((30,)), layers.Dense(4, name="kept"), layers.Dense(2, name="trained")], name="frozen")
    model.layers[0].trainable = False
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def compiled_and_not_trained():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="only")], name="compiled")
    model.compile("adam", "mse")
    return model


def without_weights():
    return keras.Sequential([keras.Input((4, 3)), layers.Flatten(name="flat"), layers.Dropout(0.2, name="drop")], name="without_weights")


MODELS = (unbuilt, empty, long_names, long_names_in_40_columns, long_names_in_74_columns, frozen, compiled_and_not_trained, without_weights)
WIDTHS = {"long_names_in_40_columns": 40, "long_names_in_74_columns": 74}


def summary_of(model, width=None):
    lines = []
    model.summary(line_length=width, print_fn=lambda text: lines.append(text))
    return "".join(lines)


def make(folder):
    os.environ["COLUMNS"] = "80"
    models, folder = folder / "models", folder / "summaries"
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    texts = {build.__name__: summary_of(keras.models.load_model(models / f"{build.__name__}.keras")) for build in CASES}
    texts |= {build.__name__: summary_of(build(), WIDTHS.get(build.__name__)) for build in MODELS}
    for name, text in texts.items():
        total += (folder / f"{name}.txt").write_bytes(text.encode())
    return total
