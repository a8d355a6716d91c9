#!/usr/bin/env python3
"""The table in docs/files.md: which reader opens which writer's files and predicts the same numbers. Every cell is tried, nothing is taken on trust.

    python tools/file_table.py                    # prints the table
    python tools/file_table.py -o docs/files.md   # puts it there; rows and columns of a Keras that is not at hand keep what they say

Keras 3 is the Python that runs this, or NAMESAKE_KERAS3_PYTHON; Keras 2 is NAMESAKE_KERAS2_PYTHON (with TensorFlow 2.15 and h5py). Our programs are
in NAMESAKE_BIN (default build/release/bin).
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("NAMESAKE_BIN", ROOT / "build" / "release" / "bin")).resolve()
DOCS = ROOT / "docs" / "files.md"
MODELS = ("sequence", "branches", "image", "text", "nested")
TOLERANCE = 1e-5
LONGEST = 200  # of a reason

KERAS_2, KERAS_3, OURS = "Keras 2.15", "Keras 3.15", "Namesake"
SIDES = (KERAS_2, KERAS_3, OURS)
# (what the table calls it, how a file's name ends, weights alone, who writes it)
FORMATS = (("`.keras`", ".keras", False, SIDES), ("`.keras` for Keras 2", "_keras2.keras", False, (OURS,)), ("`.h5`, whole model", ".h5", False, SIDES),
           ("`.h5`, weights only", "_only.h5", True, SIDES), ("`.weights.h5`", ".weights.h5", True, SIDES),
           ("SavedModel", "_saved", False, SIDES))
BEGIN, END = "<!-- made by tools/file_table.py -->", "<!-- end of what is made -->"
YES, NOT_WRITTEN, NOT_TRIED = "yes", "not written", ("not tried", ())


def formats_of(writer):
    return [(form, suffix, weights) for form, suffix, weights, writers in FORMATS if writer in writers]


def rows():
    return [(writer, form) for writer in SIDES for form, _, _ in formats_of(writer)]


class Side:
    """One of the three, as a writer and as a reader."""

    def __init__(self, name, python=None):
        self.name, self.python = name, python
        self.folder = None
        self.errors = {suffix: {} for _, suffix, _ in formats_of(name)}

    def write(self, scratch, source):
        """Saves all models below `scratch`; ours come from the .keras files of `source`."""
        self.folder = scratch / self.name.replace(" ", "_")
        self.folder.mkdir()
        if self.python:
            self.errors = json.loads(self.run_python("write", self.folder).splitlines()[-1])["errors"]
            return
        for model in MODELS:
            for end in (".npz", "_y.npz"):
                (self.folder / f"{model}{end}").write_bytes((source / f"{model}{end}").read_bytes())
            for _, suffix, weights in formats_of(self.name):
                program = [BIN / "namesake", "convert", "--keras2"] if "keras2" in suffix else [BIN / "resave", *(["--weights"] if weights else [])]
                done = subprocess.run([*program, source / f"{model}.keras", self.folder / f"{model}{suffix}"], capture_output=True, text=True)
                if done.returncode != 0:
                    self.errors[suffix][model] = done.stderr

    def run_python(self, *arguments, lines=None):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow"}
        done = subprocess.run([self.python, ROOT / "tools" / "file_table_side.py", *arguments], input=lines, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            sys.exit(f"{self.name} ({self.python}) failed:\n{done.stderr[-4000:]}")
        return done.stdout

    def read(self, jobs):
        """For each job {"error", "difference"}."""
        if not self.python:
            return [self.read_here(job) for job in jobs]
        answers = self.run_python("read", lines="".join(json.dumps(job) + "\n" for job in jobs))
        return [json.loads(line[3:]) for line in answers.splitlines() if line.startswith("=> ")]

    @staticmethod
    def read_here(job):
        import numpy as np

        words = ["--weights", job["architecture"], job["file"], job["npz"]] if job["weights"] else [job["file"], job["npz"]]
        done = subprocess.run([BIN / "predict_graph", *words], capture_output=True, text=True)
        if done.returncode != 0:
            return {"error": done.stderr.partition("\n")[2], "difference": None}
        with np.load(job["npz"].replace(".npz", "_y.npz")) as arrays:
            expected = [arrays[f"y{i}"].ravel() for i in range(len(arrays))]
        ours = [np.array(line.split(), float) for line in done.stdout.splitlines()]
        return {"error": None, "difference": max(float(np.abs(a - b).max()) for a, b in zip(ours, expected, strict=True))}


def first_words(error):
    """The part of an error that says what is wrong, on one line: of Keras's errors inside errors the innermost, without the config and the file."""
    kind = error.partition(":")[0] + ": " if re.match(r"\w+Error:", error) else ""
    classes = re.findall(r"Error when deserializing class '(\w+)'", error)
    text = error.removeprefix(kind) if "Exception encountered:" not in error else (f"{classes[-1]}: " if classes else "") + error.rpartition("Exception encountered:")[2].strip()
    text = re.split(r"\.?\s+(?:Full object config|Received): ", text)[0]
    text = re.sub(r"\x1b\[\d*m", "", text)  # colours
    text = re.sub(r"0x[0-9a-f]{6,}", "0x...", re.sub(r"\S*/(?=\w+(?:\S*\.(?:keras|h5)|_saved)\b)", "", text))
    text = kind + re.sub(r"\s+", " ", text).replace("`", "'").replace("|", "\\|")
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(". ")[0] or text[:LONGEST]


