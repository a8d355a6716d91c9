"""tests/golden/ops/parts.*: calls of ops on parts and places of tensors, in the format of ops.py."""

from golden.common import write_arrays, write_rows
from golden.ops import run
from golden.part_op_cases import all_cases


def make(folder):
    arrays = {}
    rows = [run(case, arrays) for case in all_cases()]
    assert len({row["case"] for row in rows}) == len(rows), "two cases of one name"
    size = write_arrays(folder / "ops" / "parts.npz", arrays)
    return size + write_rows(folder / "ops" / "parts.json", rows, arrays="parts.npz")
