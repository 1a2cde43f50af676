"""A server program that runs: how it is started, asked, measured and stopped."""

import atexit
import http.client
import json
import os
import re
import signal
import subprocess
import threading
import uuid
from pathlib import Path

from harness import processes

ROOT = Path(__file__).resolve().parents[2]
USER = 61234  # nobody's, so that its processes are the server's alone


def unprivileged():
    """What starts a program as a user for whom limits hold: nothing for one who is not root, for they hold already."""
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.geteuid() == 0 else []


class Program:
    """Constructed, it serves. `around` is what starts it, such as ["prlimit", "--nproc=50"]."""

    def __init__(self, path, *arguments, around=(), environment=None, stderr=subprocess.STDOUT):
        self.mark = f"RESTFUL_FUNCTIONS_TEST={uuid.uuid4()}"
        name, value = self.mark.split("=")
        self.process = subprocess.Popen(
            [*around, path, "--port", "0", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=stderr, text=True, env={**os.environ, name: value, **(environment or {})}, errors="replace")
        atexit.register(self.process.kill)  # where a check breaks off
        self.output = []
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.port = int(line.rsplit(":", 1)[1])
                break
            self.output.append(line)
        else:
            raise RuntimeError(f"{path} did not start: {''.join(self.output)}")
        self.pid = self.process.pid
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.output.append(line)

    def connect(self, timeout=120):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, target, body=None, headers=None, timeout=120):
        """Status and body on a connection of its own."""
        connection = self.connect(timeout)
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def call(self, function, timeout=120, **arguments):
        """Status and value of a call that is waited for."""
        status, body = self.ask("POST", f"/{function}/keep-connection", json.dumps(arguments), timeout=timeout)
        return status, json.loads(body)

    def start_call(self, function, **arguments):
        """The id of the task that an accepted call is."""
        status, body = self.ask("POST", f"/{function}", json.dumps(arguments))
        answer = json.loads(body)
        if status != 200:
            raise RuntimeError(f"{function} was refused: {status} {answer}")
        return answer["task_id"]

    def info(self, task):
        return json.loads(self.ask("GET", f"/task/info/{task}")[1])

    def end_of(self, task):
        """The task as it is once it has ended, or after five minutes."""
        return json.loads(self.ask("GET", f"/task/wait/{task}?timeout=300", timeout=330)[1])

    def figures(self):
        """The metrics: the number of each name with its labels."""
        text = self.ask("GET", "/metrics")[1].decode()
        return {name: float(number) for name, number in re.findall(r"^(\w+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)}

    def processes_in(self, state):
        return int(self.figures()[f'restful_functions_processes{{state="{state}"}}'])

    @property
    def fork_server(self):
        """0 while there is none."""
        alive = [child for child in processes.children(self.pid) if processes.is_alive(child)]
        return alive[0] if alive else 0

    def family(self):
        """The server and all processes that came from it, also those that have left it."""
        return processes.family(self.mark)

    def rests(self):
        """Whether nothing of a call is left but what waits for the next one."""
        return all(self.processes_in(state) == 0 for state in ("running", "starting", "leaving")) \
            and self.processes_in("parked") > 0

    def descriptors(self):
        """Of the server, and of the fork server beside the pipe that it has for each process's log."""
        fork_server = self.fork_server
        return (processes.descriptors(self.pid),
                processes.descriptors(fork_server) - len(processes.children(fork_server)))

    def stop(self, which=signal.SIGTERM):
        """Its exit status."""
        self.process.send_signal(which)
        return self.process.wait(timeout=processes.PATIENCE)
