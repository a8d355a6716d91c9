"""tests/golden/ops/graphs.*: calls of ops that graphs of others have and layers here do not make, in the format of ops.py."""

from golden.common import write_arrays, write_rows
from golden.graph_op_cases import all_cases
from golden.ops import run


def make(folder):
    arrays = {}
    rows = [run(case, arrays) for case in all_cases()]
    assert len({row["case"] for row in rows}) == len(rows), "two cases of one name"
    size = write_arrays(folder / "ops" / "graphs.npz", arrays)
    return size + write_rows(folder / "ops" / "graphs.json", rows, arrays="graphs.npz")
