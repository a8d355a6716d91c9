"""Runs the programs of a benchmark in rounds, checks that all learnt the same thing, and prints ratios.

In every round each program runs each case once, all of them on one case before the next, so that they meet the same
state of the machine. A ratio is taken within a round; its median over the rounds is given with the least and the
greatest. A time is the least of all rounds. Every loss must be within a thousandth of the one in
reference_losses.json, which Keras computed, and a first loss within 1 in 100,000: a fast wrong answer fails. (A benchmark
may have another check.)
Exit status: 0 all agree, 1 an answer is wrong, 2 trouble.
"""

import argparse
import dataclasses
import glob
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIRST_LOSS_TOLERANCE = 1e-5
LOSS_TOLERANCE = 1e-3
TITLES = {
    "bound": "bound",
    "ours": "ours",
    "libtorch": "libtorch, reference BLAS",  # what comes with Debian's libtorch-dev
    "libtorch_openblas": "libtorch, OpenBLAS",
    "keras_eager": "Keras eager",
    "keras_function": "Keras tf.function",
    "keras_fit": "Keras fit / predict",
    "keras": "Keras",
}


class Trouble(Exception):
    pass


def blas_folder(kind):
    """The folder of this kind's own libblas.so.3, where Debian keeps it whichever is the system's choice, or None."""
    found = sorted(glob.glob(f"/usr/lib/*/{kind}/libblas.so.3"))
    return os.path.dirname(found[0]) if found else None


def has_keras(python):
    try:
        return subprocess.run([python, "-c", "import keras, tensorflow"], capture_output=True).returncode == 0
    except OSError:  # there is no such program
        return False


def find_programs(benchmark, arguments):
    """[(name, command, environment)] of what can run here, and a note for each one that cannot."""
    programs, notes = [], []
    environment = dict(os.environ)

    def add(name, file, env=environment):
        path = os.path.join(arguments.build, "bin", file)
        if os.path.exists(path):
            programs.append((name, [path], env))
        else:
            notes.append(f"{TITLES[name]} is left out: {path} is not built")

    if benchmark.has_bound:
        add("bound", f"bench_{benchmark.name}_bound")
    add("ours", f"bench_{benchmark.name}")
    libtorch = (
        ("libtorch", blas_folder("blas"), "libblas3"),
        ("libtorch_openblas", arguments.openblas or blas_folder("openblas-*"), "libopenblas0-pthread"),
    )
    for name, blas, package in libtorch if benchmark.has_libtorch else ():
        if blas:
            path = os.pathsep.join(filter(None, [blas, os.environ.get("LD_LIBRARY_PATH")]))
            add(name, f"bench_{benchmark.name}_libtorch", dict(environment, LD_LIBRARY_PATH=path))
        else:
            notes.append(f"{TITLES[name]} is left out: {package} is not installed")
    if "keras" not in arguments.skip:
        if has_keras(arguments.python):
            programs.append(("keras", [arguments.python, os.path.join(benchmark.folder, "peer_keras.py")], environment))
        else:
            notes.append(f"Keras is left out: {arguments.python} has none (./bench.sh and ./test.sh make the environment)")
    return [p for p in programs if p[0] not in arguments.skip], notes


def run(program, case, arguments):
    name, command, environment = program
    command = command + ["--json", "--case", case] + (["--quick"] if arguments.quick else [])
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise Trouble(f"{' '.join(command)} ended with status {done.returncode}:\n{done.stderr}")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"case"')]
    return {(line["case"], line.get("program", name)): line for line in lines}


def measure(benchmark, programs, arguments):
    """rounds[i][(case, program)] = the line that was printed."""
    rounds = []
    for i in range(arguments.rounds):
        lines = {}
        for case in [arguments.case] if arguments.case else benchmark.cases:
            for program in programs:
                progress(f"round {i + 1} of {arguments.rounds}: {case}, {program[0]}")
                lines.update(run(program, case, arguments))
        rounds.append(lines)
    progress("")
    return rounds


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:70}\r", end="", file=sys.stderr, flush=True)


def wrong_losses(benchmark, rounds, quick):
    with open(os.path.join(benchmark.folder, "reference_losses.json")) as file:
        reference = json.load(file)["quick" if quick else "full"]
    wrong = set()
    for (case, program), line in (entry for lines in rounds for entry in lines.items()):
        wanted = zip(("loss_first", "loss"), reference[case], (FIRST_LOSS_TOLERANCE, LOSS_TOLERANCE))
        for key, expected, tolerance in wanted:
            if not abs(line[key] - expected) <= tolerance * expected:  # a NaN is wrong too
                wrong.add(f"{case}, {program}: {key} is {line[key]}. Expected {expected} within {tolerance:g} of it.")
    return sorted(wrong)


@dataclasses.dataclass
class Benchmark:
    """A folder with reference_losses.json and peer_keras.py, and the programs bench_<name>, bench_<name>_libtorch and, if it
    has one, bench_<name>_bound."""

    name: str
    folder: str
    cases: list
    has_bound: bool = False
    has_libtorch: bool = True
    check: Callable = wrong_losses  # (benchmark, rounds, quick): a line for each answer that is wrong
    agreed: str = "Every loss agrees with Keras's."
    more: Callable = None  # (rounds): what is printed below the ratios


