#!/usr/bin/env python3
"""Writes data/digits.npz from digits.csv.gz, a file of the Python package scikit-learn. Run by hand: see data/README.md."""

import gzip
import pathlib
import sys

import numpy as np


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_digits.py PATH/sklearn/datasets/data/digits.csv.gz")
    with gzip.open(sys.argv[1], "rt") as lines:
        table = np.loadtxt(lines, delimiter=",")
    assert table.shape == (1797, 65) and table[:, :64].min() == 0 and table[:, :64].max() == 16
    x = (table[:, :64] / 16).astype(np.float32)
    y = table[:, 64].astype(np.int32)
    assert sorted(set(y)) == list(range(10))
    np.savez_compressed(pathlib.Path(__file__).resolve().parent.parent / "data" / "digits.npz", x=x, y=y)


if __name__ == "__main__":
    main()
