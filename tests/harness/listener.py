"""A listener of /events, as a console is one: hears of all tasks, and comes back when its connection ends."""

import http.client
import json
import threading


def events(response):
    """The events of a stream of Server-Sent Events: id, name and data."""
    number, name, data = None, None, []
    for raw in response:
        line = raw.decode().rstrip("\n")
        field, _, value = line.partition(": ")
        if field == "id":
            number = value
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line and name:
            yield number, name, json.loads("\n".join(data))
            name, data = None, []


class Listener:
    """Tells the ledger of every end. Each connection hears so many events, then the next one takes over."""

    EVENTS_OF_A_CONNECTION = 3000

    def __init__(self, program, ledger):
        self.program, self.ledger = program, ledger
        self.connections = 0
        self.gaps = []
        self.last = None
        self.is_stopping = False
        self.is_listening = threading.Event()
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()
        self.is_listening.wait()

    def _listen(self):
        while not self.is_stopping:
            connection = self.program.connect(timeout=5)
            try:
                self._hear(connection)
            except (OSError, http.client.HTTPException):
                pass  # a pause of the stream, or its end: the next connection says what was missed
            finally:
                connection.close()

    def _hear(self, connection):
        connection.request("GET", "/events", headers={"Last-Event-ID": self.last} if self.last else {})
        self.connections += 1
        heard = 0
        for number, name, data in events(connection.getresponse()):
            self.is_listening.set()
            self.last = number or self.last
            if name in ("completed", "failed"):
                self.ledger.tell(data)
            elif name in ("reset", "dropped"):
                self.gaps.append(f"{name} {data}")
            heard += 1
            if self.is_stopping or heard > self.EVENTS_OF_A_CONNECTION:
                return

    def stop(self):
        self.is_stopping = True
        self.thread.join()
