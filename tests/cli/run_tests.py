#!/usr/bin/env python3
"""Runs the tests of the command line, which are data: tests/cli/*.test.

    run_tests.py --bin FOLDER [FILE.test...]        every test of these files (usual: all beside this one)
    run_tests.py --program PATH --output FILE       one program without arguments: standard output must be FILE

A .test file has tests one after another. Each begins with `test` and a sentence; then come lines of
    copy NAME [AS]            a file from tests/golden/models, summaries or digits, from data, or FOLDER/FILE of tests/golden;
                              FOLDER too, with all it holds
    cut NAME FROM BYTES       the first BYTES of the file FROM
    damage NAME FROM BYTE     the file FROM with the byte at that place turned over
    text NAME LINE|LINE|...   lines of text
    npy NAME DTYPE(SIZES)     an array; integers count 0, 1, 2, ... up to `%K`: int32(8)%4
    npz NAME KEY=DTYPE(SIZES) KEY=...
    folder NAME               a folder; `readonly NAME`: one that may not be written to
    run COMMAND               NAME of one of our programs, then its arguments
    interrupt FILE            sends SIGINT (Ctrl-C) once FILE is there, which the command makes as it goes
    status N                  the exit status (usual: 0)
    > LINE                    standard output, line for line; `*` stands for any text; a line `...` for any lines
    ! LINE                    standard error, in the same way; with neither, nothing may be written there
    golden FILE               standard output is that file of tests/golden
    makes NAME...             the files that the command makes or changes; all else must be as before
Each runs in a folder of its own. Lines are read as a shell reads words, # begins a comment.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCES = [ROOT / "tests" / "golden" / "models", ROOT / "tests" / "golden", ROOT / "tests" / "golden" / "fits", ROOT / "tests" / "golden" / "summaries", ROOT / "tests" / "golden" / "digits", ROOT / "data"]
SECONDS = 60
CODES = {"float32": ("<f4", "f"), "float64": ("<f8", "d"), "int32": ("<i4", "i"), "int64": ("<i8", "q"), "uint8": ("|u1", "B"),
         "bool": ("|b1", "?"), "complex64": ("<c8", None), "text": ("<U3", None)}
ARRAY = re.compile(r"(\w+)\(([\d,]*)\)(?:%(\d+))?$")


def npy_bytes(spec):
    """The NPY file of `float32(8,10)`."""
    match = ARRAY.match(spec)
    if match is None:
        raise ValueError(f"no array: {spec}")
    descr, code = CODES[match.group(1)]
    sizes = tuple(int(n) for n in match.group(2).split(",") if n)
    count = 1
    for size in sizes:
        count *= size
    if code is None:
        data = bytes(count * (8 if match.group(1) == "complex64" else 12))
    elif code in "fd":
        data = struct.pack(f"<{count}{code}", *((i * 7 % 13) / 13 for i in range(count)))
    else:
        data = struct.pack(f"<{count}{code}", *(i % int(match.group(3) or 4) for i in range(count)))
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {sizes!r}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


class Test:
    def __init__(self, name, place):
        self.name, self.place = name, place
        self.setup, self.command, self.status, self.makes, self.interrupt = [], None, 0, set(), None
        self.stdout, self.stderr = [], []


def read_tests(path):
    tests = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        if word == "test":
            tests.append(Test(rest, f"{path.name}:{number}"))
            continue
        test = tests[-1]
        if word == "run":
            test.command = shlex.split(rest)
        elif word == "status":
            test.status = int(rest)
        elif word == "interrupt":
            test.interrupt = rest
        elif word == "makes":
            test.makes = set(rest.split())
        elif word == "golden":
            test.stdout += (ROOT / "tests" / "golden" / rest).read_text().splitlines()
        elif word in (">", "!"):
            (test.stdout if word == ">" else test.stderr).append(rest)
        else:
            test.setup.append((number, shlex.split(line, comments=True)))
    return tests


def golden(name):
    for folder in SOURCES:
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise ValueError(f"no golden file is called {name}")


def prepare(folder, words):
    verb, name, *rest = words
    target = folder / name
    if verb == "copy":
        target = folder / rest[0] if rest else target
        if (ROOT / "tests" / "golden" / name).is_dir():
            shutil.copytree(ROOT / "tests" / "golden" / name, target)
        else:
            target.write_bytes(golden(name))
    elif verb == "cut":
        target.write_bytes(golden(rest[0])[:int(rest[1])])
    elif verb == "damage":
        content = bytearray(golden(rest[0]))
        content[int(rest[1])] ^= 0xFF
        target.write_bytes(content)
    elif verb == "text":
        target.write_text("".join(line + "\n" for line in " ".join(rest).split("|")))
    elif verb == "npy":
        target.write_bytes(npy_bytes(rest[0]))
    elif verb == "npz":
        with zipfile.ZipFile(target, "w") as archive:
            for word in rest:
                key, _, spec = word.partition("=")
                archive.writestr(zipfile.ZipInfo(key + ".npy"), npy_bytes(spec))
    elif verb == "folder":
        target.mkdir()
    elif verb == "readonly":
        target.mkdir()
        target.chmod(0o555)
    else:
        raise ValueError(f"no such line: {verb}")


def snapshot(folder):
    """What is in the folder: content by name, hidden files too."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def line_pattern(line):
    return ".*".join(re.escape(part) for part in line.split("*"))


