#!/usr/bin/env python3
"""Compiles every ```cpp block of README.md and docs/*.md as a reader would, all in one file. Run by ctest.

A block is a program's part: classes and functions stay where they are, statements go into a function. What a block takes for
given (a reader's own model and data) is declared in GIVEN.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```cpp\n(.*?)^```", re.S | re.M)
DECLARATION = re.compile(r"^(#include|namespace |class |using |int main|nk::\w+ \w+\([^()]*\) \{)")
GIVEN = """
#include <fmt/format.h>
#include <iostream>
#include <namesake/namesake.h>
namespace nk = namesake;
extern nk::Model& model;
extern nk::Tensor images, texts, kinds, ages;
"""


def parts(code):
    """The pieces of a block, each from a line without indentation to the next such line after an empty one or a closing brace."""
    piece = []
    for line in code.splitlines():
        piece.append(line)
        closes = re.match(r"^\}", line) or (line.endswith(";") and not line.startswith((" ", "}")))
        if closes or line.startswith("#"):
            yield "\n".join(piece)
            piece = []
    if any(line.strip() for line in piece):
        yield "\n".join(piece)


def wrapped(code, name, where):
    """The block in a namespace of its own."""
    declarations, statements = [], []
    for part in parts(code):
        first = next((line for line in part.splitlines() if line.strip()), "")
        if not first.startswith("#include") and first != "namespace nk = namesake;":
            (declarations if DECLARATION.match(first) else statements).append(part)
    body = "\n".join(declarations)
    if statements:
        body += "\nvoid statements() {\n" + "\n".join(statements) + "\n}"
    return f"namespace {name} {{  // {where}\n{body}\n}}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", action="append", default=[])
    arguments = parser.parse_args()
    text, count = GIVEN, 0
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        content = path.read_text()
        for match in BLOCK.finditer(content):
            count += 1
            where = f"{path.relative_to(ROOT)}:{content[:match.start()].count(chr(10)) + 1}"
            text += wrapped(match.group(1), f"block_{count}", where)
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "documents.cpp"
        source.write_text(text)
        command = [arguments.compiler, "-std=c++20", "-fsyntax-only", "-Wno-return-type", *(f"-I{path}" for path in arguments.include), str(source)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    print(result.stderr[-6000:], end="")
    if result.returncode != 0:
        numbered = text.splitlines()
        for line in sorted({int(n) for n in re.findall(r"documents\.cpp:(\d+):\d+: error", result.stderr)}):
            block = next(l for l in reversed(numbered[:line]) if l.startswith("namespace block_"))
            print(f"{block.split('// ')[1]}: {numbered[line - 1]}")
    print(f"{count} blocks of code, {'they compile' if result.returncode == 0 else 'not all compile'}")
    return result.returncode or (1 if count == 0 else 0)


if __name__ == "__main__":
    sys.exit(main())
