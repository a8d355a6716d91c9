"""Our programs against real Keras. NAMESAKE_BIN is the folder of the built programs (default: build/release/bin)."""

import os
import pathlib
import subprocess

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import pytest  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("NAMESAKE_BIN", ROOT / "build" / "release" / "bin")).resolve()


def run_program(name, *arguments, cwd=None):
    """Runs one of our programs, which must succeed; what it wrote to standard output."""
    command = [str(BIN / name), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}\nexit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def program():
    return run_program


@pytest.fixture(autouse=True)
def fresh_names():
    """Automatic names count from the start in every test."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
