"""What a client can do within a well-formed request. Each function tries so many times, and returns what was tried and
what is wrong."""

import http.client
import json
import random

LEVELS = 100_000
MOST = 8 << 20  # bytes of a body that the server takes

# What is posted, to which function, and the status of the answer.
BOMBS = {
    "100,000 levels of arrays": (b"[" * LEVELS + b"]" * LEVELS, "echo", 400),
    "100,000 levels in an argument": (b'{"value": ' + b"[" * LEVELS + b"]" * LEVELS + b"}", "echo", 400),
    "100,000 levels where anything is taken": (b'{"value": ' + b"[" * LEVELS + b"]" * LEVELS + b"}", "kind_of", 400),
    "100,000 levels of objects": (b'{"value": ' + b'{"a":' * LEVELS + b"1" + b"}" * LEVELS + b"}", "kind_of", 400),
    "8 MiB of [": (b"[" * MOST, "echo", 400),
    "8 MiB of [ in an argument": (b'{"value": ' + b"[" * (MOST - 10), "kind_of", 400),
    "8 MiB of {": (b"{" * MOST, "echo", 400),
    "a million members": (b"{" + b'"a":1,' * 1_000_000 + b'"value": "x"}', "echo", 400),
    "a number of a million digits": (b'{"number": ' + b"9" * 1_000_000 + b"}", "once", 400),
    "1e999999999": (b'{"number": 1e999999999}', "once", 400),
    "-1e-999999999 where anything is taken": (b'{"value": -1e-999999999}', "kind_of", 200),
    "hundreds of digits and a large exponent": (b'{"value": ' + b"1" * 300 + b"e308}", "kind_of", 400),
    "2^64": (b'{"number": 18446744073709551616}', "once", 400),
    "a million zeros before the first digit": (b'{"value": 0.' + b"0" * 1_000_000 + b"1}", "kind_of", 200),
    "an argument twice": (b'{"value": "a", "value": "b"}', "echo", 400),
    "invalid UTF-8": (b'{"value": "\xff\xfe"}', "echo", 400),
    "overlong UTF-8": (b'{"value": "\xc0\xaf"}', "echo", 400),
    "a surrogate in UTF-8": (b'{"value": "\xed\xa0\x80"}', "echo", 400),
    "a lone high surrogate": (b'{"value": "\\ud800"}', "echo", 400),
    "a lone low surrogate": (b'{"value": "\\udc00"}', "echo", 400),
    "two high surrogates": (b'{"value": "\\ud800\\ud800"}', "echo", 400),
    "a NUL": (b'{"value": "a\0b"}', "echo", 400),
    "a NUL behind the text": (b'{"value": "a"}\0', "echo", 400),
    "an escaped NUL": (b'{"value": "a\\u0000b"}', "echo", 200),
    "NaN": (b'{"value": NaN}', "kind_of", 400),
    "a text of 8 MB": (b'{"value": "' + b"x" * (MOST - 20) + b'"}', "echo", 200),
}