def human(seconds):
    for unit, scale in ("s", 1), ("ms", 1e3), ("µs", 1e6):
        if seconds * scale >= 1:
            break
    return f"{seconds * scale:.3g} {unit}"


def least(rounds, case, program):
    seconds = [lines[case, program]["seconds"] for lines in rounds if (case, program) in lines]
    return min(seconds) if seconds else None


def ratio(rounds, case, above, below):
    """(least, median, greatest) of above / below within each round, or None."""
    both = [(lines.get((case, above)), lines.get((case, below))) for lines in rounds]
    values = sorted(a["seconds"] / b["seconds"] for a, b in both if a and b)
    return (values[0], statistics.median(values), values[-1]) if values else None


def summarize(benchmark, rounds):
    """What --json prints and the tables show."""
    seen = {key for lines in rounds for key in lines}
    programs = [p for p in TITLES if any(program == p for _, program in seen)]
    base = "ours" if "ours" in programs else "bound" if "bound" in programs else programs[0]
    pairs = [("ours", "bound")] if {"ours", "bound"} <= set(programs) else []
    pairs += [(p, base) for p in programs if p not in ("ours", "bound", base)]
    cases = []
    for case in (c for c in benchmark.cases if any(c == name for name, _ in seen)):
        seconds = {p: least(rounds, case, p) for p in programs}
        ratios = {f"{a}/{b}": ratio(rounds, case, a, b) for a, b in pairs}
        cases.append({"case": case, "seconds": seconds, "ratios": ratios})
    return {"programs": programs, "pairs": [f"{a}/{b}" for a, b in pairs], "cases": cases}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def times_table(summary):
    head = ["case"] + [TITLES[p] for p in summary["programs"]]
    rows = []
    for case in summary["cases"]:
        rows.append([case["case"]] + [human(s) if s is not None else "" for s in case["seconds"].values()])
    return table(head, rows)


def ratios_table(summary):
    pairs = [" / ".join(TITLES[p] for p in pair.split("/")) for pair in summary["pairs"]]
    head = ["ratio: median (least-greatest)"] + pairs
    rows = []
    for case in summary["cases"]:
        spread = [f"{r[1]:.3g} ({r[0]:.3g}-{r[2]:.3g})" if r else "" for r in case["ratios"].values()]
        rows.append([case["case"]] + spread)
    return table(head, rows)


def machine():
    with open("/proc/cpuinfo") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    name = models[0] if models else platform.machine()
    return f"{name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"


def versions(arguments, programs):
    parts = []
    for package in "libdnnl2", "libdnnl3", "libtorch1.13", "libtorch2.1":
        asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
        if asked.returncode == 0 and asked.stdout:
            parts.append(f"{package} {asked.stdout}")
    if any(name == "keras" for name, _, _ in programs):
        code = "import keras, tensorflow; print('Keras', keras.__version__ + ', TensorFlow', tensorflow.__version__)"
        asked = subprocess.run([arguments.python, "-c", code], capture_output=True, text=True)
        parts.append(asked.stdout.strip())
    return ", ".join(parts)


def parse(benchmark):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tiny size in one round: shows what is broken")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")
    parser.add_argument("--rounds", type=int, help="how often each program runs (3; 1 if quick)")
    parser.add_argument("--case", choices=benchmark.cases, help="the one case to run")
    parser.add_argument("--skip", default="", help="programs to leave out: bound,ours,libtorch,libtorch_openblas,keras")
    parser.add_argument("--require", default="", help="programs that must be there, or the run fails")
    parser.add_argument("--build", default=f"{ROOT}/build/release", help="the build folder (build/release)")
    parser.add_argument("--python", default=f"{ROOT}/.venv/bin/python", help="the Python that has Keras")
    parser.add_argument("--openblas", help="folder of OpenBLAS's libblas.so.3, if not where Debian puts it")
    arguments = parser.parse_args()
    arguments.skip = arguments.skip.split(",")
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 3)
    return arguments


def main(benchmark):
    """Runs it as the command line says, and gives the exit status."""
    arguments = parse(benchmark)
    try:
        about = machine()
        programs, notes = find_programs(benchmark, arguments)
        missing = {name for name in arguments.require.split(",") if name} - {name for name, _, _ in programs}
        if missing or not programs:
            raise Trouble("not there: " + (", ".join(sorted(missing)) or "every program") + "\n" + "\n".join(notes))
        rounds = measure(benchmark, programs, arguments)
        about += "; " + versions(arguments, programs)
    except (Trouble, OSError) as trouble:
        print(f"benchmarks/{benchmark.name}/run.py: {trouble}", file=sys.stderr)
        return 2
    wrong = benchmark.check(benchmark, rounds, arguments.quick)
    summary = summarize(benchmark, rounds)
    if arguments.json:
        summary.update(machine=about, rounds=arguments.rounds, notes=notes, wrong=wrong)
        print(json.dumps(summary, indent=2))
    else:
        print(f"{benchmark.name}", end="\n\n")
        print(times_table(summary), end="\n\n")
        if summary["pairs"]:
            print(ratios_table(summary), end="\n\n")
        if benchmark.more:
            print(benchmark.more(rounds), end="\n\n")
        print(f"Rounds: {arguments.rounds}, interleaved. {about}.")
        print(*(f"- {note}" for note in notes), sep="\n")
        print(benchmark.agreed if not wrong else "WRONG:\n" + "\n".join(wrong))
    return 1 if wrong else 0

