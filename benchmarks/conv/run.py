"""Runs the programs of this benchmark in rounds; shared/rounds.py says how."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from shared import rounds

BENCHMARK = rounds.Benchmark(
    "conv", HERE, ["fit_batch_32", "fit_batch_128", "predict_batch_32", "predict_batch_128"]
)


if __name__ == "__main__":
    sys.exit(rounds.main(BENCHMARK))
