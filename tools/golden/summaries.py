"""tests/golden/summaries: what Keras's model.summary() prints.

<case>.txt for each file of tests/golden/models (loaded), and for the models below; namesake/view/summary_test.cpp builds the same ones.
Of graphs there is <case>.keras too; a view of one that is not the usual is <case>-<view>.txt.
"""

import os
import zlib

import keras
import numpy as np

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


def branches():
    """Several inputs and outputs, a shared layer, nested models, one of them with two outputs."""
    i = keras.Input((5,), name="i")
    twins = keras.Model(i, [layers.Dense(3, name="p")(i), layers.Dense(2, name="q")(i)], name="twins")
    a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    shared = layers.Dense(5, activation="relu", name="shared")
    both = layers.Add(name="both")([shared(a), shared(b), shared(b)])
    stack = keras.Sequential([layers.Dense(5, name="s"), layers.Dropout(0.5, name="d")], name="stack")
    left, right = twins(stack(both))
    frozen = layers.Dense(4, name="frozen", trainable=False)
    together = layers.Concatenate(name="together")([left, right])
    return keras.Model([a, b], [frozen(together), left], name="branches")


def line():
    a = keras.Input((6,), name="a")
    hidden = layers.Dense(4, name="hidden")(a)
    return keras.Model(a, layers.Dense(1, name="out")(layers.Dropout(0.1, name="drop")(hidden)), name="line")


def ends():
    """An input that nothing uses, an output of a nested model that nothing uses, a shape of one axis, two axes unknown."""
    i, j = keras.Input((3,), name="x"), keras.Input((3,), name="y")
    pair = keras.Model({"x": i, "y": j}, {"u": layers.Dense(2, name="u")(i), "v": layers.Dense(2, name="v")(j)}, name="pair")
    a, b, c = keras.Input((), name="a"), keras.Input((None, 3), name="b"), keras.Input((3,), name="c")
    e = keras.Input((3,), name="e")
    u = pair({"x": c, "y": e})["u"]
    return keras.Model([a, b, c, e], [layers.Activation("relu", name="ones")(a), layers.Dense(2, name="steps")(b), u], name="ends")


def one_more_call():
    """The last call's shape is shown."""
    a, b = keras.Input((4, 3), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(2, name="shared")
    return keras.Model([a, b], [shared(a), shared(b)], name="one_more_call")


def computing():
    """Ops between layers, in a nested model too, and one at the end."""
    i = keras.Input((4,), name="i")
    inner = keras.Model(i, layers.Dense(3, name="last")(keras.ops.tanh(i)), name="inner")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    hidden = layers.Dense(4, name="hidden")(a) * 2.0 + b
    joined = keras.ops.concatenate([inner(hidden), keras.ops.relu(hidden), b], axis=-1)
    frozen = layers.Dense(2, name="frozen", trainable=False)(joined)
    return keras.Model([a, b], [keras.ops.mean(frozen, axis=1, keepdims=True), frozen], name="computing")


class TwoTowers(keras.Model):
    """Of no graph: its layers in the order of their attributes."""

    def __init__(self):
        super().__init__(name="towers")
        self.zeta = layers.Dense(3, name="zeta")
        self.stack = keras.Sequential([layers.Dense(2, name="inner")], name="stack")

    def call(self, x):
        return self.stack(self.zeta(x))


def towers():
    model = TwoTowers()
    texts = {"towers-unbuilt": summary_of(model)}
    model(keras.Input((4,)))
    return texts | {"towers-expanded": summary_of(model, expand_nested=True)}


GRAPHS = (branches, line, ends, one_more_call, computing)
VIEWS = {
    "branches": {"": (80, {}), "expanded": (80, {"expand_nested": True}), "trainable": (80, {"show_trainable": True}),
                 "wide": (200, {"expand_nested": True, "show_trainable": True}), "60": (200, {"line_length": 60}), "200_columns": (200, {}),
                 "45_trainable": (200, {"line_length": 45, "show_trainable": True})},
    "computing": {"": (80, {}), "expanded": (200, {"expand_nested": True, "show_trainable": True})},
    "line": {"": (80, {}), "trainable": (80, {"show_trainable": True}), "200_columns": (200, {})},
    "nested": {"expanded": (80, {"expand_nested": True}), "trainable": (200, {"expand_nested": True, "show_trainable": True})},
}
USUAL = {"": (80, {})}


def save_graph(build, folder):
    """With weights drawn here: a file in which a swap would show."""
    model, rng = build(), np.random.default_rng(zlib.crc32(build.__name__.encode()))
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape).astype(np.float32))
    path = folder / f"{build.__name__}.keras"
    model.save(path)
    return path


def views_of(name, model):
    """The text of each view."""
    texts = {}
    for view, (columns, options) in VIEWS.get(name, USUAL).items():
        os.environ["COLUMNS"] = str(columns)
        texts[f"{name}-{view}" if view else name] = summary_of(model, **options)
    os.environ["COLUMNS"] = "80"
    return texts


def summary_of(model, line_length=None, **options):
    lines = []
    model.summary(line_length=line_length, print_fn=lambda text: lines.append(text), **options)
    return "".join(lines)


def make(folder):
    os.environ["COLUMNS"] = "80"
    models, folder = folder / "models", folder / "summaries"
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    texts = {build.__name__: summary_of(keras.models.load_model(models / f"{build.__name__}.keras")) for build in CASES}
    texts |= {build.__name__: summary_of(build(), WIDTHS.get(build.__name__)) for build in MODELS}
    for build in GRAPHS:
        path = save_graph(build, folder)
        total += path.stat().st_size
        texts |= views_of(build.__name__, keras.models.load_model(path))
    texts |= views_of("nested", keras.models.load_model(models / "nested.keras"))
    texts |= towers()
    for name, text in texts.items():
        total += (folder / f"{name}.txt").write_bytes(text.encode())
    return total