def ask(port, method, target, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def forms(port, times):
    """Forms of as many fields as the bytes of a body can be."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    wrong = []
    for i in range(times):
        body = (b"a&" * (MOST // 2), b"value=x&" * 10_001, b"&" * MOST)[i % 3]
        response, answer = ask(port, "POST", "/echo/keep-connection", body, form)
        if response.status != (413, 413, 400)[i % 3]:
            wrong.append(f"{i % 3}: {response.status} {answer[:100]}")
    return f"{times} forms of up to 8 MiB", wrong


def json_bombs(port, times):
    wrong = []
    for _ in range(times):
        for name, (body, function, expected) in BOMBS.items():
            response, answer = ask(port, "POST", f"/{function}/keep-connection", body)
            if response.status != expected:
                wrong.append(f"{name}: {response.status} {answer[:100]}")
            elif expected == 400 and len(answer) > 100_000:
                wrong.append(f"{name}: a refusal of {len(answer)} bytes")
    return f"{times} times {len(BOMBS)} bodies", wrong


def refuse(constant):
    raise ValueError(f"{constant} is not JSON")


def strictly_read(body):
    """What kind_of says of the argument, as a strict reader of JSON finds it; None when the body is no call of it."""
    try:
        arguments = json.loads(body.decode(), parse_constant=refuse, object_pairs_hook=tuple)
    except ValueError:
        return None
    if not isinstance(arguments, tuple) or [name for name, _ in arguments] != ["value"]:
        return None
    return {tuple: "object", list: "array"}.get(type(arguments[0][1]), "scalar")


def cut_documents(port, times):
    """Every beginning of a document, and every byte of it replaced by each of some others."""
    document = b'{"value": {"a": [1, -2.5e3, "\\u00e9\\n", true, null], "b": {}}}'
    bodies = [document[:i] for i in range(len(document))]
    bodies += [document[:i] + bytes([byte]) + document[i + 1:] for i in range(len(document))
               for byte in b'\0 ",-01:[\\]b{}\x7f\x80\xff']
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    wrong, taken = [], 0
    for body in bodies * times:
        connection.request("POST", "/kind_of/keep-connection", body)
        response = connection.getresponse()
        answer, expected = response.read(), strictly_read(body)
        taken += expected is not None
        if response.status != (400 if expected is None else 200) or expected and json.loads(answer) != expected:
            wrong.append((body, response.status, answer[:100]))
    connection.close()
    return f"{times} times {len(bodies)} bodies, of which {taken // times} are a call", wrong


SIZE = 100_000  # bytes of a blob
HUGE = str(10**30)

# What is wished for of it: the first and the last byte, None for none of them, and ALL where the wish is none that is
# known, or several.
ALL = (0, SIZE)
WISHES = {
    "bytes=0-0": (0, 0),
    "bytes=-1": (SIZE - 1, SIZE - 1),
    f"bytes=-{HUGE}": (0, SIZE - 1),
    f"bytes={HUGE}-": None,
    f"bytes=0-{HUGE}": (0, SIZE - 1),
    f"bytes={HUGE}-{HUGE}": None,
    "bytes=5-10": (5, 10),
    f"bytes={SIZE - 1}-": (SIZE - 1, SIZE - 1),
    f"bytes={SIZE}-": None,
    "bytes=-0": None,
    "bytes=5-1": ALL,
    "bytes=": ALL,
    "bytes=-": ALL,
    "bytes=0-0" + ",0-0" * 1500: ALL,
    "bytes=" + "0-," * 1500: ALL,
    "bytes=0-99999" + ",0-99999" * 1000: ALL,
    "bytes=--1": ALL,
    "bytes=0x1-0x2": ALL,
    "bytes=+1-+2": ALL,
    "bytes= 1 - 2": ALL,
    "lines=1-2": ALL,
    "bytes=18446744073709551615-": None,
    "bytes=1-18446744073709551616": (1, SIZE - 1),
    "bytes=0-0\t": (0, 0),
    "bytes=\xe9-1": ALL,
}


def expected_of(wish, content):
    """Status, Content-Range and bytes."""
    if wish is None:
        return 416, f"bytes */{SIZE}", None
    if wish == ALL:
        return 200, None, content
    first, last = wish
    return 206, f"bytes {first}-{last}/{SIZE}", content[first:last + 1]


def ranges(port, times):
    content = random.Random(SIZE).randbytes(SIZE)
    _, accepted = ask(port, "POST", "/reversed", content[::-1], {"Content-Type": "image/png"})
    target = f"/task/result/{json.loads(accepted)['task_id']}"
    ask(port, "GET", target.replace("result", "wait"))
    wrong = []
    for _ in range(times):
        for field, wish in WISHES.items():
            response, answer = ask(port, "GET", target, headers={"Range": field.encode("latin-1")})
            status, part, body = expected_of(wish, content)
            is_right = (response.status, response.getheader("Content-Range")) == (status, part)
            if not is_right or body is not None and answer != body:
                wrong.append(f"{field[:40]}: {response.status} {response.getheader('Content-Range')}, {len(answer)} bytes")
    return f"{times} times {len(WISHES)} wishes", wrong
