"""What a client can do within a well-formed request. Each function tries so many times, and returns what was tried and
what is wrong."""

import http.client
import json

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


def cut_documents(port, times):
    """Every beginning of a document, and every byte of it replaced by each of some others."""
    document = b'{"value": {"a": [1, -2.5e3, "\\u00e9\\n", true, null], "b": {}}}'
    bodies = [document[:i] for i in range(len(document))]
    bodies += [document[:i] + bytes([byte]) + document[i + 1:] for i in range(len(document))
               for byte in (0, 0x22, 0x2c, 0x5b, 0x5c, 0x7b, 0x7f, 0x80, 0xff)]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    wrong = []
    for body in bodies * times:
        connection.request("POST", "/kind_of/keep-connection", body)
        response = connection.getresponse()
        answer = response.read()
        if response.status not in (200, 400):
            wrong.append((body, response.status, answer[:100]))
    connection.close()
    return f"{times} times {len(bodies)} bodies", wrong


def ranges(port, times):
    """Of a blob of 100,000 bytes; no answer is longer than that."""
    size = 100_000
    _, accepted = ask(port, "POST", "/reversed", b"x" * size, {"Content-Type": "image/png"})
    target = f"/task/result/{json.loads(accepted)['task_id']}"
    ask(port, "GET", target.replace("result", "wait"))
    huge = str(10**30)
    wishes = ("bytes=0-0", "bytes=-1", f"bytes=-{huge}", f"bytes={huge}-", f"bytes=0-{huge}", f"bytes={huge}-{huge}",
              "bytes=-0", "bytes=5-1", "bytes=", "bytes=-", "bytes=0-0" + ",0-0" * 1500, "bytes=" + "0-," * 1500,
              "bytes=0-99999" + ",0-99999" * 1000, "bytes=--1", "bytes=0x1-0x2", "bytes=+1-+2", "bytes= 1 - 2", "lines=1-2",
              "bytes=18446744073709551615-", "bytes=1-18446744073709551616", "bytes=0-0\t", "bytes=\xe9-1")
    wrong = []
    for _ in range(times):
        for wish in wishes:
            response, answer = ask(port, "GET", target, headers={"Range": wish.encode("latin-1")})
            if response.status not in (200, 206, 400, 416) or len(answer) > size:
                wrong.append(f"{wish[:40]}: {response.status} and {len(answer)} bytes")
    return f"{times} times {len(wishes)} wishes", wrong
