"""What a client can do with connections. Each function tries so many times, and returns what was tried and what is wrong."""

import array
import fcntl
import re
import select
import socket
import struct
import termios
import time

REQUEST = (b"POST /echo/keep-connection HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           b"X-Some: field\r\nContent-Length: 14\r\n\r\n" + b'{"value": "x"}')
GET = b"GET /function/definition/echo HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST_GET = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
OK = b"HTTP/1.1 200"
COMPLETED = b"\nevent: completed\n"


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def everything(connection):
    """What comes until the other side ends; an empty text when it resets the connection."""
    received = b""
    try:
        while part := connection.recv(1 << 16):
            received += part
    except ConnectionError:
        pass
    return received


def send(connection, content):
    """What can be sent while the other side listens."""
    try:
        connection.sendall(content)
    except ConnectionError:
        pass  # it has refused already


def drip(connections, content, seconds):
    """Sends each connection a byte at a time, until time is over or the server has ended them all."""
    deadline, open_ones, position = time.monotonic() + seconds, list(connections), 0
    while open_ones and time.monotonic() < deadline:
        for connection in list(open_ones):
            try:
                connection.send(content[position % len(content):][:1])
            except ConnectionError:
                open_ones.remove(connection)
        answered, _, _ = select.select([each for each in open_ones if each.fileno() < 1024], [], [], 0.1)
        for connection in answered:
            open_ones.remove(connection)
        position += 1
    return open_ones


def answered(connection, requests):
    """Sends them all while it reads, and returns how often 200 came until the other side ended or said nothing more."""
    number, rest, seen = 0, memoryview(requests), b""
    connection.setblocking(False)
    while True:
        readable, writable, _ = select.select([connection], [connection] if rest else [], [], 60)
        if writable:
            rest = rest[connection.send(rest[:65536]):]
        if readable:
            part = connection.recv(1 << 16)
            if not part:
                return number
            seen += part
            number += seen.count(OK)
            seen = seen[1 - len(OK):]  # where one may have begun
        elif not writable:
            return number


def refused_in_time(port, times, begin, drop, most_seconds):
    """What drips in behind `begin` is refused with 408 within so many seconds, on each connection."""
    began = time.monotonic()
    connections = [connect(port) for _ in range(times)]
    for connection in connections:
        connection.sendall(begin)
    left = drip(connections, drop, most_seconds)
    seconds = time.monotonic() - began
    answers = [everything(each)[:12] for each in connections if each not in left]
    wrong = [answer for answer in answers if answer != b"HTTP/1.1 408"]
    if left:
        wrong.append(f"{len(left)} had no answer after {seconds:.0f} s")
    for connection in connections:
        connection.close()
    return f"{times} connections, the last refused after {seconds:.0f} s", wrong


def slow_heads(port, times):
    """The server ends them 10 s after their first byte, however they drip."""
    return refused_in_time(port, times, b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-Slow: 1\r\n", 20)


def slow_bodies(port, times):
    """The server ends them after 30 s with less than 500 bytes of the body in each second."""
    head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{"
    return refused_in_time(port, times, head, b" ", 60)


def is_let_in(connection):
    """Whether the other side has taken all that was sent, and did not answer."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    unsent = array.array("i", [1])
    while unsent[0] > 0 and not poll.poll(10):
        fcntl.ioctl(connection, termios.TIOCOUTQ, unsent)
    return not poll.poll(500)


def large_bodies(port, times, room=256):
    """All but the end of 8 MiB: `room` MiB of them are let in, the others refused. Then the ends of the former come."""
    size, last = 8 << 20, 1 << 20
    body = b'{"value": "x"'.ljust(size - 1) + b"}"
    head = f"POST /echo/keep-connection HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
    refused, held = [], []
    for _ in range(times):
        connection = connect(port)
        send(connection, head.encode() + body[:-last])
        (held if is_let_in(connection) else refused).append(connection)
    answers = [everything(each)[:12] for each in refused]
    for connection in held:
        send(connection, body[-last:])
        answers.append(everything(connection)[:12])
    for connection in refused + held:
        connection.close()
    fit = min((room << 20) // (size - last), times)
    wrong = [] if fit - 1 <= len(held) <= fit else [f"{len(held)} were let in"]
    if answers != [b"HTTP/1.1 503"] * len(refused) + [OK] * len(held):
        wrong.append(str(answers))
    return f"{times} of 8 MiB, {len(held)} let in", wrong


def ended(connections, events):
    """How many of them the server has ended, or has one of these events for: see poll(2)."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, events)
    return len(poll.poll(0))


def idle(port, times, seconds=1):
    """They are all kept, and a hundred of them, spread over all, are served."""
    connections = [connect(port) for _ in range(times)]
    time.sleep(seconds)  # for the bystander to be measured
    gone = ended(connections, select.POLLIN | select.POLLRDHUP)
    wrong = [f"{gone} were ended"] if gone else []
    for connection in connections[::max(1, times // 100)] + connections[-1:]:
        connection.sendall(GET)
        answer = connection.recv(1 << 16)
        if not answer.startswith(OK):
            wrong.append(answer[:100])
    for connection in connections:
        connection.close()
    return f"{times} connections at a time", wrong


def reads(connection, most):
    """How many responses come to one who has not read until now, up to so many."""
    connection.settimeout(60)
    number, seen = 0, b""
    try:
        while number < most and (part := connection.recv(1 << 20)):
            seen += part
            number += seen.count(OK)
            seen = seen[1 - len(OK):]  # where one may have begun
    except OSError:
        pass  # it was given up
    return number


def deaf(port, times, calls=8000, patience=60):
    """Readers that never read: of responses, and of the events of all tasks. When more waits for one of the latter than the
    socket takes and the server keeps, there is nothing behind what the socket took but why that is all. The former are
    given up when they have stood still for so many seconds; before that, some of them come to read all of it."""
    wishes = {True: GET.replace(b"/function/definition/echo", b"/events"),
              False: GET.replace(b"/function/definition/echo", b"/openapi.json") * 500}
    readers, began = {True: [], False: []}, time.monotonic()
    for i in range(times):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port))
        connection.setblocking(False)
        hears_events = i % 4 == 0
        sent = connection.send(wishes[hears_events])
        readers[hears_events].append((connection, wishes[hears_events][:sent].count(b"\r\n\r\n")))
    with connect(port) as caller:
        wrong = [] if answered(caller, REQUEST * calls + LAST_GET) == calls + 1 else ["a call was not answered"]
    for connection, _ in readers[True]:
        connection.settimeout(10)
        end, part = b"", b"x"
        try:
            while part and not end.endswith(b"\r\n0\r\n\r\n"):
                end = (end + (part := connection.recv(1 << 16)))[-200:]
        except TimeoutError:
            pass
        if b"\nevent: dropped\n" not in end or not end.endswith(b"\r\n0\r\n\r\n"):
            wrong.append(end)
    gone, late = ended([connection for connection, _ in readers[False]], select.POLLRDHUP), readers[False][::50]
    is_kept = time.monotonic() - began < patience / 2
    if is_kept and gone:
        wrong.append(f"{gone} were ended early")
    for connection, asked in late if is_kept else []:
        if (unread := asked - reads(connection, asked)) > 0:
            wrong.append(f"one who read at last missed {unread} of {asked} answers")
    for connection, _ in readers[True] + readers[False]:
        reset(connection)
    became = f"{len(late)} of which read at last" if is_kept else f"{gone} of which were given up after {patience} s"
    return (f"{times} connections, {len(readers[True])} of them to be dropped by the stream of events,"
            f" {len(readers[False])} of responses, {became}"), wrong


def half_closed(port, times):
    """A client that sends no more gets its answer; one that never sent anything gets an end."""
    wrong = []
    for i in range(times):
        connection = connect(port)
        request = (REQUEST, b"", REQUEST[:40], GET * 3)[i % 4]
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = everything(connection)
        expected = (1, 0, 0, 3)[i % 4]
        if answer.count(b"HTTP/1.1 200") != expected:
            wrong.append((request[:40], answer[:200]))
        connection.close()
    return f"{times} connections", wrong


def ask(port, request):
    """The whole response to a request that says `Connection: close`."""
    with connect(port) as connection:
        connection.sendall(request)
        return everything(connection)


def post(target, fields=b""):
    """A request without a body, behind which the connection ends."""
    return b"POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%sContent-Length: 0\r\n\r\n" % (target, fields)


def event_readers(port, times, calls=200, patience=60):
    """Readers of the events of all tasks who keep up: each hears of each call."""
    connections = {}
    poll = select.poll()
    for _ in range(times):
        connection = connect(port)
        connection.sendall(GET.replace(b"/function/definition/echo", b"/events"))
        connection.setblocking(False)
        connections[connection.fileno()] = connection
        poll.register(connection, select.POLLIN)
    heard, rests = dict.fromkeys(connections, 0), dict.fromkeys(connections, b"")

    def listen():
        for number, _ in poll.poll(0):
            text = rests[number] + connections[number].recv(1 << 16)
            heard[number] += text.count(COMPLETED)
            rests[number] = text[1 - len(COMPLETED):]  # where one may have begun

    while not all(rests.values()):  # each is welcomed
        listen()
    wrong = []
    with connect(port) as caller:
        for _ in range(calls):
            caller.sendall(REQUEST)
            if not caller.recv(1 << 16).startswith(OK):
                wrong.append("a call was not answered")
            listen()
    deadline = time.monotonic() + patience
    while min(heard.values()) < calls and time.monotonic() < deadline:
        listen()
    if missed := sum(number < calls for number in heard.values()):
        wrong.append(f"{missed} missed some of {calls} calls")
    for connection in connections.values():
        reset(connection)
    return f"{times} readers of {calls} calls", wrong


def abandoned_waits(port, times):
    """Clients who wait for a task, and send no more: when they are as many as the server takes, they give way to others.
    Those who go are forgotten, so that there is room for others who wait."""
    task = re.search(rb"task/info/(\S+)", ask(port, post(b"/forever"))).group(1)
    wait = b"GET /task/wait/%s?timeout=300 HTTP/1.1\r\nHost: localhost\r\n\r\n" % task
    key = b"Idempotency-Key: %s\r\n" % task
    waits = [wait, post(b"/forever/keep-connection", key), post(b"/forever/keep-connection", b"Prefer: wait=300\r\n" + key)]
    connections, wrong = [], []
    for i in range(times):
        connections.append(connect(port))
        connections[-1].sendall(waits[i % len(waits)])
        connections[-1].shutdown(socket.SHUT_WR)
    if not ask(port, LAST_GET).startswith(OK):
        wrong.append("nobody else is served")
    for connection in connections:
        reset(connection)
    with connect(port) as last:
        last.sendall(wait)
        if not ask(port, post(b"/terminate/function/forever")).startswith(OK):
            wrong.append("the tasks cannot be terminated")
        if not (answer := last.recv(1 << 16)).startswith(OK):
            wrong.append(answer[:100])
    return f"{times} connections", wrong


def strangers(port, secret, times, size=8 << 20):
    """Clients without credentials announce large bodies and send the beginning: each is answered at once, while a caller
    with credentials has room for a body as large. If their beginnings were kept, 256 of them would take all of it."""
    wrong, connections = [], []
    for i in range(times):
        target, expected = ((b"POST /echo", b"401"), (b"GET /health/live", b"200"))[i % 2]
        connections.append(connect(port))
        send(connections[-1], b"%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (target, size) + b" " * (size // 8))
        answer = connections[-1].recv(1 << 16)
        if answer[9:12] != expected:
            wrong.append(answer[:100])
    body = b'{"value": "' + b"x" * (size - 13) + b'"}'
    answer = ask(port, b"POST /echo/keep-connection HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"
                 b"Content-Length: %d\r\n\r\n" % (secret.encode(), len(body)) + body)
    if not answer.startswith(OK):
        wrong.append(answer[:300])
    for connection in connections:
        connection.close()
    return f"{times} connections", wrong


def resets(port, times):
    for _ in range(times):
        for size in range(len(REQUEST) + 1):
            connection = connect(port)
            connection.sendall(REQUEST[:size])
            reset(connection)
    return f"{times} times at each of {len(REQUEST) + 1} bytes", []


def pipelined(port, times, depth=1000):
    wrong = []
    for _ in range(times):
        with connect(port) as connection:
            number = answered(connection, (GET + REQUEST) * (depth // 2) + LAST_GET)
        if number != depth + 1:
            wrong.append(f"{number} answers to {depth + 1} requests")
    return f"{times} times {depth + 1} requests", wrong


def many_fields(port, times):
    """Too many of them, too long ones, and ones without end."""
    floods = (b"".join(b"X-%d: y\r\n" % i for i in range(101)) + b"\r\n", b"X: " + b"y" * 17000 + b"\r\n\r\n",
              b"X: y\r\n" * 20000, b"y" * 100_000)
    wrong = []
    for i in range(times):
        connection = connect(port)
        send(connection, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + floods[i % len(floods)])
        answer = everything(connection)
        if not answer.startswith(b"HTTP/1.1 431"):
            wrong.append((i % len(floods), answer[:100]))
        connection.close()
    return f"{times} requests", wrong


def chunk_extensions(port, times):
    """A body of one-byte chunks with long extensions, an extension without end, and trailers without end."""
    head = b"POST /echo/keep-connection HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"1;" + b"e" * 4000 + b"\r\n \r\n"
    floods = (chunk * 500 + b"e;x\r\n" + b'{"value": "x"}' + b"\r\n0\r\n\r\n", b"1;" + b"e" * 4_000_000,
              b"1\r\n \r\n0\r\n" + b"X: y\r\n" * 100_000)
    wrong = []
    for i in range(times):
        connection = connect(port)
        send(connection, head + floods[i % len(floods)])
        answer = everything(connection)
        if not answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431")):
            wrong.append((i % len(floods), answer[:100]))
        connection.close()
    return f"{times} requests", wrong
