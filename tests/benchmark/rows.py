"""The rows of the table: what is measured beside what, and what the ratio must be."""

import json
import time
from functools import partial

import faults
from compilation import cost
from figures import BODY, SUM, call_rate, load, paced, paced_calls, program
from measuring import Comparison, Row, Unmeasurable, at_least, at_most
from processes import cpp_httplib, lighttpd, nginx, ours, ours_static
from tasks import FullTables

PROCESS = "/addition/keep-connection"
WORKER = "/addition_worker/keep-connection"
REWIND = "/addition_rewind/keep-connection"
SPAWN = "/addition_spawn/keep-connection"
CGI = "/addition.cgi?x=3&y=6"
HELLO = "examples/hello.cpp"
MANY_BYTES = b"x" * (8 << 20)


def calls(path, connections):
    """Calls a second of our server, and what they cost in page faults."""

    def measured(seconds):
        figures = call_rate(ours, path, connections, seconds, BODY)
        return figures | (faults.per_call(path, connections, seconds) if faults.are_counted() else {})

    return measured


def rewound(seconds):
    """Calls of processes that are put back, which is seen first: one that is not is a worker."""
    with ours() as server:
        for _ in range(100):
            server.ask("/earlier_calls/keep-connection", b"{}", b"0")
    return calls(REWIND, 16)(seconds)


def forks(seconds):
    figures = {"calls/s": program("--forks", seconds)["calls/s"]}
    return figures | (faults.per_fork(seconds) if faults.are_counted() else {})


def reported_faults(ours, peer):
    return [Comparison(ours, peer, "faults/call")] if faults.are_counted() else []


def with_ballast(gibibytes, seconds):
    with ours("--ballast", str(gibibytes)) as server:
        figures = paced(server, PROCESS, seconds)
        loaded = load(server, PROCESS, 16, seconds, BODY)
    return figures | {"calls/s": loaded["calls"] / loaded["seconds"]}


def with_loaded(gibibytes, seconds):
    """Calls of a program that has loaded an array and 500,000 nodes of a hash table beforehand."""
    with ours("--loaded", str(gibibytes)) as server:
        rates = {name: load(server, path, 16, seconds, BODY) for name, path in
                 (("process calls/s", PROCESS), ("rewind calls/s", REWIND))}
    return {name: rate["calls"] / rate["seconds"] for name, rate in rates.items()}


def loaded_rows():
    """What a program has loaded before it starts costs its calls next to nothing."""
    return [Row(f"loaded_{size}", f"{size} GiB and 500,000 nodes loaded before the start",
                {f"{size} GiB": partial(with_loaded, size), "nothing": partial(with_loaded, 0)},
                [Comparison(f"{size} GiB", "nothing", "process calls/s", at_least(process)),
                 Comparison(f"{size} GiB", "nothing", "rewind calls/s", at_least(rewind))])
            for size, process, rewind in ((1, 0.9, 0.8), (4, 0.8, 0.7))]


def start_row():
    """What a program has loaded is written once to a file before the first process is forked."""
    return Row("start", "`start()` until it listens, 1 GiB and 500,000 nodes loaded",
               {"start()": lambda seconds: program("--start", 1),
                "write to a file in memory": lambda seconds: program("--file-copy", 1)},
               [Comparison("start()", "write to a file in memory", "seconds", at_most(1.5))])


def spawned(path, seconds):
    with ours("--spawn", "1") as server:
        server.ask(path, BODY, SUM)
        load(server, path, 16, 1, BODY)  # each connection has its process then
        rate = load(server, path, 16, seconds, BODY)
    return {"calls/s": rate["calls"] / rate["seconds"]}


def submissions(seconds):
    """Submissions that were accepted and also served: from the first one until the last result."""
    with ours() as server:
        start = time.monotonic()
        accepted = load(server, "/addition_queued", 16, seconds, BODY)
        server.ask("/addition_queued/keep-connection", BODY, SUM)  # queues behind all of them
        while server.ask("/function/running-count/addition_queued") != b"0":
            pass
        took = time.monotonic() - start
        tasks = json.loads(server.ask("/task/list/addition_queued"))
    served = sum(task["status"] == "DONE" and task["result"] == 9 for task in tasks)
    if served != len(tasks) or served <= accepted["calls"]:
        raise Unmeasurable(f"of {accepted['calls']} submissions {served} were served")
    return {"calls/s": served / took, "accepted/s": accepted["calls"] / accepted["seconds"]}


def echoes(subject, path):
    body, text = b'{"text": "' + MANY_BYTES + b'"}', b'"' + MANY_BYTES + b'"'
    return partial(call_rate, subject, path, 1, body=body, expected=text)


