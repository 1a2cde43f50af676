"""Rows: what is measured side by side, and what the figures of it must be."""

from dataclasses import dataclass, field
from statistics import median
from typing import Callable


class Unmeasurable(Exception):
    """There is no figure: something refused, broke, or answered otherwise than expected."""


@dataclass
class Goal:
    text: str
    is_met_by: Callable[[float], bool]


def at_least(bound):
    return Goal(f"≥ {bound}", lambda value: value >= bound)


def at_most(bound):
    return Goal(f"≤ {bound}", lambda value: value <= bound)


@dataclass
class Spread:
    """One figure of all rounds."""

    rounds: list[float]

    @property
    def median(self):
        return median(self.rounds)

    def over(self, other):
        """The ratio, round by round: what disturbs the machine disturbs both sides of one."""
        return Spread([mine / its for mine, its in zip(self.rounds, other.rounds)])


@dataclass
class Comparison:
    """A figure of ours beside the same figure of a peer. The goal is for their ratio, and without a
    peer for the figure itself; without a goal it is only reported."""

    ours: str
    peer: str | None
    figure: str
    goal: Goal | None = None


@dataclass
class Row:
    name: str
    title: str
    subjects: dict[str, Callable[[float], dict[str, float]]]  # what to measure for some seconds
    comparisons: list[Comparison]
    rounds: list[dict[str, dict[str, float]]] = field(default_factory=list)
    failure: str | None = None

    def measure(self, seconds):
        """One round. Every second one goes the other way round: who is first has no advantage."""
        order = list(self.subjects)
        if len(self.rounds) % 2 == 1:
            order.reverse()
        measured = {name: self.subjects[name](seconds) for name in order}
        self.rounds.append({name: measured[name] for name in self.subjects})

    def spread(self, subject, figure):
        return Spread([measured[subject][figure] for measured in self.rounds])

    def judged(self, comparison):
        """The spreads of ours, of the peer and of the ratio, and whether the goal is met."""
        ours = self.spread(comparison.ours, comparison.figure)
        peer = ratio = None
        if comparison.peer is not None:
            peer = self.spread(comparison.peer, comparison.figure)
            ratio = ours.over(peer)
        goal = comparison.goal
        met = None if goal is None else goal.is_met_by((ratio or ours).median)
        return ours, peer, ratio, met

    def figures_beside(self):
        """The figures that no comparison shows."""
        shown = {(subject, comparison.figure) for comparison in self.comparisons
                 for subject in (comparison.ours, comparison.peer)}
        for subject, figures in self.rounds[0].items():
            for figure in figures:
                if (subject, figure) not in shown:
                    yield subject, figure
