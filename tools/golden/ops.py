"""tests/golden/ops: one case an op call, run by TensorFlow itself through tf.raw_ops, with its gradients.

cases.json: {"cases": [{"case", "op", "attrs", "types", "inputs", "outputs", "cotangents", "gradients", "tolerance"}]}
  op           TensorFlow's op name; inputs are in NodeDef order, axes, shapes, depths and the like among them
  attrs        attributes of the NodeDef that the inputs do not settle (types as words: "float32")
  types        those that they do settle: T, Tidx, N
  cotangents   "cotangent0" is what is put in for output 0, of a list for each; outputs without one have none
  gradients    "grad1" is the gradient with respect to input 1; inputs without one have none
  tolerance    |ours - theirs| <= tolerance * max(1, |theirs|); 0: equal; NaN equals NaN, infinities their own kind
ops.npz: arrays `<case>/in0`, `<case>/out0`, `<case>/cotangent0`, `<case>/grad0`.
"""

import inspect

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from golden.common import rng_for, write_arrays, write_rows
from golden.op_cases import all_cases


def node_of(op, inputs, attrs):
    """The NodeDef that TensorFlow records for this call."""
    graph = tf.Graph()
    with graph.as_default():
        call(op, [tf.compat.v1.placeholder(v.dtype, v.shape) for v in inputs], attrs)
    return [n for n in graph.as_graph_def().node if n.op == op][-1]


def call(op, inputs, attrs):
    """tf.raw_ops.<op> with the inputs in NodeDef order, as a list of outputs."""
    function = getattr(tf.raw_ops, op)
    names = list(inspect.signature(function).parameters)
    keywords, rest = dict(attrs), list(inputs)
    for argument, name in zip(op_def_registry.get(op).input_arg, names):
        if argument.number_attr:  # a list: the values of ConcatV2, Pack; every other input follows it, or (DynamicStitch) is a list as long
            lists = sum(bool(a.number_attr) for a in op_def_registry.get(op).input_arg)
            count = len(inputs) // lists if lists > 1 else len(rest) - (len(op_def_registry.get(op).input_arg) - 1)
            keywords[name], rest = rest[:count], rest[count:]
        else:
            keywords[name] = rest.pop(0)
    assert not rest, f"{op}: too many inputs"
    result = function(**keywords)
    return list(result) if isinstance(result, (list, tuple)) else [result]


def plain(value):
    """An AttrValue as JSON."""
    kind = value.WhichOneof("value")
    if kind == "type":
        return tf.as_dtype(value.type).name
    if kind == "s":
        return value.s.decode()
    if kind == "list":
        return [v.decode() if isinstance(v, bytes) else v for v in list(value.list.i) or list(value.list.f) or list(value.list.s)]
    return getattr(value, kind)


def settled_by_inputs(op):
    definition = op_def_registry.get(op)
    return {n for a in definition.input_arg for n in (a.type_attr, a.number_attr, a.type_list_attr) if n}


def run(case, arrays):
    inputs = [np.asarray(v) for v in case["inputs"]]
    tensors = [tf.constant(v) for v in inputs]
    differentiable = [i for i, t in enumerate(tensors) if t.dtype.is_floating and i not in case["constant"]]
    with tf.GradientTape(persistent=True) as tape:
        for i in differentiable:
            tape.watch(tensors[i])
        outputs = call(case["op"], tensors, case["attrs"])
    row = {"case": case["case"], "op": case["op"]}
    node, own = node_of(case["op"], inputs, case["attrs"]), settled_by_inputs(case["op"])
    row["attrs"] = {k: plain(node.attr[k]) for k in sorted(node.attr) if k not in own and not k.startswith("_")}
    row["types"] = {k: plain(node.attr[k]) for k in sorted(node.attr) if k in own}
    row["inputs"], row["outputs"], row["cotangents"], row["gradients"] = [], [], [], []
    for i, value in enumerate(inputs):
        row["inputs"].append(f"in{i}")
        arrays[f"{case['case']}/in{i}"] = value
    for i, value in enumerate(outputs):
        row["outputs"].append(f"out{i}")
        arrays[f"{case['case']}/out{i}"] = value.numpy()
    if case["gradient"] and outputs[0].dtype.is_floating:
        is_list = any(a.number_attr for a in op_def_registry.get(case["op"]).output_arg)
        taken = outputs if is_list else outputs[:1]
        cotangents = [rng_for(case["case"] + "/cotangent" + (str(i) if i else "")).normal(size=o.shape).astype(o.dtype.as_numpy_dtype)
                      for i, o in enumerate(taken)]
        gradients = tape.gradient(taken, [tensors[i] for i in differentiable], output_gradients=[tf.constant(c) for c in cotangents])
        for i, gradient in zip(differentiable, gradients):
            if gradient is not None:
                row["gradients"].append(f"grad{i}")
                arrays[f"{case['case']}/grad{i}"] = tf.convert_to_tensor(gradient).numpy()
        if row["gradients"]:
            for i, cotangent in enumerate(cotangents):
                row["cotangents"].append(f"cotangent{i}")
                arrays[f"{case['case']}/cotangent{i}"] = cotangent
    row["tolerance"] = case["tolerance"] if outputs[0].dtype.is_floating else 0
    return row


def make(folder):
    arrays, rows = {}, []
    for case in all_cases():
        rows.append(run(case, arrays))
    names = [row["case"] for row in rows]
    assert len(set(names)) == len(names), "two cases of one name"
    size = write_arrays(folder / "ops" / "ops.npz", arrays)
    return size + write_rows(folder / "ops" / "cases.json", rows, arrays="ops.npz")
