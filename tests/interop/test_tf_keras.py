"""tf_keras, the Keras 2 that goes with today's TensorFlow (TF_USE_LEGACY_KERAS): what it saves opens here, and what we write for Keras 2 opens there."""

import json
import subprocess
import sys

import numpy as np
import pytest

from conftest import ROOT, run_program

# tools/file_table_side.py, with tf_keras in the place of keras.
AS_KERAS = "import runpy, sys, tf_keras; sys.modules['keras'] = tf_keras; sys.argv.pop(0); runpy.run_path(sys.argv[0], run_name='__main__')"
MODELS = ["sequence", "branches", "image", "text", "nested"]


def of_tf_keras(*arguments, asked=None):
    done = subprocess.run([sys.executable, "-c", AS_KERAS, str(ROOT / "tools" / "file_table_side.py"), *map(str, arguments)],
                          input=asked, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line.removeprefix("=> ")) for line in done.stdout.splitlines() if line.startswith(("{", "=> "))]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tf_keras")
    (said,) = of_tf_keras("write", folder)
    assert said["version"].startswith("2.") and not any(said["errors"].values())
    return folder


@pytest.mark.parametrize("suffix", [".keras", ".h5", "_saved"])
@pytest.mark.parametrize("name", MODELS)
def test_what_it_saves_predicts_the_same_here(written, name, suffix):
    ours = np.array(run_program("predict_graph", written / f"{name}{suffix}", written / f"{name}.npz").split(), float)
    with np.load(written / f"{name}_y.npz") as arrays:
        np.testing.assert_allclose(ours, np.concatenate([arrays[f"y{i}"].ravel() for i in range(len(arrays))]), rtol=1e-5, atol=1e-5)


def test_it_opens_what_we_write_for_keras_2(written):
    jobs = []
    for name in MODELS:
        for new, options in (("new.keras", ["--keras2"]), ("new.h5", ["--keras2"]), ("plain.h5", [])):
            file = written / f"{name}_{new}"
            run_program("namesake", "convert", written / f"{name}.keras", file, *options)
            jobs.append({"model": name, "weights": False, "file": str(file), "npz": str(written / f"{name}.npz")})
    answers = of_tf_keras("read", asked="\n".join(map(json.dumps, jobs)) + "\n")
    assert len(answers) == len(jobs)
    for job, answer in zip(jobs, answers):
        assert not answer["error"] and answer["difference"] < 1e-5, (job["file"], answer)
