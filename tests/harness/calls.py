"""The mix: clients that make every kind of call, one after the other in random order, and enter them in the ledger."""

import http.client
import json
import random
import socket
import struct
import threading
import time
import uuid

from harness.ledger import (CRASHED, EXITED, OUT_OF_MEMORY, TERMINATED, THREW, TIMED_OUT, WAS_KILLED, returned)
from harness.listener import events


class Client:
    """One client with its connection. Each public method is a kind of call; its number of chances is in KINDS."""

    def __init__(self, program, ledger, seed):
        self.program, self.ledger = program, ledger
        self.random = random.Random(seed)
        self.connection = program.connect()

    # What all kinds are made of.

    def ask(self, method, target, body=None, headers=None):
        """Status, header fields and value; anything but an answer is an objection."""
        self.connection.request(method, target, body, headers or {})
        response = self.connection.getresponse()
        content = response.read()
        is_json = response.getheader("Content-Type", "").endswith("json")
        return response.status, response.headers, json.loads(content) if is_json else content

    def call(self, kind, function, arguments, *ends, headers=None):
        """A call whose result is waited for."""
        status, _, value = self.ask("POST", f"/{function}/keep-connection", json.dumps(arguments), headers)
        if status in (429, 503):
            return self.ledger.refuse(status)
        return self.ledger.answer(kind, status, value, *ends)

    def start(self, kind, function, arguments, *ends, headers=None):
        """The number of the task, or None where the call was refused."""
        status, _, value = self.ask("POST", f"/{function}", json.dumps(arguments), headers)
        if status in (429, 503):
            return self.ledger.refuse(status)
        if status != 200:
            return self.ledger.object_to(kind, f"was answered {status} {value}")
        self.ledger.accept(kind, value["task_id"], *ends)
        return value["task_id"]

    def info(self, task):
        return self.ask("GET", f"/task/info/{task}")[2]

    def see_end(self, task):
        """Waits for the end of a task."""
        info = {"outcome": None}
        while info["outcome"] is None:
            info = self.ask("GET", f"/task/wait/{task}?timeout=60")[2]
        return self.ledger.end(info)

    def once(self, **more):
        """Arguments of a call that is to run once, and the receipt for it."""
        number = self.ledger.number()
        return {"number": number, **more}, returned({"number": number, "runs": 1})

    def note_if_unsure(self, arguments, end):
        """A call that did not return may have been run or not, but once at most."""
        if end is None or end.outcome != "returned":
            self.ledger.unsure.append(arguments["number"])

    # The kinds.

    def synchronous(self):
        arguments, receipt = self.once()
        self.note_if_unsure(arguments, self.call("synchronous", "once", arguments, receipt))

    def polled(self):
        arguments, receipt = self.once()
        task = self.start("polled", "once", arguments, receipt)
        if task is None:
            return
        info = self.info(task)
        while info["outcome"] is None:
            info = self.info(task)
        self.note_if_unsure(arguments, self.ledger.end(info))

    def waited(self):
        arguments, receipt = self.once(duration=0.01)
        task = self.start("waited", "once_slowly", arguments, receipt)
        if task:
            self.note_if_unsure(arguments, self.see_end(task))

    def queued(self):
        arguments, receipt = self.once(duration=0.02)
        task = self.start("queued", "in_turn", arguments, receipt)
        if task:
            self.note_if_unsure(arguments, self.see_end(task))

    def preferred(self):
        arguments, receipt = self.once(duration=self.random.choice((0, 0.02)))
        status, headers, value = self.ask("POST", "/once_slowly", json.dumps(arguments),
                                          {"Prefer": self.random.choice(("wait=1", "respond-async"))})
        if status == 503:
            return self.ledger.refuse(status)
        if status != 202:
            return self.ledger.answer("preferred", status, value, receipt)
        self.ledger.accept("preferred", value["task_id"], receipt)
        return self.see_end(value["task_id"])

    def large(self):
        text = "".join(self.random.choices("abcdefgh\n\"é", k=1000)) * self.random.randrange(100, 1000)
        self.call("large", "echo", {"value": text}, returned(text))

    def blob(self):
        content = self.random.randbytes(self.random.randrange(1, 400_000))
        status, headers, value = self.ask("POST", "/reversed/keep-connection", content, {"Content-Type": "image/png"})
        if status == 503:
            return self.ledger.refuse(status)
        return self.ledger.answer("blob", status, value, returned(content[::-1]))

    def crashing(self):
        task = self.start("crashing", "crash", {}, CRASHED)
        if task:
            self.see_end(task)
        self.call("crashing", f"{self.random.choice(('process', 'worker', 'rewind'))}_crash", {}, CRASHED)

    def failing(self):
        function, end = self.random.choice((("leave", EXITED), ("refuse", THREW), ("be_killed", WAS_KILLED),
                                            ("allocate", OUT_OF_MEMORY)))
        self.call("failing", function, {}, end)

    def timed_out(self):
        self.call("timed out", "forever", {}, TIMED_OUT, headers={"X-Timeout": "0.05"})

    def terminated(self):
        task = self.start("terminated", "forever", {}, TERMINATED)
        if task:
            self.ask("POST", f"/terminate/task/{task}")
            self.see_end(task)

    def terminated_together(self):
        tasks = [self.start("terminated together", "forever_together", {}, TERMINATED) for _ in range(2)]
        self.ask("POST", "/terminate/function/forever_together")
        for task in filter(None, tasks):
            self.see_end(task)

    def disconnected(self):
        """A client goes in the middle of a call or of its request, and asks with its key what became of it."""
        arguments, receipt = self.once(duration=0.01)
        body, key = json.dumps(arguments), str(uuid.UUID(int=self.random.getrandbits(128)))
        request = (f"POST /once_slowly/keep-connection HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: {key}\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
        with socket.create_connection(("127.0.0.1", self.program.port)) as gone:
            gone.sendall(request[:self.random.choice((len(request), self.random.randrange(len(request))))])
            if self.random.random() < 0.5:  # a reset in place of an end
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        task = self.start("disconnected", "once_slowly", arguments, receipt, headers={"Idempotency-Key": key})
        if task:
            self.note_if_unsure(arguments, self.see_end(task))

    def repeated(self):
        """The same call three times, of which one is run."""
        arguments, receipt = self.once()
        body, key = json.dumps(arguments), {"Idempotency-Key": str(uuid.UUID(int=self.random.getrandbits(128)))}
        task = self.start("repeated", "once_again", arguments, receipt, headers=key)
        if task is None:
            return
        again = self.ask("POST", "/once_again", body, key)
        if (again[0], again[2].get("task_id"), again[1]["Idempotent-Replayed"]) != (200, task, "true"):
            self.ledger.object_to("repeated", f"again: {again}")
        end = self.see_end(task)
        self.note_if_unsure(arguments, end)
        status, _, value = self.ask("POST", "/once_again/keep-connection", body, key)
        if end and (status == 200) != (end.outcome == "returned"):
            self.ledger.object_to("repeated", f"ended as {end}, and is answered {status} {value}")

    def isolated(self):
        self.call("isolated", self.random.choice(("process_calls", "rewind_calls")), {}, returned(0))
        self.call("isolated", "worker_calls", {}, returned(lambda earlier: 0 <= earlier < 50))
        arguments, receipt = self.once()
        function = self.random.choice(("process_once", "worker_once", "rewind_once"))
        self.note_if_unsure(arguments, self.call("isolated", function, arguments, receipt))

    def listened(self):
        """Hears of one task all that there is to hear."""
        text = "".join(self.random.choices("abc\n", k=self.random.randrange(1, 3000)))
        task = self.start("listened", "tell", {"text": text}, returned(text))
        if task is None:
            return
        connection = self.program.connect()
        connection.request("GET", f"/task/events/{task}")
        log, ends = "", []
        for _, name, data in events(connection.getresponse()):
            if name == "log":
                log += data["text"]
            elif name in ("completed", "failed"):
                ends.append(data)
        connection.close()
        if len(ends) != 1:
            return self.ledger.object_to("listened", f"the stream told of {len(ends)} ends")
        end = self.ledger.end(ends[0])
        is_whole = end and end.outcome == "returned" and not self.ledger.disturbances
        if not (log == text if is_whole else text.startswith(log)):
            self.ledger.object_to("listened", f"told a log of {len(log)} of {len(text)} characters")

    def mistaken(self):
        target, body, expected = self.random.choice((("/once", "{}", 400), ("/once", '{"number": "x"}', 400),
                                                     ("/twice", "{}", 404), ("/once", "[", 400)))
        status, _, value = self.ask("POST", target, body)
        if status != expected:
            self.ledger.object_to("mistaken", f"{target} {body} was answered {status} {value}")

    def looked_at_again(self):
        """What has ended stays as it was."""
        with self.ledger.lock:
            task = self.random.choice(self.ledger.recent) if self.ledger.recent else None
        if task:
            self.ledger.end(self.info(task))

    KINDS = {synchronous: 8, polled: 8, waited: 4, queued: 6, preferred: 3, large: 1, blob: 1, crashing: 2, failing: 2,
             timed_out: 1, terminated: 2, terminated_together: 1, disconnected: 4, repeated: 3, isolated: 4,
             listened: 2, mistaken: 2, looked_at_again: 3}

    def make_one(self):
        kind = self.random.choices(list(self.KINDS), weights=list(self.KINDS.values()))[0]
        with self.ledger.lock:
            self.ledger.tried[kind.__name__] += 1
        try:
            kind(self)
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError) as failure:
            self.ledger.object_to(kind.__name__, repr(failure))
            self.connection.close()
            self.connection = self.program.connect()


class Mix:
    """Constructed, so many clients call; stopped, the last call of each has ended."""

    def __init__(self, program, ledger, clients=12, seed=1):
        self.is_stopping = False
        self.threads = [threading.Thread(target=self._go_on, args=(program, ledger, seed * 1000 + i), daemon=True)
                        for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def _go_on(self, program, ledger, seed):
        client = Client(program, ledger, seed)
        while not self.is_stopping:
            client.make_one()
        client.connection.close()

    def stop(self, patience=120):
        """false: a call of one of the clients does not end."""
        self.is_stopping = True
        deadline = time.monotonic() + patience
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self.threads)
