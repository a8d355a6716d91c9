"""Models traced into graphs, which TensorFlow runs as functions and as frozen graphs, for several sizes of the batch: the same numbers as ours."""

import os
import pathlib
import subprocess

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.framework import op_def_registry

from conftest import ROOT, run_program
from test_layers import ROWS, draw_weights, model_around

BATCHES = (1, 2, 5)


class Traced:
    """What trace_models left of one model."""

    def __init__(self, folder, line):
        self.name, *counts = line.split()
        self.inputs, self.outputs, self.variables = map(int, counts)
        self.graph = tf.compat.v1.GraphDef.FromString((folder / f"{self.name}.pb").read_bytes())
        with np.load(folder / f"{self.name}.npz") as data:
            self.arrays = dict(data)
        self.function = next(f for f in self.graph.library.function if f.signature.name == f"serve_{self.name}")
        self.narrow = any(tf.as_dtype(n.attr["DstT"].type) in (tf.bfloat16, tf.float16) for n in self.function.node_def if n.op == "Cast")

    def dtypes(self):
        return [tf.as_dtype(argument.type) for argument in self.function.signature.input_arg[: self.inputs]]

    def xs(self, rows):
        return [tf.cast(self.arrays[f"x{i}_{rows}"], dtype) for i, dtype in enumerate(self.dtypes())]

    def ys(self, rows):
        return [self.arrays[f"y{i}_{rows}"] for i in range(self.outputs)]

    def check(self, outputs, rows):
        assert len(outputs) == self.outputs
        tolerance = 2e-2 if self.narrow else 1e-5
        for i, (found, expected) in enumerate(zip(outputs, self.ys(rows), strict=True)):
            assert found.shape == expected.shape, f"{self.name}: output {i} of {rows} rows"
            np.testing.assert_allclose(np.asarray(found, np.float64), np.asarray(expected, np.float64), rtol=tolerance, atol=tolerance,
                                       err_msg=f"{self.name}, output {i}, {rows} rows")


def variables_of(traced):
    """TensorFlow's variables of the values that the model had, as the function's last arguments take them."""
    variables = []
    for i in range(traced.variables):
        argument = traced.function.signature.input_arg[traced.inputs + i].name
        reads = (tf.as_dtype(n.attr["dtype"].type) for n in traced.function.node_def if n.op == "ReadVariableOp" and n.input[0] == argument)
        variables.append(tf.Variable(tf.cast(traced.arrays[f"v{i}"], next(reads, tf.float32))))
    return variables


def call(traced, rows, variables):
    outputs = tf.raw_ops.StatefulPartitionedCall(args=[*traced.xs(rows), *(v.handle for v in variables)],
                                                 Tout=[argument.type for argument in traced.function.signature.output_arg], f=traced.function.signature.name)
    return [y.numpy() for y in outputs]


def run_as_function(traced):
    """The function is added to TensorFlow and called with variables of the model's values."""
    for function in traced.graph.library.function:
        context.context().add_function_def(function)
    try:
        variables = variables_of(traced)
        for rows in BATCHES:
            traced.check(call(traced, rows, variables), rows)
    finally:
        for function in traced.graph.library.function:
            context.context().remove_function(function.signature.name)


def run_frozen(traced):
    inputs = [n.name for n in traced.graph.node if n.op == "Placeholder"]
    outputs = [n.name for n in traced.graph.node][-traced.outputs :]
    xs = {rows: [x.numpy() for x in traced.xs(rows)] for rows in BATCHES}
    with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
        tf.import_graph_def(traced.graph, name="")
        for rows in BATCHES:
            feeds = {f"{name}:0": x for name, x in zip(inputs, xs[rows], strict=True)}
            traced.check(session.run([f"{name}:0" for name in outputs], feeds), rows)


def check_attributes(traced):
    """Every attribute that TensorFlow's definition of the op wants is there, and none that it does not know."""
    for node in traced.function.node_def:
        definition = op_def_registry.get(node.op)
        assert definition is not None, node.op
        known = {a.name for a in definition.attr}
        needed = {a.name for a in definition.attr if not a.HasField("default_value")}
        assert needed <= set(node.attr) <= known, f"{node.name}: {node.op} has {sorted(node.attr)}, wanted {sorted(known)}"


