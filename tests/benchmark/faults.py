"""Page faults of all processes of a program, as perf counts them."""

import os
import re
import signal
import subprocess
from pathlib import Path

from figures import BODY, SUM, load, told
from measuring import Unmeasurable
from processes import BUILD, ours, scratch


def are_counted():
    """Whether this machine lets us count them."""
    try:
        return subprocess.run(["perf", "stat", "-e", "page-faults", "true"], capture_output=True).returncode == 0
    except OSError:
        return False


class Counter:
    def __init__(self, folder):
        self.report = folder / "faults"
        self.command = ["perf", "stat", "-x", ",", "-e", "page-faults", "-o", self.report, "--"]

    def count(self):
        """Once the program has ended."""
        found = re.search(r"^(\d+),.*page-faults", self.report.read_text(), re.MULTILINE)
        if found is None:
            raise Unmeasurable("perf counts no page faults")
        return int(found[1])


def of_server(use):
    """The faults from the start to the end of our server, and what `use(server)` returned."""
    with scratch() as folder:
        counter = Counter(folder)
        with ours(under=counter.command) as server:
            used = use(server)
            perf = server.process
            program = Path(f"/proc/{perf.pid}/task/{perf.pid}/children").read_text().split()[0]
            os.kill(int(program), signal.SIGTERM)
            perf.wait(timeout=20)
        return counter.count(), used


def per_call(path, connections, seconds):
    """Those of a call: what a server that served nobody had is not theirs."""
    idle, _ = of_server(lambda server: server.ask(path, BODY, SUM))
    faults, served = of_server(lambda server: load(server, path, connections, seconds, BODY))
    return {"faults/call": (faults - idle) / served["calls"]}


def per_fork(seconds):
    def of_forks(duration):
        with scratch() as folder:
            counter = Counter(folder)
            figures = told([*counter.command, BUILD / "server", "--forks", str(duration)])
            return counter.count(), figures["calls"]

    idle, _ = of_forks(0)
    faults, forks = of_forks(seconds)
    return {"faults/call": (faults - idle) / forks}
