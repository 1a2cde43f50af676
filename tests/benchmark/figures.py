"""Figures: what a load, a client, a program or the kernel tells of a subject."""

import json
import math
import subprocess

from measuring import Unmeasurable
from processes import BUILD, scratch

BODY = b'{"x": 3, "y": 6}'
SUM = b"9"


def told(command):
    """The figures that a program prints as a line of JSON."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired as failure:
        raise Unmeasurable(f"{command[0]} does not end") from failure
    if done.returncode != 0:
        raise Unmeasurable(f"{command[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(done.stdout.splitlines()[-1])


def load(server, path, connections, seconds, body=None):
    """Calls as fast as they are answered, over connections that stay. wrk counts whole seconds."""
    with scratch() as folder:
        (folder / "body").write_bytes(body or b"")
        request = ["GET"] if body is None else ["POST", folder / "body"]
        figures = told(["wrk", "--threads", "1", "--connections", str(connections),
                        "--duration", f"{math.ceil(seconds)}s", "--timeout", "20s",
                        "--script", "tests/benchmark/load.lua", server.url + path, "--", *request])
    if figures["refused"] or figures["broken"] or not figures["calls"]:
        raise Unmeasurable(f"{path}: of {figures['calls']} requests {figures['refused']} were refused, "
                           f"{figures['broken']} broke")
    return figures


def call_rate(subject, path, connections, seconds, body=None, expected=SUM):
    """Calls a second."""
    with subject() as server:
        server.ask(path, body, expected)
        figures = load(server, path, connections, seconds, body)
    return {"calls/s": figures["calls"] / figures["seconds"]}


def paced(server, path, seconds):
    """Microseconds of a call, one every 2 ms."""
    return told([BUILD / "paced", str(server.port), path, BODY, SUM, str(seconds)])


def paced_calls(subject, path, seconds):
    with subject() as server:
        return paced(server, path, seconds)


def program(flag, seconds):
    """What the server's own program can do without a server."""
    return told([BUILD / "server", flag, str(seconds)])
