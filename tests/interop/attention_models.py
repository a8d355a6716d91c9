"""Models with attention in them, as whoever runs it saves them, Keras 3 or Keras 2: attention_models.py FOLDER.

<name>.keras, <name>.h5; <name>.npz with the inputs x0, x1, ..., the outputs y0, y1, ...; for models of one output <name>_data.npz with inputs
by name and labels `last`, and <name>_trained.npz with the weights w0, w1, ... after one step on them. Prints the names.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy as np  # noqa: E402

L = keras.layers
KERAS_2 = keras.__version__.startswith("2.")
WORDS = 9


def words(name, length):
    return keras.Input((length,), name=name, dtype="int32")


def numbers(name, *shape):
    return keras.Input(shape, name=name)


def embedded(x, size=6):
    # Without a regularizer Keras's optimizers square the gradients of repeated rows one by one.
    return L.Embedding(WORDS, size, mask_zero=True, embeddings_regularizer=keras.regularizers.L2(0.01))(x)


def last(x):
    return L.Dense(2, name="last")(L.Flatten()(x))


def encoder(length=5):
    """Masks of words, twice through attention with what stands around it; a query without a mask sums up."""
    x, q = words("x", length), numbers("q", 1, 6)
    e = embedded(x)
    a = L.MultiHeadAttention(2, 3, name="look")(e, e)
    n = L.LayerNormalization()(L.Add()([e, a]))
    b = L.MultiHeadAttention(2, 2, value_dim=3, name="look_back")(n, n, use_causal_mask=True)
    return keras.Model([x, q], last(L.Attention()([q, b])), name="encoder")


def decoder():
    """Queries of one length, values of another, keys of their own."""
    q, v, k = numbers("q", 3, 4), numbers("v", 5, 6), numbers("k", 5, 2)
    a = L.MultiHeadAttention(2, 3, output_shape=4, name="cross")(q, v, k)
    b = L.MultiHeadAttention(1, 4, use_bias=False, name="again")(query=a, value=q, use_causal_mask=True)
    return keras.Model([q, v, k], last(b), name="decoder")


def with_mask():
    """The mask comes as an input."""
    x, mask = numbers("x", 4, 3), numbers("mask", 4, 4)
    a = L.MultiHeadAttention(2, 3, name="masked")(x, x, attention_mask=mask)
    return keras.Model([x, mask], last(a), name="with_mask")


def with_scores():
    x, v = numbers("x", 4, 3), words("v", 5)
    y, scores = L.MultiHeadAttention(2, 3, name="shown")(x, embedded(v), return_attention_scores=True)
    z, more = L.Attention(name="plain")([y, y], return_attention_scores=True)
    return keras.Model([x, v], [y, scores, L.Dense(2)(z), more], name="with_scores")


def luong():
    x, v = words("x", 4), words("v", 5)
    q, e = embedded(x), embedded(v)
    a = L.Attention(use_scale=True, name="dot")([q, e])
    b = L.AdditiveAttention(name="additive")([a, e, e], use_causal_mask=True)
    c = L.Attention(score_mode="concat", name="concat")([b, q])
    return keras.Model([x, v], last(c), name="luong")


def shared():
    """One layer called twice, in two ways."""
    x, v = numbers("x", 3, 4), numbers("v", 5, 4)
    layer = L.MultiHeadAttention(2, 2, name="shared")
    return keras.Model([x, v], last(layer(layer(x, v), v, use_causal_mask=True)), name="shared_twice")


def grouped():
    x = words("x", 5)
    e = embedded(x)
    a = L.GroupQueryAttention(2, 4, 2, name="groups")(e, e, use_causal_mask=True)
    b = L.MultiHeadAttention(2, 3, use_gate=True, sliding_window=2, name="window")(a, e)
    return keras.Model(x, L.Dense(2, name="last")(L.GlobalAveragePooling1D()(b)), name="grouped")


MODELS = {"encoder": encoder, "encoder_of_any_length": lambda: encoder(None), "decoder": decoder, "with_mask": with_mask, "with_scores": with_scores,
          "luong": luong, "shared": shared, **({} if KERAS_2 else {"grouped": grouped})}


def drawn(x, rng):
    shape = (4, *(5 if size is None else size for size in x.shape[1:]))
    if x.name.startswith("mask"):
        return (rng.random(shape) < 0.6).astype("float32")
    if "int" in str(x.dtype):
        return np.sort(rng.integers(1, WORDS, shape) * (rng.random(shape) < 0.8), axis=1)[:, ::-1].astype("int32")  # 0 at the ends
    return rng.normal(size=shape).astype("float32")


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def main():
    folder = pathlib.Path(sys.argv[1])
    for seed, (name, make) in enumerate(MODELS.items()):
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        rng = np.random.default_rng(seed)
        model = make()
        for weight in model.weights:
            weight.assign(rng.normal(size=weight.shape) * 0.5)
        xs = [drawn(x, rng) for x in model.inputs]
        given = xs if len(xs) > 1 else xs[0]
        ys = [np.asarray(y) for y in listed(model(given, training=False))]
        model.compile(keras.optimizers.SGD(0.1), "mean_squared_error")
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5", **({"save_format": "h5"} if KERAS_2 else {}))
        np.savez(folder / f"{name}.npz", **{f"x{i}": x for i, x in enumerate(xs)}, **{f"y{i}": y for i, y in enumerate(ys)})
        np.savez(folder / f"{name}_x.npz", **{f"x{i}": x for i, x in enumerate(xs)})
        if len(ys) == 1:
            labels = rng.normal(size=ys[0].shape).astype("float32")
            np.savez(folder / f"{name}_data.npz", last=labels, **{x.name: value for x, value in zip(model.inputs, xs)})
            model.fit(given, labels, batch_size=4, shuffle=False, verbose=0)
            np.savez(folder / f"{name}_trained.npz", **{f"w{i}": np.asarray(weight) for i, weight in enumerate(model.weights)})
        print(name)


if __name__ == "__main__":
    main()
