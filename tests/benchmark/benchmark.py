"""Measures the rows, round by round, and writes the table."""

import argparse
import json
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import machine
import table
from measuring import Unmeasurable
from rows import all_rows


def names(text):
    return text.split(",")


def arguments():
    parser = argparse.ArgumentParser(prog="tests/benchmark/run")
    parser.add_argument("--rounds", type=int, default=7, help="rounds (default 7)")
    parser.add_argument("--seconds", type=float, default=3, help="of one measurement (default 3)")
    parser.add_argument("--rows", type=names, help="names, with commas between them (default: all)")
    parser.add_argument("--without", type=names, default=[], metavar="ROWS", help="all rows but these")
    parser.add_argument("--tasks", type=int, default=1_000_000,
                        help="the most tasks in a table (default 1,000,000)")
    parser.add_argument("--output", type=Path, default=Path("build/benchmark"),
                        help="a directory for benchmark.md and benchmark.json")
    chosen = parser.parse_args()
    if chosen.rounds < 1 or chosen.seconds <= 0 or chosen.tasks < 10_000:
        parser.error("at least one round, some time, and 10,000 tasks")
    return chosen


def chosen_rows(options, resources):
    rows = all_rows(options.tasks, resources)
    known = [row.name for row in rows]
    chosen = set(known if options.rows is None else options.rows) - set(options.without)
    if unknown := chosen.union(options.without) - set(known):
        sys.exit(f"no row is named {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if not chosen:
        sys.exit("no row is left")
    return [row for row in rows if row.name in chosen]


def measure(rows, options):
    """Each round measures each row once, its subjects one after the other."""
    for number in range(1, options.rounds + 1):
        for row in rows:
            if row.failure is not None:
                continue
            print(f"round {number} of {options.rounds}: {row.name}", file=sys.stderr, flush=True)
            try:
                row.measure(options.seconds)
            except Unmeasurable as failure:
                row.failure = str(failure)
                print(f"FAILED {row.name}: {failure}", file=sys.stderr, flush=True)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is ended
    options = arguments()
    neighbours = machine.Neighbours()
    with ExitStack() as resources:
        rows = chosen_rows(options, resources)
        measure(rows, options)
    described = machine.description() | {
        "processors used by others during the run": f"{neighbours.share():.0%}"}
    text = table.markdown(rows, described, options)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "benchmark.md").write_text(text)
    (options.output / "benchmark.json").write_text(
        json.dumps(table.raw(rows, described, options), indent=1, ensure_ascii=False) + "\n")
    print(text, end="")
    return any(row.failure is not None for row in rows)


sys.exit(main())
