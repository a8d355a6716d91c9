"""docs/coverage.md says what is known here, and nothing else; what Keras writes of each class comes back as it was."""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import coverage  # noqa: E402


def test_the_table_in_docs_is_true():
    assert (ROOT / "docs" / "coverage.md").read_text() == coverage.markdown(coverage.coverage()), "run tools/coverage.py -o docs/coverage.md"


def test_configs_come_back_with_the_values_that_keras_wrote():
    asked = [question for question in coverage.questions() if not isinstance(question[2], Exception)]
    compared = 0
    for (kind, name, thing), answer in zip(asked, coverage.ask(asked), strict=True):
        if "object" not in answer or not isinstance(thing, dict):
            continue
        ours, keras = answer["object"], json.loads(json.dumps(thing))  # tuples are lists in files
        assert ours["class_name"] == keras["class_name"], (kind, name)
        differing = {key: (ours["config"].get(key, "left out"), value) for key, value in keras["config"].items()
                     if key in ours["config"] and key not in ("dtype", "name") and plain(ours["config"][key]) != plain(value)}
        assert not differing, (kind, name)
        compared += 1
    assert compared > 100


def plain(value):
    """Values as they mean: a number 1 is 1.0, a policy its name, and Keras's own marks of objects (which may be left out) are left out."""
    if isinstance(value, dict) and value.get("class_name") == "DTypePolicy":
        return value["config"]["name"]
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key not in ("registered_name", "module", "build_config", "shared_object_id") and inner is not None}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
