"""Models with loops and branches, as Keras and users of TensorFlow write them: recurrent layers, tf.while_loop, tf.map_fn, tf.scan, tf.cond and tf.switch_case.

Run by test_flow.py with the TensorFlow at hand, and as a program with Keras 2: flow_models.py FOLDER
"""

import pathlib
import sys

from saved_model_reading import KERAS_2, TOLERANCE, Job, call, compare, load, run_program, save_again, some, train_a_step

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

keras = tf.keras
L = keras.layers
STEPS, FEATURES, WORDS = 6, 4, 7
BATCHES = (2,) if KERAS_2 else (1, 2, 5)


def words(batch):
    """Sentences with zeros, which are masked, at the end, in the middle, and everywhere."""
    sentences = some(batch, STEPS, below=WORDS, seed=batch)
    sentences[:, -2:] = 0
    sentences[-1] = [3, 0, 1, 0, 0, 2]
    if batch > 2:
        sentences[0] = 0
    return sentences


def recurrent_models():
    """(name, model, whether it takes words)"""

    def of(*layers):
        return keras.Sequential([keras.Input((STEPS, FEATURES)), *layers])

    def of_words(*layers):
        return keras.Sequential([keras.Input((STEPS,), dtype="int32"), L.Embedding(WORDS, 3, mask_zero=True), *layers])

    yield "lstm", of(L.LSTM(3)), False
    yield "gru", of(L.GRU(3)), False
    yield "gru_before", of(L.GRU(3, reset_after=False)), False
    yield "simple", of(L.SimpleRNN(3)), False
    yield "sequences", of(L.LSTM(3, return_sequences=True), L.Dense(2)), False
    yield "backwards", of(L.GRU(3, return_sequences=True, go_backwards=True)), False
    yield "stacked", of(L.LSTM(3, return_sequences=True), L.SimpleRNN(4, return_sequences=True), L.GRU(2)), False
    yield "both_ways", of(L.Bidirectional(L.LSTM(2, return_sequences=True)), L.Bidirectional(L.GRU(2), merge_mode="sum")), False
    yield "cells", of(L.RNN([L.LSTMCell(3), L.GRUCell(2)])), False
    yield "time_major_free", of(L.TimeDistributed(L.Dense(3)), L.LSTM(2)), False
    yield "masked", of_words(L.LSTM(3)), True
    yield "masked_sequences", of_words(L.GRU(3, return_sequences=True), L.LSTM(2)), True
    yield "masked_both_ways", of_words(L.Bidirectional(L.LSTM(3)), L.Dense(2)), True
    yield "masked_simple", of_words(L.SimpleRNN(3, return_sequences=True, go_backwards=True)), True
    i = keras.Input((STEPS, FEATURES))
    sequence, h, c = L.LSTM(3, return_sequences=True, return_state=True)(i)
    yield "states", keras.Model(i, L.LSTM(3)(sequence, initial_state=[h, c])), False


def recurrent_jobs(folder):
    for name, model, takes_words in recurrent_models():
        target = folder / name
        model.save(str(target)) if KERAS_2 else model.export(str(target), verbose=False)
        loaded = load(target)
        for batch in BATCHES:
            link = folder / f"{name}_{batch}"
            link.symlink_to(target, target_is_directory=True)
            job = Job(link, {"x0": words(batch) if takes_words else some(batch, STEPS, FEATURES, seed=batch)})
            job.loaded = loaded
            yield job


class Program(tf.Module):
    """One function with variables; `counts` is set by some of them."""

    def __init__(self, function):
        self.w = tf.Variable(some(4, 4) / 2, name="w")
        self.b = tf.Variable(some(4, seed=2), name="b")
        self.count = tf.Variable(0.0, name="count", trainable=False)
        self.run = tf.function(lambda x: function(self, x), input_signature=[tf.TensorSpec((None, 4), tf.float32, name="x")])


def loops_with_captures(m, x):
    i, y = tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, tf.tanh(y @ m.w + m.b)), (0, x))
    limited = tf.while_loop(lambda y: True, lambda y: (y * 0.9 @ m.w,), (x,), maximum_iterations=3)[0]
    return {"y": y, "i": i, "limited": limited}


def loops_until(m, x):
    steps, y = tf.while_loop(lambda n, y: tf.reduce_sum(tf.abs(y)) > 0.5, lambda n, y: (n + 1, y * 0.7 * tf.sigmoid(m.b)), (0, x))
    return {"steps": steps, "y": y}


def mapped(m, x):
    pairs = tf.map_fn(lambda row: (tf.linalg.matvec(m.w, row), tf.reduce_sum(row)), x, fn_output_signature=(tf.float32, tf.float32))
    return {"rows": tf.map_fn(lambda row: tf.linalg.matvec(m.w, row) + m.b, x), "first": pairs[0], "second": pairs[1], "ints": tf.map_fn(lambda row: tf.argmax(row), x, fn_output_signature=tf.int64),
            "vectorized": tf.vectorized_map(lambda row: row * m.b, x)}


def scanned(m, x):
    return {"sums": tf.scan(lambda total, row: total + row * m.b, x), "states": tf.scan(lambda state, row: tf.tanh(tf.linalg.matvec(m.w, state) + row), x, initializer=tf.zeros(4)),
            "back": tf.scan(lambda total, row: 0.5 * total + row, x, reverse=True), "fold": tf.foldl(lambda a, row: a * 0.5 + row @ m.w, tf.expand_dims(x, 1)), "fold_right": tf.foldr(lambda a, row: a * 0.3 + row, x)}


