"""docs/files.md says which reader opens which writer's files: a new run must say the same, over the Kerases that are at hand."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import file_table  # noqa: E402


def test_the_table_in_docs_is_true():
    cells = file_table.tried(file_table.sides_at_hand())
    assert len(cells) >= 4 * 2 * 2
    page = file_table.DOCS.read_text()
    stands = file_table.parse(file_table.made_part(page))
    assert {key: stands.get(key) for key in cells} == cells, "run tools/file_table.py -o docs/files.md"
    assert file_table.with_table(page, cells) == page, "the table was edited by hand: run tools/file_table.py -o docs/files.md"


def test_all_cells_of_ours_are_tried_and_ours_opens_everything():
    stands = file_table.parse(file_table.made_part(file_table.DOCS.read_text()))
    assert set(stands) == {(*row, reader) for row in file_table.rows() for reader in file_table.SIDES}
    refused = {key: cell for key, cell in stands.items() if key[2] == file_table.OURS and cell[0] not in (file_table.YES, "not written")}
    assert not refused
    assert all(cell == file_table.YES or why for cell, why in stands.values())
