"""programs.h in Python: command line, clock and the line that a program prints for a case."""

import argparse
import json
import time


def parse(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="the tiny size that the tests run")
    parser.add_argument("--json", action="store_true", help="one JSON line a case")
    parser.add_argument("--case", help="the one case to run")
    return parser.parse_args()


def wants(arguments, name):
    return arguments.case in (None, name)


def show(arguments, name, program, seconds, loss_first, loss):
    if arguments.json:
        line = {"case": name, "program": program, "seconds": seconds, "loss_first": loss_first, "loss": loss}
        print(json.dumps(line), flush=True)
    else:
        print(f"{name:14} {program:14} {seconds:12.6g} s   loss {loss_first:.5f} -> {loss:.5f}", flush=True)


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def least_of_blocks(arguments, work):
    """Seconds of one call of `work`: the least of several equal blocks."""
    once = max(1e-7, seconds_of(work))
    calls = max(1, int((1e-3 if arguments.quick else 5e-3) / once))
    least = float("inf")
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        least = min(least, (time.perf_counter() - start) / calls)
    return least


def least_of_epochs(arguments, first, epoch):
    """Seconds of the quickest epoch: the first, which took `first`, and up to six more until two seconds are spent."""
    least = spent = first
    for _ in range(6):
        if spent >= (0 if arguments.quick else 2):
            break
        seconds = seconds_of(epoch)
        least = min(least, seconds)
        spent += seconds
    return least
