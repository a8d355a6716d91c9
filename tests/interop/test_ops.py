"""Op records are named and attributed as TensorFlow's ops: the NodeDefs that a SavedModel of ours has are made of them. docs/ops.md lists them."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import ops_table  # noqa: E402


def test_records_have_the_names_attributes_and_defaults_of_tensorflow():
    assert len(ops_table.records()) > 150
    assert not ops_table.differences()


def test_the_table_in_docs_is_true():
    assert (ROOT / "docs" / "ops.md").read_text() == ops_table.markdown(), "run tools/ops_table.py -o docs/ops.md"
