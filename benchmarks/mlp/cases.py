"""cases.h in Python: the sizes of the cases."""

from shared.programs import least_of_blocks, least_of_epochs, parse, seconds_of, show, wants  # noqa: F401

SMALL_INPUTS = 10
SMALL_BATCH = 100
INPUTS = 784
CHECKED_STEPS = 20
FORWARD_ROWS = 100


def rows(arguments):
    return 640 if arguments.quick else 60_000