def all_rows(most_tasks, resources):
    """`resources` ends what is kept for all rounds."""
    tables = FullTables(resources)
    sizes = [size for size in (10, 1000, 100_000) if size < most_tasks] + [most_tasks]
    of_tasks = {f"{size:,} tasks": partial(tables.call_rate, size) for size in sizes}
    return [
        Row("process", "`process`, 16 connections",
            {"process": calls(PROCESS, 16), "bare fork": forks},
            [Comparison("process", "bare fork", "calls/s", at_least(0.75)),
             *reported_faults("process", "bare fork")]),
        Row("lighttpd", "`process`, 8 connections",
            {"process": partial(call_rate, ours, PROCESS, 8, body=BODY),
             "process, static": partial(call_rate, ours_static, PROCESS, 8, body=BODY),
             "lighttpd CGI": partial(call_rate, lighttpd, CGI, 8)},
            [Comparison("process", "lighttpd CGI", "calls/s", at_least(2.5)),
             Comparison("process, static", "lighttpd CGI", "calls/s", at_least(2.5))]),
        Row("fcgiwrap", "`process`, 8 connections",
            {"process": partial(call_rate, ours, PROCESS, 8, body=BODY),
             "process, static": partial(call_rate, ours_static, PROCESS, 8, body=BODY),
             "nginx + fcgiwrap": partial(call_rate, nginx, CGI, 8)},
            [Comparison("process", "nginx + fcgiwrap", "calls/s", at_least(3)),
             Comparison("process, static", "nginx + fcgiwrap", "calls/s", at_least(3))]),
        Row("paced", "`process`, one call every 2 ms, µs",
            {"process": partial(paced_calls, ours, PROCESS),
             "process, static": partial(paced_calls, ours_static, PROCESS),
             "bare fork": partial(program, "--paced-forks"),
             "cpp-httplib": partial(paced_calls, cpp_httplib, "/addition")},
            [Comparison("process", "bare fork", "p50", at_most(1.0)),
             Comparison("process", "cpp-httplib", "p50", at_most(1.1)),
             Comparison("process, static", "cpp-httplib", "p50", at_most(1.1))]),
        Row("worker", "`worker`, 16 connections",
            {"worker": calls(WORKER, 16),
             "cpp-httplib": partial(call_rate, cpp_httplib, "/addition", 16, body=BODY)},
            [Comparison("worker", "cpp-httplib", "calls/s", at_least(1.5))]),
        Row("rewind", "`rewind`, 16 connections",
            {"rewind": rewound, "process": calls(PROCESS, 16), "worker": calls(WORKER, 16)},
            [Comparison("rewind", "process", "calls/s", at_least(4)),
             Comparison("rewind", "worker", "calls/s", at_least(0.4)),
             *reported_faults("rewind", "process"), *reported_faults("rewind", "worker")]),
        Row("spawn", "`spawn`, 16 connections",
            {"spawn": partial(spawned, SPAWN), "worker": partial(spawned, WORKER)},
            [Comparison("spawn", "worker", "calls/s", at_least(0.95))]),
        *loaded_rows(),
        start_row(),
        Row("ballast", "1 GiB resident in the server",
            {"1 GiB": partial(with_ballast, 1), "nothing": partial(with_ballast, 0)},
            [Comparison("1 GiB", "nothing", "p50", at_most(1.1)),
             Comparison("1 GiB", "nothing", "calls/s", at_least(0.91))]),
        Row("running_count", "`GET /function/running-count/{f}`, 8 connections",
            {"running-count": partial(call_rate, ours, "/function/running-count/addition", 8,
                                      expected=b"0"),
             "nginx `return 200`": partial(call_rate, nginx, "/zero", 8, expected=b"0")},
            [Comparison("running-count", "nginx `return 200`", "calls/s", at_least(0.5))]),
        Row("async", "asynchronous, 16 connections",
            {"submitted and served": submissions,
             "synchronous": partial(call_rate, ours, PROCESS, 16, body=BODY)},
            [Comparison("submitted and served", "synchronous", "calls/s", at_least(1))]),
        Row("echo", "8 MiB in and out, 1 connection",
            {"process": echoes(ours, "/echo/keep-connection"),
             "memcpy": partial(program, "--copies"),
             "cpp-httplib": echoes(cpp_httplib, "/echo")},
            [Comparison("process", "memcpy", "calls/s"),
             Comparison("process", "cpp-httplib", "calls/s", at_least(1))]),
        Row("task_bytes", f"resident memory of a finished task, at {most_tasks:,}",
            {"a task": lambda seconds: tables.bytes_of_a_task(most_tasks)},
            [Comparison("a task", None, "bytes", at_most(400 + len(SUM)))]),
        Row("tasks", "tasks in the table, 16 connections",
            of_tasks,
            [Comparison(subject, "10 tasks", "calls/s", at_least(0.91))
             for subject in list(of_tasks)[1:]]),
        Row("compilation", "examples/hello.cpp at -O2",
            {"server compiled": lambda seconds: cost(HELLO, "compiled"),
             "header-only": lambda seconds: cost(HELLO, "header_only"),
             "single header": lambda seconds: cost(HELLO, "header_only", "-Isingle_include"),
             "third parties": lambda seconds: cost("tests/benchmark/third_parties.cpp", "header_only")},
            [Comparison(subject, "third parties", figure, goal)
             for subject, goal in (("server compiled", at_most(1.6)), ("header-only", None),
                                   ("single header", None))
             for figure in ("processor seconds", "peak MiB")]),
    ]
