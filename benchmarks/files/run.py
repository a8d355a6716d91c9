"""Runs the programs of this benchmark in rounds; shared/rounds.py says how.

The files are made first, in a folder of the environment's TMPDIR that is removed at the end. With NAMESAKE_BENCH_COLD in the
environment the page cache is emptied of each file before it is loaded; otherwise the files are in it, whole.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)

import cases
from shared import rounds


def wrong_digests(benchmark, measured, quick):
    """What was saved comes back, whoever loads it. (The bound knows no weights.)"""
    wrong = set()
    for (case, program), line in (entry for lines in measured for entry in lines.items()):
        expected = MADE[case.split("_")[2]]["bytes" if case.startswith("list") else "digest"]
        if program != "bound" and line["digest"] != expected:
            wrong.add(f"{case}, {program}: the weights have the digest (or bytes) {line['digest']}. Expected {expected}.")
    return sorted(wrong)


def memory_table(measured):
    """Memory at the peak beyond the model's tensors, the median of the rounds."""
    programs = [p for p in ("ours", "keras") if any(program == p for lines in measured for _, program in lines)]
    rows = []
    for case in cases.NAMES:
        if case.endswith("small") or case.startswith("list"):
            continue  # some pages of the program say nothing
        cells = [[lines[case, p]["extra"] for lines in measured if (case, p) in lines] for p in programs]
        if all(cells):
            rows.append([case] + [f"{100 * statistics.median(cell):.2g} %" for cell in cells])
    return rounds.table(["extra memory, of the file's size"] + [rounds.TITLES[p] for p in programs], rows)


MADE = {}  # the digests and bytes of the models in the files, by size

BENCHMARK = rounds.Benchmark(
    "files",
    HERE,
    cases.NAMES,
    has_bound=True,
    has_libtorch=False,
    check=wrong_digests,
    agreed="Every program gave back what was saved.",
    more=memory_table,
)


def main():
    arguments = rounds.parse(BENCHMARK)
    rounds.TITLES["bound"] = "plain write and fsync / read"
    with tempfile.TemporaryDirectory(prefix="namesake-bench-") as folder:
        os.environ["NAMESAKE_BENCH_FOLDER"] = folder
        ours = os.path.join(arguments.build, "bin", "bench_files")
        if os.path.exists(ours):  # else rounds.main says so
            command = [ours, "--case", "make_files", "--json"] + ["--quick"] * arguments.quick
            made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            MADE.update((line["size"], line) for line in map(json.loads, made.splitlines()))
        return rounds.main(BENCHMARK)


if __name__ == "__main__":
    sys.exit(main())
