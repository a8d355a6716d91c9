#!/usr/bin/env python3
"""Copies the tests' golden files into FOLDER/<fuzz target>/, as seeds for the fuzz targets. tools/fuzz.sh runs it.

Archives are stored anew without compression, so that a changed byte is a changed config or weight. Files above a target's
limit are left out: small ones are executed more often.
"""

import io
import pathlib
import shutil
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
LIMITS = {"config": 4096, "csv": 2048, "json": 1536, "npy": 2048, "npz": 4096, "zip": 6144, "hdf5": 6400, "h5": 12544, "keras": 12544, "load": 12544,
          "bundle": 4096, "saved_model": 8192}
MOST = 200  # seeds of a target: there are thousands of NPY arrays

CSV = ["1,2\n3,4\n", "a,\"b \"\"c\"\"\"\r\n-1.5e3 , 2\r\n", "\ufeffx;y\n.5;+2\n\n"]
JSON = ["[NaN, -Infinity, Infinity, 1e400, -0.0, 18446744073709551615]", "{\"a\": {\"b\": [null, true, \"\\u00e4\\ud83d\\ude00\"]}, \"a\": 1}"]


def stored(content):
    """The archive `content`, nothing in it compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            target.writestr(zipfile.ZipInfo(entry.filename), source.read(entry))
    return out.getvalue()


def goldens():
    """(name, content) of every golden file, those inside archives too."""
    for path in sorted(GOLDEN.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        name = "_".join(path.relative_to(GOLDEN).parts)
        yield name, content
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for entry in archive.namelist():
                    yield f"{name}_{entry.replace('/', '_')}", archive.read(entry)


def targets(name, content):
    """(target, seed) for a golden file."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        yield "zip", content
        for target, ending in (("keras", ".keras"), ("load", ".keras"), ("npz", ".npz")):
            if name.endswith(ending):
                yield target, content
                yield target, stored(content)
    elif content.startswith(b"\x93NUMPY"):
        yield "npy", content
    elif name.endswith((".h5", ".hdf5")):
        yield "hdf5", content
        yield "h5", content
        if b"model_config" in content:
            yield "load", content
    elif name.endswith(".json"):
        yield "json", content
        if name.endswith("config.json"):
            yield "config", content
    elif name.endswith((".pb", ".meta")):
        yield "saved_model", content
    elif name.endswith(".index"):
        yield "bundle", content


def main():
    folder = pathlib.Path(sys.argv[1])
    for target in LIMITS:
        shutil.rmtree(folder / target, ignore_errors=True)
        (folder / target).mkdir(parents=True)
    count = dict.fromkeys(LIMITS, 0)
    seen = set()

    def add(target, name, content):
        if len(content) <= LIMITS[target] and count[target] < MOST and (target, content) not in seen:
            seen.add((target, content))
            count[target] += 1
            (folder / target / f"{count[target]:04}_{name}"[:100]).write_bytes(content)

    for name, content in goldens():
        for target, seed in targets(name, content):
            add(target, name, seed)
    for target, texts in (("csv", CSV), ("json", JSON)):
        for text in texts:
            add(target, target, text.encode())
    print(", ".join(f"{target} {number}" for target, number in count.items()))


if __name__ == "__main__":
    main()
