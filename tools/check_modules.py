#!/usr/bin/env python3
"""Holds every #include of the library against the module declarations. Run by ctest; prints `file:line: what is wrong`.

A module is a folder of namesake/ whose CMakeLists.txt calls namesake_module(NAME DEPENDS ... HEADERS ... SOURCES ... TESTS ...).
It may include itself, what it DEPENDS on, and what those may. Checked, too: no cycle; no declared file that is not there; no
source, test or header that nobody uses; what a public header (HEADERS) includes is public or standard C++; slow third-party
headers (nlohmann json, CLI11) in at most three .cpp files each and in no header; examples use public headers only.
"""

import argparse
import pathlib
import re
import sys

SLOW = {"nlohmann": re.compile(r"nlohmann/"), "CLI11": re.compile(r"CLI/")}
SLOW_LIMIT = 3
KEYWORDS = ("DEPENDS", "SOURCES", "HEADERS", "LIBRARIES", "TESTS")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD = set("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits clocale
cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime
cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream functional future initializer_list iomanip ios
iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional ostream queue
random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf
string string_view strstream syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility
valarray variant vector version""".split())


class Module:
    def __init__(self, name, lists):
        self.name = name
        self.lists = lists

    def __getitem__(self, keyword):
        return self.lists[keyword]


def parse_module(path):
    """The namesake_module(...) of a CMakeLists.txt, or None. Lists made by set and list(APPEND ...) before it are put in."""
    text = re.sub(r"#.*", "", path.read_text())
    lists = {}
    for call in re.finditer(r"\b(?:set|list)\s*\(\s*(APPEND\s+)?(\w+)\s([^)]*)\)", text):
        lists[call.group(2)] = (lists.get(call.group(2), "") if call.group(1) else "") + " " + call.group(3)
    text = re.sub(r"\$\{(\w+)\}", lambda match: lists.get(match.group(1), match.group(0)), text)
    call = re.search(r"namesake_module\s*\(([^)]*)\)", text)
    if call is None:
        return None
    words = call.group(1).split()
    lists, current = {keyword: [] for keyword in KEYWORDS}, None
    for word in words[1:]:
        if word in KEYWORDS:
            current = word
        elif current is not None:
            lists[current].append(word.strip('"'))
    return Module(words[0], lists)


def includes(path):
    """(line number, '<' or '"', what) of every include."""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


class Checker:
    def __init__(self, root):
        self.root = root
        self.findings = []
        self.modules = {}
        self.slow = {word: [] for word in SLOW}
        self.used = set()  # headers that something includes, as "namesake/x/y.h"

    def say(self, path, line, text):
        place = path.relative_to(self.root) if isinstance(path, pathlib.Path) else path
        self.findings.append(f"{place}:{line}: {text}")

    def read_modules(self):
        for path in sorted((self.root / "namesake").glob("*/CMakeLists.txt")):
            module = parse_module(path)
            if module is None:
                continue
            if module.name != path.parent.name:
                self.say(path, 1, f"module {module.name} lives in a folder of another name")
            self.modules[path.parent.name] = module
            for keyword in ("SOURCES", "HEADERS", "TESTS"):
                for file in module[keyword]:
                    if not (path.parent / file).is_file():
                        self.say(path, 1, f"{keyword} names {file}, which is not there")
        for name, module in self.modules.items():
            for other in module["DEPENDS"]:
                if other not in self.modules:
                    self.say(self.root / "namesake" / name / "CMakeLists.txt", 1, f"DEPENDS names {other}, which is no module")

    def closure(self, name):
        seen, todo = set(), [name]
        while todo:
            for other in self.modules[todo.pop()]["DEPENDS"]:
                if other in self.modules and other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    def check_cycles(self):
        for name in self.modules:
            if name in self.closure(name):
                self.say(self.root / "namesake" / name / "CMakeLists.txt", 1, f"{name} depends on itself, through others")

    def public_headers(self):
        public = {f"namesake/{name}/{header}" for name, module in self.modules.items() for header in module["HEADERS"]}
        if (self.root / "namesake" / "namesake.h").is_file():
            public.add("namesake/namesake.h")
        return public | {str(p.relative_to(self.root))[:-3] for p in (self.root / "namesake").rglob("*.h.in")}

    def exists(self, header):
        return (self.root / header).is_file() or (self.root / (header + ".in")).is_file()

    def check_include(self, path, line, quote, what, module, allowed, public):
        inner = str(path.relative_to(self.root))
        for word, pattern in SLOW.items():
            if pattern.match(what):
                self.slow[word].append((path, line))
        if what.startswith("namesake/"):
            self.used.add(what)
            if not self.exists(what):
                self.say(path, line, f"includes {what}, which is not there")
                return
            other = what.split("/")[1]
            if module is not None and other == "namesake.h":
                self.say(path, line, f"{module} may not include namesake/namesake.h, which is for users of the library")
            elif module is not None and other != module and other not in allowed:
                say = ", ".join(sorted(self.modules[module]["DEPENDS"])) or "nothing"
                self.say(path, line, f"{module} may not include {what}: it depends on {say} (and on what those depend on)")
            if inner in public and what not in public:
                self.say(path, line, f"a public header includes {what}, which no module lists in HEADERS: it would not be installed")
        elif what.startswith("tests/") and inner.endswith("_test.cpp"):  # what tests share
            if not self.exists(what):
                self.say(path, line, f"includes {what}, which is not there")
        elif quote == '"':
            self.say(path, line, f'includes "{what}": write it from the root, "namesake/..."')
        elif inner in public and what not in STANDARD:
            self.say(path, line, f"a public header includes <{what}>, which is not standard C++")

    def check_module(self, name, public):
        module, folder, allowed = self.modules[name], self.root / "namesake" / name, self.closure(name)
        for path in sorted(folder.rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            for line, quote, what in includes(path):
                self.check_include(path, line, quote, what, name, allowed, public)
            file = str(path.relative_to(folder))
            if path.suffix == ".cpp":
                keyword = "TESTS" if file.endswith("_test.cpp") else "SOURCES"
                if file not in module[keyword]:
                    self.say(path, 1, f"{keyword} of {name} does not list it: it is never compiled")

    def check_orphans(self, public):
        for path in sorted((self.root / "namesake").rglob("*.h")):
            inner = str(path.relative_to(self.root))
            if inner not in public and inner not in self.used:
                self.say(path, 1, "no module lists it in HEADERS, and nothing includes it")

    def check_umbrella(self, public):
        """What is in namespace namesake itself is for every program: namesake/namesake.h leads to it."""
        reached, todo = set(), ["namesake/namesake.h"]
        while todo:
            header = todo.pop()
            if header in reached or not (self.root / header).is_file():
                continue
            reached.add(header)
            todo += [what for _, _, what in includes(self.root / header)]
        for header in sorted(public - reached):
            path = self.root / header
            if path.is_file() and re.search(r"^namespace namesake \{", path.read_text(), re.MULTILINE):
                self.say(path, 1, "it declares what every program may use, and namesake/namesake.h does not lead to it")

    def check_outside(self, public):
        for folder in ("cli", "examples"):
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix not in (".h", ".cpp"):
                    continue
                for line, quote, what in includes(path):
                    for word, pattern in SLOW.items():
                        if pattern.match(what):
                            self.slow[word].append((path, line))
                    if what.startswith("namesake/"):
                        self.used.add(what)
                        if not self.exists(what):
                            self.say(path, line, f"includes {what}, which is not there")
                        elif folder == "examples" and what not in public:
                            self.say(path, line, f"an example includes {what}, which a user of the installed library has not got")

    def check_slow(self):
        for word, places in self.slow.items():
            for path, line in places:
                if path.suffix == ".h":
                    self.say(path, line, f"{word} in a header: everyone who includes it waits for seconds")
            sources = sorted({path for path, _ in places if path.suffix == ".cpp"})
            if len(sources) > SLOW_LIMIT:
                names = ", ".join(str(p.relative_to(self.root)) for p in sources)
                self.say("namesake", 1, f"{word} is included in {len(sources)} files, at most {SLOW_LIMIT} may: {names}")

    def run(self):
        self.read_modules()
        self.check_cycles()
        public = self.public_headers()
        for name in self.modules:
            self.check_module(name, public)
        for path in sorted((self.root / "namesake").glob("*.h")):  # the umbrella header may include every module
            for line, quote, what in includes(path):
                self.check_include(path, line, quote, what, None, set(), public)
        self.check_umbrella(public)
        self.check_outside(public)
        for path in (self.root / "tests").rglob("*.cpp"):
            self.used |= {what for _, _, what in includes(path)}
        for path in (self.root / "benchmarks").rglob("*.cpp"):
            self.used |= {what for _, _, what in includes(path)}
        self.check_orphans(public)
        self.check_slow()
        return self.findings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    checker = Checker(parser.parse_args().root.resolve())
    findings = checker.run()
    for finding in findings:
        print(finding)
    print(f"{len(checker.modules)} modules, {len(findings)} findings")
    return 1 if findings or not checker.modules else 0


if __name__ == "__main__":
    sys.exit(main())
