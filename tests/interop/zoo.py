"""Random Sequential models: nested, of same-shaped layers, with names of every kind. The same model for the same seed."""

import keras
import numpy as np

layers = keras.layers
ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid", "elu", "selu", "softplus", "softsign", "gelu", "leaky_relu", "relu6", "exponential", None)
INITIALIZERS = ("glorot_uniform", "glorot_normal", "he_normal", "he_uniform", "lecun_normal", "random_normal", "random_uniform", "ones")
WORDS = ("encoder", "decoder", "block", "head", "stem", "q", "k", "value", "a", "b", "dense", "dense_1", "dense_2", "dense_10", "layer.0", "x-y")


class Zoo:
    """Draws models from one generator. `width` is what a same-shaped layer keeps."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.width = int(self.rng.integers(2, 9))

    def one_of(self, options):
        return options[int(self.rng.integers(len(options)))]

    def chance(self, probability):
        return self.rng.uniform() < probability

    def name(self, taken):
        """An explicit name that is free here, or None: an automatic one."""
        if self.chance(0.5):
            return None
        free = [w for w in WORDS if w not in taken]
        name = self.one_of(free)
        taken.add(name)
        return name

    def dense(self, taken, units=None):
        return layers.Dense(units or (self.width if self.chance(0.7) else int(self.rng.integers(1, 12))), activation=self.one_of(ACTIVATIONS),
                            use_bias=not self.chance(0.2), kernel_initializer=self.one_of(INITIALIZERS),
                            bias_initializer=self.one_of(("zeros", "random_normal")), trainable=not self.chance(0.1), name=self.name(taken))

    def small(self, taken):
        kind = self.rng.integers(3)
        if kind == 0:
            return layers.Dropout(round(float(self.rng.uniform(0, 0.9)), 2), seed=self.one_of((None, 3)), name=self.name(taken))
        if kind == 1:
            return layers.Activation(self.one_of([a for a in ACTIVATIONS if a]), name=self.name(taken))
        return layers.Flatten(name=self.name(taken))

    def sequence(self, depth):
        taken, members = set(), []
        for _ in range(int(self.rng.integers(1, 5))):
            if depth < 2 and self.chance(0.3):
                members.append(self.nested(taken, depth + 1))
            elif self.chance(0.3):
                members.append(self.small(taken))
            else:
                members.append(self.dense(taken))
        return members

    def nested(self, taken, depth):
        members = self.sequence(depth)
        if self.chance(0.2):
            return keras.Sequential([keras.Input((self.width,)), self.dense(set(), self.width)], name=self.name(taken))
        return keras.Sequential(members, name=self.name(taken))

    def model(self):
        shape = (self.width,) if self.chance(0.7) else (int(self.rng.integers(1, 4)), int(self.rng.integers(1, 4)))
        first = [keras.Input(shape, name=self.one_of((None, "pixels")))]
        if len(shape) > 1:
            first.append(layers.Flatten())
        first.append(layers.Dense(self.width, name=self.one_of((None, "first"))))
        return keras.Sequential(first + self.keep_width(self.sequence(0)), name=self.one_of((None, "model_0", "classifier")))

    def keep_width(self, members):
        """A built nested model takes `width` columns only: put a layer of that width before each member that needs it."""
        kept = []
        for member in members:
            kept += [layers.Dense(self.width), member] if isinstance(member, keras.Sequential) else [member]
        return kept


def random_model(seed):
    """Built, with weights drawn here: an initializer's zeros would hide a swap."""
    keras.utils.clear_session(free_memory=False)
    for attempt in range(20):
        try:
            zoo = Zoo((seed, attempt))
            model = zoo.model()
            break
        except ValueError:  # widths that do not fit, or Keras's own names colliding with explicit ones: draw again
            continue
    for weight in model.weights:
        weight.assign(zoo.rng.normal(size=weight.shape).astype(np.float32) * 0.4)
    if zoo.chance(0.4):
        model.compile(optimizer=zoo.one_of(("adam", "sgd")), loss="mean_squared_error")
    return model