def cell_of(answers):
    """("yes", ()) or (how many open, why the others do not)."""
    bad = [a for a in answers if a["error"] is not None or not a["difference"] <= TOLERANCE]
    if not bad:
        return YES, ()
    why = [first_words(a["error"]) if a["error"] else f"predictions differ by {a['difference']:.2g}" for a in bad]
    return f"{len(answers) - len(bad)} of {len(answers)}" if len(bad) < len(answers) else "no", tuple(dict.fromkeys(why))


def tried(sides):
    """{(writer, format, reader): (cell, reason)} of the sides that are at hand."""
    cells = {}
    with tempfile.TemporaryDirectory(prefix="file_table") as scratch:
        scratch = pathlib.Path(scratch)
        by_name = {side.name: side for side in sides}
        by_name[KERAS_3].write(scratch, None)
        for side in sides:
            if side.folder is None:
                side.write(scratch, by_name[KERAS_3].folder)
        jobs = [(writer, form,
                 {"model": model, "weights": weights, "file": str(writer.folder / f"{model}{suffix}"), "npz": str(writer.folder / f"{model}.npz"),
                  "architecture": str(by_name[KERAS_3].folder / f"{model}.keras")})
                for writer in sides for form, suffix, weights in formats_of(writer.name) for model in MODELS if model not in writer.errors[suffix]]
        for reader in sides:
            answers = {}
            for (writer, form, _), answer in zip(jobs, reader.read([job for *_, job in jobs]), strict=True):
                answers.setdefault((writer.name, form), []).append(answer)
            for (writer, form), found in answers.items():
                cells[writer, form, reader.name] = cell_of(found)
            for writer, form, errors in [(writer.name, form, writer.errors[suffix]) for writer in sides for form, suffix, _ in formats_of(writer.name)]:
                if errors:
                    cells[writer, form, reader.name] = (NOT_WRITTEN, tuple(dict.fromkeys(map(first_words, errors.values()))))
    return cells


def table(cells):
    """The lines of the table and of its reasons, each said once."""
    reasons = list(dict.fromkeys(why for cell in ordered(cells) for why in cell[1]))
    lines = ["| writer | format | " + " | ".join(SIDES) + " |", "|---|---|" + "---|" * len(SIDES)]
    for writer, form in rows():
        row = [cells.get((writer, form, reader), NOT_TRIED) for reader in SIDES]
        lines.append(f"| {writer} | {form} | " + " | ".join(word + "".join(f" [{reasons.index(one) + 1}]" for one in why) for word, why in row) + " |")
    return lines + [""] + [f"{i}. {why}" for i, why in enumerate(reasons, 1)]


def ordered(cells):
    return [cells.get((writer, form, reader), NOT_TRIED) for writer, form in rows() for reader in SIDES]


def parse(text):
    """The cells that `table` made lines of."""
    reasons = dict(re.findall(r"^(\d+)\. (.*)$", text, re.MULTILINE))
    cells = {}
    for line in text.splitlines():
        row = [word.strip() for word in line.strip("|").split(" | ")]
        if line.startswith("| ") and row[0] in SIDES:
            for reader, cell in zip(SIDES, row[2:], strict=True):
                cells[row[0], row[1], reader] = (cell.partition(" [")[0], tuple(reasons[number] for number in re.findall(r"\[(\d+)\]", cell)))
    return cells


def made_part(text):
    return text.partition(BEGIN)[2].partition(END)[0]


def with_table(text, new):
    """The page with the cells of a new run; the others keep what they say."""
    cells = {**parse(made_part(text)), **new}
    before, rest = text.split(BEGIN)
    return before + BEGIN + "\n" + "\n".join(table(cells)).rstrip() + "\n" + END + rest.partition(END)[2]


def sides_at_hand(keras2=None, keras3=None):
    keras2 = keras2 or os.environ.get("NAMESAKE_KERAS2_PYTHON")
    keras3 = keras3 or os.environ.get("NAMESAKE_KERAS3_PYTHON") or sys.executable
    return [*([Side(KERAS_2, keras2)] if keras2 else []), Side(KERAS_3, keras3), Side(OURS)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=pathlib.Path, help="put the table into this page")
    parser.add_argument("--keras2", help="the Python of Keras 2 (default NAMESAKE_KERAS2_PYTHON)")
    parser.add_argument("--keras3", help="the Python of Keras 3 (default NAMESAKE_KERAS3_PYTHON, then this one)")
    arguments = parser.parse_args()
    sides = sides_at_hand(arguments.keras2, arguments.keras3)
    if len(sides) < len(SIDES):
        print(f"{KERAS_2} is not at hand (NAMESAKE_KERAS2_PYTHON): its rows and column are not tried", file=sys.stderr)
    cells = tried(sides)
    if arguments.output:
        arguments.output.write_text(with_table(arguments.output.read_text(), cells))
    else:
        print("\n".join(table(cells)))


if __name__ == "__main__":
    main()