def unlike(expected, text):
    """What is wrong with `text`; "" if it is as expected."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else line_pattern(line) + r" *\n" for line in expected)
    if re.fullmatch(pattern, text):
        return ""
    wanted = "".join(f"    {line}\n" for line in expected) or "    (nothing)\n"
    return f"expected\n{wanted}received\n" + ("".join(f"    {line}\n" for line in text.splitlines()) or "    (nothing)\n")


def run_command(command, folder, interrupt):
    """What the command did; interrupted by SIGINT once the file `interrupt` is there, if one is named."""
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=os.environ | {"LC_ALL": "C.UTF-8"})
    try:
        if interrupt:
            deadline = time.monotonic() + SECONDS
            while process.poll() is None and not (folder / interrupt).exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=SECONDS)
    except BaseException:
        process.kill()
        raise
    return subprocess.CompletedProcess(command, process.returncode, out, error)


def run_test(test, programs):
    """What went wrong, as texts."""
    with tempfile.TemporaryDirectory(prefix="namesake_cli_") as temporary:
        folder = pathlib.Path(temporary)
        for number, words in test.setup:
            try:
                prepare(folder, words)
            except (ValueError, KeyError, IndexError) as error:
                return [f"line {number}: {error}"]
        before = snapshot(folder)
        command = [str(programs / test.command[0]), *test.command[1:]]
        done = run_command(command, folder, test.interrupt)
        after = snapshot(folder)
        for path in folder.iterdir():
            if path.is_dir():
                path.chmod(0o755)
    wrong = []
    if done.returncode != test.status:
        wrong.append(f"exit status {done.returncode}, expected {test.status}")
    changed = {name for name in before.keys() | after.keys() if before.get(name, "none") != after.get(name, "none")}
    if changed != test.makes:
        wrong.append(f"files made or changed: {sorted(changed)}, expected {sorted(test.makes)}")
    for stream, expected, text in (("output", test.stdout, done.stdout), ("error", test.stderr, done.stderr)):
        difference = unlike(expected, text)
        if difference:
            wrong.append(f"standard {stream}: {difference}")
    return wrong


def run_all(programs, paths):
    failures = count = 0
    for path in paths:
        for test in read_tests(path):
            count += 1
            if os.geteuid() == 0 and any(words[0] == "readonly" for _, words in test.setup):
                print(f"skipped {test.place} {test.name}: root may write everywhere")
                continue
            wrong = run_test(test, programs)
            if wrong:
                failures += 1
                print(f"FAILED {test.place} {test.name}\n  {shlex.join(test.command)}\n  " + "\n".join(wrong).replace("\n", "\n  "))
    print(f"{count} tests, {failures} failed")
    return 1 if failures or count == 0 else 0


def run_program(program, output):
    with tempfile.TemporaryDirectory(prefix="namesake_cli_") as folder:
        done = subprocess.run([program], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
    expected = output.read_text()
    if done.returncode == 0 and done.stdout == expected and done.stderr == "":
        return 0
    print(f"exit status {done.returncode}\nexpected\n{expected}received\n{done.stdout}{done.stderr}")
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.program:
        return run_program(arguments.program.resolve(), arguments.output)
    return run_all(arguments.bin.resolve(), arguments.files or sorted(HERE.glob("*.test")))


if __name__ == "__main__":
    sys.exit(main())
