"""tests/golden/ops/images.*: calls of image ops, in the format of ops.py."""

from golden.common import write_arrays, write_rows
from golden.image_op_cases import all_cases
from golden.ops import run


def make(folder):
    arrays = {}
    rows = [run(case, arrays) for case in all_cases()]
    assert len({row["case"] for row in rows}) == len(rows), "two cases of one name"
    size = write_arrays(folder / "ops" / "images.npz", arrays)
    return size + write_rows(folder / "ops" / "images.json", rows, arrays="images.npz")
