#!/usr/bin/env python3
"""check_modules.py on made-up trees: a sound one passes, and each thing that can be wrong is found, and only that."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from check_modules import Checker  # noqa: E402

SOUND = {
    "namesake/base/CMakeLists.txt": "namesake_module(base\n  SOURCES a.cpp  # the first\n  HEADERS a.h)\n",
    "namesake/base/a.h": "#pragma once\n#include <string>\n",
    "namesake/base/a.cpp": '#include "namesake/base/a.h"\n#include "namesake/base/inner.h"\n#include <fmt/format.h>\n',
    "namesake/base/inner.h": "#pragma once\n#include <fcntl.h>\n",
    "namesake/tensor/CMakeLists.txt": "namesake_module(tensor DEPENDS base SOURCES b.cpp HEADERS b.h TESTS b_test.cpp)\n",
    "namesake/tensor/b.h": '#pragma once\n#include "namesake/base/a.h"\n',
    "namesake/tensor/b.cpp": '#include "namesake/tensor/b.h"\n#include <nlohmann/json.hpp>\n',
    "namesake/tensor/b_test.cpp": '#include "namesake/tensor/b.h"\n#include <gtest/gtest.h>\n',
    "namesake/ops/CMakeLists.txt": "namesake_module(ops DEPENDS tensor SOURCES c.cpp)\n",
    "namesake/ops/c.cpp": '#include "namesake/tensor/b.h"\n#include "namesake/base/a.h"\n',
    "namesake/view/CMakeLists.txt": "# namesake_module(view ...)\n",
    "namesake/namesake.h": '#pragma once\n#include "namesake/tensor/b.h"\n',
    "cli/main.cpp": '#include <CLI/CLI.hpp>\n#include "namesake/base/inner.h"\n',
    "examples/e.cpp": "#include <namesake/namesake.h>\n",
}


def findings(changes=None):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        for name, text in (SOUND | (changes or {})).items():
            if text is None:
                continue
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Checker(root).run()


def more(name, line):
    return {name: SOUND[name] + line + "\n"}


class CheckModules(unittest.TestCase):
    def expect_one(self, changes, place, *words):
        found = findings(changes)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(place), found)
        for word in words:
            self.assertIn(word, found[0])

    def test_a_sound_tree_passes(self):
        self.assertEqual(findings(), [])

    def test_an_include_upward(self):
        self.expect_one(more("namesake/base/a.cpp", '#include "namesake/tensor/b.h"'), "namesake/base/a.cpp:4:",
                        "base may not include namesake/tensor/b.h")

    def test_an_include_upward_in_a_test(self):
        self.expect_one({"namesake/base/CMakeLists.txt": "namesake_module(base SOURCES a.cpp HEADERS a.h TESTS a_test.cpp)",
                         "namesake/base/a_test.cpp": '#include "namesake/tensor/b.h"\n'}, "namesake/base/a_test.cpp:1:", "may not include")

    def test_siblings_do_not_see_each_other(self):
        self.expect_one({"namesake/graph/CMakeLists.txt": "namesake_module(graph DEPENDS tensor SOURCES g.cpp HEADERS g.h)\n",
                         "namesake/graph/g.h": "", "namesake/graph/g.cpp": "",
                         **more("namesake/ops/c.cpp", '  #  include "namesake/graph/g.h"')}, "namesake/ops/c.cpp:3:", "graph/g.h")

    def test_a_cycle(self):
        found = findings({"namesake/base/CMakeLists.txt": "namesake_module(base DEPENDS ops SOURCES a.cpp HEADERS a.h)"})
        self.assertEqual(len(found), 3)
        self.assertTrue(all("depends on itself" in f for f in found), found)

    def test_a_module_that_is_none(self):
        self.expect_one({"namesake/ops/CMakeLists.txt": "namesake_module(ops DEPENDS tensor view SOURCES c.cpp)"},
                        "namesake/ops/CMakeLists.txt", "view, which is no module")

    def test_a_declared_file_that_is_not_there(self):
        self.expect_one({"namesake/ops/CMakeLists.txt": "namesake_module(ops DEPENDS tensor SOURCES c.cpp d.cpp)"},
                        "namesake/ops/CMakeLists.txt", "d.cpp")

    def test_lists_may_be_put_together_before(self):
        text = "set(srcs c.cpp)\nif(X)\n  list(APPEND srcs d.cpp)\nendif()\nnamesake_module(ops DEPENDS tensor SOURCES ${srcs})\n"
        self.assertEqual(findings({"namesake/ops/CMakeLists.txt": text, "namesake/ops/d.cpp": ""}), [])
        self.expect_one({"namesake/ops/CMakeLists.txt": text}, "namesake/ops/CMakeLists.txt:1:", "d.cpp")

    def test_a_source_that_nobody_compiles(self):
        self.expect_one({"namesake/ops/d.cpp": ""}, "namesake/ops/d.cpp:1:", "never compiled")

    def test_a_test_that_nobody_runs(self):
        self.expect_one({"namesake/ops/c_test.cpp": ""}, "namesake/ops/c_test.cpp:1:", "TESTS of ops")

    def test_a_header_that_nobody_uses(self):
        self.expect_one({"namesake/ops/d.h": ""}, "namesake/ops/d.h:1:", "nothing includes it")

    def test_a_public_header_that_needs_one_that_is_not_installed(self):
        self.expect_one(more("namesake/tensor/b.h", '#include "namesake/base/inner.h"'), "namesake/tensor/b.h:3:", "would not be installed")

    def test_a_third_party_header_in_a_public_one(self):
        self.expect_one(more("namesake/base/a.h", "#include <fmt/format.h>"), "namesake/base/a.h:3:", "<fmt/format.h>")

    def test_an_include_that_is_not_from_the_root(self):
        self.expect_one(more("namesake/base/a.cpp", '#include "a.h"'), "namesake/base/a.cpp:4:", "from the root")

    def test_what_tests_share_is_for_tests(self):
        line = '#include "tests/support/t.h"'
        shared = {"tests/support/t.h": ""}
        self.assertEqual(findings(shared | more("namesake/tensor/b_test.cpp", line)), [])
        self.expect_one(shared | more("namesake/tensor/b.cpp", line), "namesake/tensor/b.cpp:3:", "from the root")

    def test_an_include_of_nothing(self):
        self.expect_one(more("namesake/base/a.cpp", '#include "namesake/base/gone.h"'), "namesake/base/a.cpp:4:", "not there")

    def test_a_slow_header_in_too_many_files(self):
        extra = {f"namesake/ops/s{i}.cpp": "#include <nlohmann/json.hpp>\n" for i in range(3)}
        extra["namesake/ops/CMakeLists.txt"] = "namesake_module(ops DEPENDS tensor SOURCES c.cpp s0.cpp s1.cpp s2.cpp)"
        self.expect_one(extra, "namesake:1:", "nlohmann is included in 4 files")

    def test_a_slow_header_in_a_header(self):
        self.expect_one(more("namesake/base/inner.h", "#include <CLI/CLI.hpp>"), "namesake/base/inner.h:3:", "CLI11 in a header")

    def test_a_module_that_includes_the_umbrella(self):
        self.expect_one(more("namesake/ops/c.cpp", '#include "namesake/namesake.h"'), "namesake/ops/c.cpp:3:", "for users")

    def test_a_public_name_that_the_umbrella_does_not_lead_to(self):
        changes = {"namesake/tensor/CMakeLists.txt": "namesake_module(tensor DEPENDS base SOURCES b.cpp HEADERS b.h d.h e.h TESTS b_test.cpp)\n",
                   "namesake/tensor/d.h": "#pragma once\nnamespace namesake {\n}\n", "namesake/tensor/e.h": "#pragma once\nnamespace namesake::tensor {\n}\n"}
        self.expect_one(changes, "namesake/tensor/d.h:1:", "does not lead to it")

    def test_an_example_that_looks_inside(self):
        self.expect_one(more("examples/e.cpp", '#include "namesake/base/inner.h"'), "examples/e.cpp:2:", "a user")

    def test_a_folder_of_another_name(self):
        self.expect_one({"namesake/ops/CMakeLists.txt": "namesake_module(opz DEPENDS tensor SOURCES c.cpp)"},
                        "namesake/ops/CMakeLists.txt", "another name")


if __name__ == "__main__":
    unittest.main()
