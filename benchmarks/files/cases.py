"""cases.h in Python."""

import mmap
import os

FORMATS = {"keras": ".keras", "weights": ".weights.h5", "h5": ".h5", "checkpoint": ".ckpt"}
SIZES = {"small": None, "100mb": (6, 2048, 128), "1gb": (16, 4096, 192), "2gb": (32, 4096, 64)}  # layers, width, width if quick
DATA = ".data-00000-of-00001"  # what the name of a checkpoint's numbers ends in


def is_tried(work, form, size):
    return (size == "small" or (form == "checkpoint") == (size == "2gb")) and (work != "list" or form == "checkpoint")


NAMES = [f"{work}_{form}_{size}" for size in SIZES for work in ("save", "load", "list") for form in FORMATS if is_tried(work, form, size)]


def shapes(size, quick):
    """Of the weights, in order."""
    if SIZES[size] is None:
        return [(784, 128), (128,), (128, 10), (10,)]
    layers, width, quick_width = SIZES[size]
    width = quick_width if quick else width
    return [(width, width), (width,)] * layers


def path_of(form, size, kind=""):
    """The file, or the prefix of a checkpoint."""
    return os.path.join(os.environ.get("NAMESAKE_BENCH_FOLDER", "."), kind + size + FORMATS[form])


def file_of(form, size, kind=""):
    """The file with the numbers."""
    return path_of(form, size, kind) + (DATA if form == "checkpoint" else "")


def settle(path):
    """As in cases.h: nothing waits to be written, the file is in the page cache whole, or not at all, and memory is at hand."""
    os.sync()
    room = mmap.mmap(-1, os.path.getsize(path))
    for i in range(0, len(room), 4096):
        room[i] = 1
    room.close()
    with open(path, "rb", buffering=0) as file:
        if "NAMESAKE_BENCH_COLD" in os.environ:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        else:
            room = bytearray(1 << 16)
            while file.readinto(room):
                pass
