"""The ledger: what the client's side knows of every call, to be compared with what the server says of it."""

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

HTTP_STATUS = {"DONE": 200, "FAILED": 500, "TIMEOUT": 504}


@dataclass
class End:
    """One way in which a call may end. `result` is a value, or what says whether a value is right."""

    status: str
    outcome: str
    result: Any

    def fits(self, result):
        return self.result(result) if callable(self.result) else self.result == result


def returned(value):
    return End("DONE", "returned", value)


def failed(outcome, sentence):
    return End("FAILED", outcome, sentence)


THREW = failed("threw", "not today")
CRASHED = failed("crashed", "killed by SIGSEGV (Segmentation fault)")
WAS_KILLED = failed("crashed", "killed by SIGKILL (Killed)")
EXITED = failed("exited", "exited with status 3 before returning")
OUT_OF_MEMORY = failed("out_of_memory", "out of memory (limit 67108864 bytes)")
TERMINATED = failed("terminated", "Manual Termination")
TIMED_OUT = End("TIMEOUT", "timed_out", "timeout")
FORK_SERVER_LOST = failed("lost", "the fork server was lost: killed by SIGKILL (Killed)")
NEVER_TAKEN = failed("lost", "no process lived long enough to take the call: the last killed by SIGKILL (Killed)")


class Ledger:
    """`disturbances` are the ends that any call may have, because of what is done to the server's processes."""

    def __init__(self, *disturbances):
        self.disturbances = disturbances
        self.lock = threading.Lock()
        self.tried = Counter()      # by kind
        self.refused = Counter()    # by status
        self.outcomes = Counter()   # of all calls that have ended
        self.disturbed = Counter()  # those of them that ended by a disturbance, by its sentence
        self.expected = {}          # of tasks whose number is known: their kind and the ends that they may have
        self.ended = {}             # status, outcome and result of them
        self.told = {}              # the same without the result, each time that the stream of events told of it
        self.recent = deque(maxlen=200)  # fewer than the server keeps
        self.unsure = []            # numbers of calls that may or may not have been run
        self.wrong = []
        self._numbers = 0

    def number(self):
        """A new one, for a call that is to run once."""
        with self.lock:
            self._numbers += 1
            return self._numbers

    def object_to(self, kind, what):
        with self.lock:
            self.wrong.append(f"{kind}: {str(what)[:300]}")

    def refuse(self, status):
        with self.lock:
            self.refused[status] += 1

    def _end_among(self, ends, fits):
        return next((end for end in (*ends, *self.disturbances) if fits(end)), None)

    def _count(self, ends, end, outcome):
        self.outcomes[outcome] += 1
        if end in self.disturbances and end not in ends:
            self.disturbed[end.result] += 1

    def answer(self, kind, status, value, *ends):
        """A call was answered with its result; returns how it ended, or None when that cannot be."""
        end = self._end_among(ends, lambda end: HTTP_STATUS[end.status] == status and end.fits(value))
        if end is None:
            self.object_to(kind, f"was answered {status} {value}")
            return None
        with self.lock:
            self._count(ends, end, end.outcome)
        return end

    def accept(self, kind, task, *ends):
        with self.lock:
            if task in self.expected:
                self.wrong.append(f"{kind}: {task} is the number of two tasks")
            self.expected[task] = (kind, ends)

    def end(self, info):
        """A task was seen ended. Its first end is the one that it has for good."""
        task, seen = info["task_id"], (info["status"], info["outcome"], info["result"])
        kind, ends = self.expected[task]
        end = self._end_among(ends, lambda end: (end.status, end.outcome) == seen[:2] and end.fits(seen[2]))
        if end is None:
            self.object_to(kind, f"ended as {seen}")
        elif not info["created"] <= (info["started"] or info["finished"]) <= info["finished"]:
            self.object_to(kind, f"ended before it began: {info}")
        with self.lock:
            first = self.ended.setdefault(task, seen)
            if first is seen:
                self._count(ends, end, seen[1])
                self.recent.append(task)
                self.ended[task] = (*seen[:2], hash(str(seen[2])))
            elif first != (*seen[:2], hash(str(seen[2]))):
                self.wrong.append(f"{kind}: ended twice, at last as {seen}")
        return end

    def tell(self, event):
        with self.lock:
            self.told.setdefault(event["task_id"], []).append((event["status"], event["outcome"]))

    def open_tasks(self):
        return [task for task in self.expected if task not in self.ended]

    def told_otherwise(self):
        """Tasks of which the stream of events did not tell exactly the end that they had."""
        return [(task, self.expected[task][0], end[:2], self.told.get(task))
                for task, end in self.ended.items() if self.told.get(task) != [end[:2]]]