def check_all(folder, files=()):
    """Of each model the function has TensorFlow's attributes, and it and the frozen graph give our numbers. The models, by name."""
    models = [Traced(folder, line) for line in run_program("trace_models", folder, *files).splitlines()]
    for traced in models:
        check_attributes(traced)
        run_as_function(traced)
        if traced.graph.node:
            run_frozen(traced)
        else:
            assert any("While" in node.op for node in traced.function.node_def), traced.name
    return {traced.name: traced for traced in models}


def test_every_layer_that_we_make_is_traced(tmp_path):
    run_program("one_layer_models", tmp_path)
    files = sorted(tmp_path.glob("*.keras"))
    assert len(check_all(tmp_path, files)) == len(files) > 60


def test_every_layer_that_keras_made_with_odd_options_is_traced(tmp_path):
    for index, row in enumerate(ROWS):
        keras.utils.clear_session(free_memory=False)
        model, _ = model_around(row, sequential=index % 2 == 1)
        draw_weights(model, np.random.default_rng(index))
        model.save(tmp_path / f"row_{index}_{row[0]}.keras")
    assert len(check_all(tmp_path, sorted(tmp_path.glob("*.keras")))) == len(ROWS)


def test_every_operation_of_a_functional_model_is_traced(tmp_path):
    run_program("save_ops", tmp_path)
    files = sorted(tmp_path.glob("*.keras"))
    assert len(check_all(tmp_path, files)) == len(files) > 150


@pytest.mark.skipif("NAMESAKE_KERAS2_PYTHON" not in os.environ, reason="NAMESAKE_KERAS2_PYTHON is not set")
def test_every_layer_of_keras_2_is_traced(tmp_path):
    program = pathlib.Path(ROOT) / "tools" / "keras2_layers.py"
    subprocess.run([os.environ["NAMESAKE_KERAS2_PYTHON"], program, tmp_path], check=True, capture_output=True)
    files = sorted(tmp_path.glob("[0-9]*.keras"))
    assert len(check_all(tmp_path, files)) == len(files) > 100


def test_custom_layers_policies_masks_and_nested_models_are_traced_under_their_names(tmp_path):
    models = check_all(tmp_path)

    def nodes(name):
        return {n.name for n in models[name].function.node_def}

    assert {"outer/inner/shared/MatMul", "outer/head/first/MatMul", "outer/shared/MatMul", "outer/inner/join/ConcatV2"} <= nodes("nested")
    assert {"model_0/dense_1/MatMul", "model_0/scaled/Exp", "model_0/scaled/inner/Tanh", "model_0/dense_1.b/BiasAdd", "model_0/scaled/inner/MatMul/ReadVariableOp"} <= nodes("scoped")


def test_a_training_pass_draws_our_numbers_and_moves_our_averages(tmp_path):
    traced = Traced(tmp_path, run_program("trace_models", tmp_path, "--training"))
    check_attributes(traced)
    context.context().add_function_def(traced.function)
    variables = variables_of(traced)
    traced.check(call(traced, 5, variables), 5)
    moved = 0
    for i, variable in enumerate(variables):
        np.testing.assert_allclose(variable.numpy(), traced.arrays[f"w{i}"], rtol=1e-5, atol=1e-6)
        moved += not np.array_equal(traced.arrays[f"v{i}"], traced.arrays[f"w{i}"])
    assert moved == 7, "five states of random numbers, two averages"


def test_a_graph_that_calls_another_is_two_functions(tmp_path):
    traced = Traced(tmp_path, run_program("trace_models", tmp_path, "--calls"))
    check_attributes(traced)
    assert len(traced.graph.library.function) == 2
    for function in traced.graph.library.function:
        context.context().add_function_def(function)
    traced.check(call(traced, 5, variables_of(traced)), 5)
