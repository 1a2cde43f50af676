"""The account at the end: what the ledger, the stream of events, the figures and the counters of runs say of all calls."""

from harness import processes
from harness.checks import check, equal

ENDED = "restful_functions_calls_total"


def ended_by_outcome(figures):
    """How many calls the server says have ended, by outcome."""
    sums = {}
    for name, number in figures.items():
        if name.startswith(ENDED):
            outcome = name.split('outcome="')[1].split('"')[0]
            sums[outcome] = sums.get(outcome, 0) + int(number)
    return {outcome: number for outcome, number in sums.items() if number}


def check_ledger(name, program, ledger, listener, before):
    """`before` is what ended_by_outcome() said when the ledger was empty."""
    calls = sum(ledger.outcomes.values())
    check(f"{name}: each of {calls} calls ended with its right answer, or a failure that is true", not ledger.wrong,
          f"{len(ledger.wrong)}: " + "\n".join(ledger.wrong[:8]))
    equal(f"{name}: each of {len(ledger.expected)} tasks that were accepted ended", [], ledger.open_tasks())
    processes.becomes(lambda: not ledger.told_otherwise())
    otherwise = ledger.told_otherwise()
    check(f"{name}: the stream of events told each end once, over {listener.connections} connections", not otherwise,
          f"{len(otherwise)}: {otherwise[:5]}")
    equal(f"{name}: and left nothing out", [], listener.gaps)
    listener.stop()
    after = ended_by_outcome(program.figures())
    figures = {outcome: after[outcome] - before.get(outcome, 0) for outcome in after}
    equal(f"{name}: the figures count the same ends {dict(ledger.outcomes)}", dict(ledger.outcomes),
          {outcome: number for outcome, number in figures.items() if number})
    twice = [number for number in ledger.unsure if program.call("runs_of", number=number) not in ((200, 0), (200, 1))]
    equal(f"{name}: of {len(ledger.unsure)} calls that did not return none ran twice", [], twice)
