"""Checks: a line for each, `ok     name` or `FAILED name` with an explanation below, as tests/checks.bash prints them."""

import sys

any_failed = False


def check(name, condition, explanation=""):
    global any_failed
    any_failed = any_failed or not condition
    print(f"ok     {name}" if condition else f"FAILED {name}", flush=True)
    if not condition and str(explanation):
        print("           " + str(explanation)[:2000].replace("\n", "\n           "), flush=True)
    return condition


def equal(name, expected, actual):
    return check(name, expected == actual, f"expected: {expected}\ngot:      {actual}")


def skip(name, why):
    print(f"           skipped: {name}: {why}", flush=True)


def finish():
    sys.exit(any_failed)
