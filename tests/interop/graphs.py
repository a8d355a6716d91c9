"""Random functional graphs of same-shaped layers: shared layers, nested models, several inputs and outputs, an input that nothing uses. The
same graph for the same seed. What a wrong order of layers would swap in silence, these make visible."""

import keras
import numpy as np

layers = keras.layers
WORDS = ("encoder", "decoder", "block", "head", "q", "k", "value", "a", "b", "dense", "dense_1", "dense_2", "dense_10", "layer.0")


class Graphs:
    """Draws a graph from one generator; every tensor in it has `width` columns."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.width = int(self.rng.integers(2, 5))
        self.shared = []
        self.taken = set()

    def chance(self, probability):
        return self.rng.uniform() < probability

    def one_of(self, options):
        return options[int(self.rng.integers(len(options)))]

    def name(self):
        """An explicit name that is free here, or None: an automatic one."""
        free = [word for word in WORDS if word not in self.taken]
        if not free or self.chance(0.5):
            return None
        name = self.one_of(free)
        self.taken.add(name)
        return name

    def layer(self, depth):
        kind = self.rng.integers(10)
        if kind < 6 or depth > 1:
            return layers.Dense(self.width, activation=self.one_of((None, "relu", "tanh")), name=self.name())
        if kind < 8:
            return keras.Sequential([layers.Dense(self.width), layers.Dense(self.width, activation="tanh")])
        inner = Graphs((int(self.rng.integers(1 << 30)),))
        inner.width = self.width
        return inner.model(depth + 1, one=True)

    def merged(self, tensors):
        picked = [self.one_of(tensors) for _ in range(int(self.rng.integers(2, 4)))]
        kind = self.rng.integers(4)
        if kind == 0:
            return layers.Dense(self.width)(layers.Concatenate()(picked))
        if kind == 1:
            return layers.Maximum()(picked)
        return layers.Add(name=self.name())(picked) if kind == 2 else layers.Average()(picked)

    def model(self, depth=0, one=False):
        inputs = [keras.Input((self.width,), name=f"in_{i}" if self.chance(0.5) else None) for i in range(1 if one else int(self.rng.integers(1, 4)))]
        unused = depth == 0 and len(inputs) > 1 and self.chance(0.3)
        tensors = inputs[:-1] if unused else list(inputs)
        for _ in range(int(self.rng.integers(2, 4 if depth else 9))):
            if self.shared and self.chance(0.3):
                tensors.append(self.one_of(self.shared)(self.one_of(tensors)))
            elif len(tensors) > 1 and self.chance(0.35):
                tensors.append(self.merged(tensors))
            else:
                self.shared.append(self.layer(depth))
                tensors.append(self.shared[-1](self.one_of(tensors)))
        made = tensors[len(inputs) - (1 if unused else 0):]
        outputs = [made[-1]] if one else [made[-1]] + [self.one_of(made) for _ in range(int(self.rng.integers(0, 3)))]
        if len(inputs) == 1 and len(outputs) == 1:
            if self.chance(0.5):
                return keras.Model(inputs[0], outputs[0])
            return keras.Model(inputs, outputs[0] if one else outputs)
        if self.chance(0.3):
            return keras.Model({t.name: t for t in sorted(inputs, key=lambda t: t.name)}, {f"out_{i}": t for i, t in enumerate(outputs)})
        return keras.Model(inputs, outputs)


def random_graph(seed):
    """With weights drawn here: an initializer's zeros would hide a swap."""
    keras.utils.clear_session(free_memory=False)
    for attempt in range(20):
        try:
            graphs = Graphs((seed, attempt))
            model = graphs.model()
            break
        except ValueError:  # Keras's own automatic names colliding with explicit ones: draw again
            continue
    for weight in model.weights:
        weight.assign(graphs.rng.normal(size=weight.shape).astype(np.float32) * 0.6)
    return model


def inputs_for(model, rows=3, seed=0):
    """One array for each input, in the order in which Keras flattens them."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(rows, *x.shape[1:])).astype(np.float32) for x in model.inputs]


def predictions(model, arrays):
    """A list of arrays, whatever the structure."""
    structure = model.input if isinstance(model.input, dict) else None
    x = dict(zip(sorted(structure), arrays)) if structure else arrays if isinstance(model.input, list) else arrays[0]
    return [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(model(x, training=False))]


def ordered_names(model):
    """Names of all layers in Keras's order, nested ones as inner/dense: what positions in a file go by."""
    names = []
    for layer in model.layers:
        names.append(layer.name)
        if isinstance(layer, keras.Model):
            names += [f"{layer.name}/{inner}" for inner in ordered_names(layer)]
    return names
