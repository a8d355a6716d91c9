#!/usr/bin/env python3
"""The ops that graphs of others may have: what `list_ops` says of each record, compared with TensorFlow's own op definitions.

    python tools/ops_table.py                # prints docs/ops.md, or what differs
    python tools/ops_table.py -o docs/ops.md

Needs TensorFlow (tests/interop/requirements.txt) and the programs built (NAMESAKE_BIN, default build/release/bin).
"""

import argparse
import functools
import json
import os
import pathlib
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("NAMESAKE_BIN", ROOT / "build" / "release" / "bin"))

# Records that are no ops of TensorFlow's, and why there is one.
OF_OUR_OWN = {
    "CheckInRange": "`check_in_range`: an Assert beside the value in TensorFlow",
}
# Attributes of TensorFlow's that a record leaves out: they say how to run or check an op, not what it computes. Each has a default, which a NodeDef of ours gets.
SAYS_NOTHING = {"use_cudnn_on_gpu", "grad_a", "grad_b", "grad_x", "grad_y", "Truncate", "incompatible_shape_error", "bad_indices_policy", "use_locking"}

# Attributes that TensorFlow 2.15 does not know yet, and would refuse: their default is what the op was before.
TOO_NEW = {("TensorListGetItem", "Tshape")}


@functools.cache
def listed():
    """What list_ops says, a dictionary for each line."""
    done = subprocess.run([BIN / "list_ops"], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def records():
    """The ops with a record."""
    return [row for row in listed() if "name" in row]


def rules():
    """The ops that become others when a graph is read. (Some have a record, too, for values of another kind.)"""
    return [row for row in listed() if "rule" in row]


def default_of(attr):
    """The default of an AttrDef of TensorFlow's as JSON, None if there is none."""
    import tensorflow as tf

    if not attr.HasField("default_value"):
        return None
    value = attr.default_value
    kind = value.WhichOneof("value")
    if kind == "type":
        return tf.as_dtype(value.type).name
    if kind == "s":
        return value.s.decode()
    if kind == "list":
        return list(value.list.i) or list(value.list.f)
    return getattr(value, kind)


def differences_of_arguments(row, definition):
    for what, ours, theirs in ("inputs", row["inputs"], definition.input_arg), ("outputs", row["outputs"], definition.output_arg):
        if ours != [a.name for a in theirs]:
            yield f"{what}: {ours} against {[a.name for a in theirs]}"
    lists = [a.name for a in definition.input_arg if a.number_attr]
    if len(lists) > 1 and "N" in [attr["name"] for attr in row["attrs"]]:
        lists = lists[:1]  # all of them one behind the other, N of each
    if lists != [row["list_input"]] * (row["list_input"] is not None) or any(a.type_list_attr for a in [*definition.input_arg, *definition.output_arg]):
        yield f"list of inputs: {row['list_input']} against {lists}"
    counts = [a.number_attr for a in definition.output_arg if a.number_attr]
    if counts != [row["list_output"]] * (row["list_output"] is not None):
        yield f"list of outputs: {row['list_output']} against {counts}"


def differences_of_types(row, definition):
    theirs = {a.type_attr: [b.name for b in definition.input_arg if b.type_attr == a.type_attr] for a in definition.input_arg if a.type_attr}
    theirs = {name: inputs for name, inputs in theirs.items() if (row["name"], name) not in TOO_NEW}
    if set(row["types"]) != set(theirs):
        yield f"types: {sorted(row['types'])} against {sorted(theirs)}"
    for name, place in row["types"].items():
        if place not in theirs.get(name, [place]):
            yield f"type {name} is that of {theirs[name]}, not of {place}"


def differences_of_attrs(row, definition):
    theirs = {a.name: a for a in definition.attr}
    for attr in row["attrs"]:
        name = attr["name"]
        if name not in theirs or theirs[name].type != attr["kind"]:
            yield f"attribute {name} of kind {attr['kind']}: {theirs[name].type if name in theirs else 'not there'}"
            continue
        default = default_of(theirs[name])
        same = abs(attr["fallback"] - default) <= 1e-6 * abs(default) if isinstance(default, float) else attr["fallback"] == default
        if default is not None and not same:
            yield f"default of {name}: {attr['fallback']} against {default}"
        allowed = {value.decode() for value in theirs[name].allowed_values.list.s}
        if attr["words"] and allowed and not set(attr["words"].split(",")) <= allowed:
            yield f"words of {name}: {attr['words']} against {sorted(allowed)}"
    settled = set(row["types"]) | {attr["name"] for attr in row["attrs"]} | {a.number_attr for a in definition.input_arg}
    for name in theirs.keys() - settled:
        if (name not in SAYS_NOTHING and (row["name"], name) not in TOO_NEW) or default_of(theirs[name]) is None:
            yield f"attribute {name} is left out"


def differences():
    """What of the records is not as TensorFlow has it."""
    from tensorflow.python.framework import op_def_registry

    found = []
    for row in records():
        definition = op_def_registry.get(row["name"])
        if (definition is None) != (row["name"] in OF_OUR_OWN):
            found.append(f"{row['name']}: {'no op of TensorFlow' if definition is None else 'an op of TensorFlow after all'}")
        elif definition is not None:
            parts = [*differences_of_arguments(row, definition), *differences_of_types(row, definition), *differences_of_attrs(row, definition)]
            found += [f"{row['name']}: {text}" for text in parts]
    found += [f"{row['rule']}: a rule for no op of TensorFlow" for row in rules() if op_def_registry.get(row["rule"]) is None]
    return found


def markdown():
    import tensorflow as tf

    rows = [row for row in records() if row["name"] not in OF_OUR_OWN]
    with_gradient = [row["name"] for row in rows if row["gradient"]]
    of_lists = [row["name"] for row in rows if "TensorList" in row["name"]]
    without = [row["name"] for row in rows if not row["gradient"] and row["name"] not in of_lists]
    lines = ["# The ops there are", "",
             f"Made by `tools/ops_table.py`, and compared with the op definitions of TensorFlow {tf.__version__}: names, inputs, outputs, attributes and their defaults.", "",
             "| | |", "|---|---|",
             f"| with a gradient: {len(with_gradient)} | {', '.join(with_gradient)} |",
             f"| without: {len(without)} | {', '.join(without)} |",
             f"| of lists of tensors, through which gradients go: {len(of_lists)} | {', '.join(of_lists)} |",
             f"| that run functions: branches and loops run what is taken, as often as it is taken | {', '.join(row['rule'] for row in rules() if row['calls'])} |",
             f"| that are read as others | {', '.join(row['rule'] for row in rules() if not row['calls'] and row['rule'] not in [*with_gradient, *without])} |",
             f"| of our own | {'; '.join(f'{name}, {why}' for name, why in OF_OUR_OWN.items())} |"]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=pathlib.Path, help="write the table there")
    arguments = parser.parse_args()
    found = differences()
    if found:
        sys.exit("\n".join(found))
    if arguments.output:
        arguments.output.write_text(markdown())
    else:
        print(markdown(), end="")


if __name__ == "__main__":
    main()
