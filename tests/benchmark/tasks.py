"""Servers whose tables hold so many finished tasks, and stay at that number while more come."""

import http.client
import re
from pathlib import Path

from figures import BODY, SUM, load
from measuring import Unmeasurable
from processes import ours

PATH = "/addition/keep-connection"
SAME_FASTER = "/addition_worker/keep-connection"  # its tasks are no smaller
WARM_UP = 1000


def resident_bytes(server):
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1]) * 1024


def call(server, times):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(times):
        connection.request("POST", PATH, BODY)
        if connection.getresponse().read() != SUM:
            raise Unmeasurable(f"{PATH}: answered otherwise than expected")
    connection.close()


def fill(server):
    return load(server, SAME_FASTER, 16, 5, BODY)["calls"]


class FullTables:
    """One server for each size, filled by calls when it is first needed, and kept for all rounds."""

    def __init__(self, resources):
        self.resources = resources
        self.servers = {}
        self.task_bytes = {}

    def server(self, tasks):
        if tasks not in self.servers:
            server = self.resources.enter_context(ours("--keep", str(tasks)))
            self.servers[tasks] = server
            call(server, WARM_UP)
            before, calls = resident_bytes(server), WARM_UP
            calls += fill(server)  # also where it is full: each table has the same history
            while calls < tasks:
                calls += fill(server)
            if tasks > WARM_UP:
                self.task_bytes[tasks] = (resident_bytes(server) - before) / (tasks - WARM_UP)
        return self.servers[tasks]

    def bytes_of_a_task(self, tasks):
        self.server(tasks)
        return {"bytes": self.task_bytes[tasks]}

    def call_rate(self, tasks, seconds):
        figures = load(self.server(tasks), PATH, 16, seconds, BODY)
        return {"calls/s": figures["calls"] / figures["seconds"]}
