"""Writing of arrays and descriptions, the same for every part."""

import json
import pathlib
import zlib

import numpy as np


def rng_for(name):
    """A generator of its own for each case, so that a new case changes no other one."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def write_arrays(path, arrays):
    """An NPZ with the arrays as entries `<key>.npy`, in order; the same bytes every time."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **{key: np.asarray(value) for key, value in arrays.items()})
    return path.stat().st_size


def write_json(path, value):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n")
    return path.stat().st_size


def write_rows(path, rows, *, allow_nan=False, **head):
    """JSON with the rows of `cases` one a line: readable, and a change is a line of a diff. `allow_nan`: with the Infinity that Python writes."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f' {json.dumps(key)}: {json.dumps(value)},' for key, value in head.items()]
    body = ",\n".join("  " + json.dumps(row, allow_nan=allow_nan) for row in rows)
    path.write_text("{\n" + "\n".join(lines) + '\n "cases": [\n' + body + "\n ]\n}\n")
    return path.stat().st_size