def nested(m, x):
    w, b = m.w.read_value(), m.b.read_value()  # TensorFlow has no gradients of variables in the branches of a loop that was loaded

    def outer(i, y):
        inner = tf.while_loop(lambda j, z: j < i + 1, lambda j, z: (j + 1, tf.sin(z @ w)), (0, y))[1]
        return i + 1, tf.cond(tf.reduce_sum(inner) > 0.0, lambda: inner * 0.5, lambda: inner - tf.while_loop(lambda k, u: k < 2, lambda k, u: (k + 1, u * b), (0, y))[1])

    return {"y": tf.while_loop(lambda i, y: i < 3, outer, (0, x))[1]}


def branches(m, x):
    def yes():
        m.count.assign_add(tf.reduce_sum(x))
        return x @ m.w

    def no():
        m.count.assign_sub(1.0)
        return x * m.b

    y = tf.cond(tf.reduce_sum(x) > 0.0, yes, no)
    read_after = tf.identity(m.count)
    z = tf.cond(m.count > 0.0, lambda: tf.concat([x, y], 0), lambda: y)
    return {"y": y, "count": read_after, "z": z, "nested": tf.cond(read_after > 0.0, lambda: tf.cond(read_after > 1.0, lambda: x * 2.0, lambda: x * 3.0), lambda: x @ m.w)}


def cases(m, x):
    index = tf.cast(tf.reduce_sum(x) * 3.0, tf.int32)
    names = {"by_index": tf.switch_case(index, [lambda: x, lambda: x @ m.w, lambda: x * m.b]), "by_number": tf.switch_case(tf.shape(x)[0] % 3, [lambda: x @ m.w, lambda: -x, lambda: x * m.b])}
    return names | {"by_tests": tf.case([(index > 5, lambda: x), (index < 0, lambda: x @ m.w)], default=lambda: x * 2.0)}


def counted(m, x):
    def body(i, total):
        before = tf.identity(m.count)
        m.count.assign_add(1.0)
        return i + 1, total + before * 10.0 + m.count

    m.count.assign(2.0)
    total = tf.while_loop(lambda i, total: tf.logical_and(i < 3, m.count < 100.0), body, (0, 0.0))[1]
    m.count.assign(m.count * 2.0)
    return {"total": total, "count": tf.identity(m.count), "y": x * m.count @ m.w}


def written(m, x):
    rows = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    for i in tf.range(3):
        rows = rows.write(i, tf.linalg.matvec(m.w, x[0]) * tf.cast(i, tf.float32))
    pieces = tf.TensorArray(tf.float32, 2, infer_shape=False, element_shape=[None, 4]).write(0, x).write(1, x[:1] @ m.w)
    spread = tf.TensorArray(tf.float32, 4).scatter([2, 0, 1, 3], tf.stack([m.b, m.b * 2.0, x[0], x[-1]]))
    return {"stack": rows.stack(), "gather": rows.gather([2, 0]), "concat": pieces.concat(), "size": rows.size(), "spread": spread.stack(), "read": spread.read(2), "split": tf.TensorArray(tf.float32, 2, infer_shape=False).split(x[:1, :, tf.newaxis][0], [1, 3]).read(1)}


def decoded(m, x):
    """Greedy decoding: the next row follows from the one before, until a sum is small or six are made."""
    w = m.w.read_value()
    found = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=(None, 4))
    token, i = x, tf.constant(0)
    while i < 6 and tf.reduce_max(tf.abs(token)) > 0.05:
        scores = tf.nn.softmax(token @ w)
        found = found.write(i, scores)
        token = scores * 0.6 if tf.reduce_mean(scores[0, :2]) > 0.5 else tf.gather(w, tf.argmax(scores, 1)) * 0.4
        i += 1
    return {"found": found.stack(), "count": i}


PROGRAMS = [loops_with_captures, loops_until, mapped, scanned, nested, branches, cases, counted, written, decoded]


def program_jobs(folder):
    for function in PROGRAMS:
        module = Program(tf.autograph.experimental.do_not_convert(function) if function is not decoded and function is not written else function)
        target = folder / function.__name__
        tf.saved_model.save(module, str(target), signatures=module.run)
        for batch in BATCHES:
            link = folder / f"{function.__name__}_{batch}"
            link.symlink_to(target, target_is_directory=True)
            yield Job(link, {"x": some(batch, 4, seed=10 + batch)})


def of_one_batch(jobs):
    return [job for job in jobs if job.folder.name.endswith("_2")]


def check_variables(job):
    """What the function assigned, by the variables' names."""
    loaded = load(job.folder)  # holds the variables
    function = loaded.signatures["serving_default"]
    call(function, job.inputs)
    with np.load(job.out("gradients")) as found:
        expected = {variable.name.split(":")[0]: variable.numpy() for variable in function.variables if not variable.trainable}
        for name, value in expected.items():
            np.testing.assert_allclose(found["v:" + name], value, rtol=TOLERANCE, atol=TOLERANCE, err_msg=f"{job.folder.name}: {name}")
    return len(expected)


def main(folder):
    """With Keras 2."""
    jobs = list(recurrent_jobs(folder))
    compare(run_program, jobs)
    train_a_step(run_program, of_one_batch(jobs))
    save_again(run_program, of_one_batch(jobs))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
