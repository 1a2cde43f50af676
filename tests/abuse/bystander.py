"""A legitimate client beside an abuse: calls a function again and again on one connection until its standard input ends,
and then prints the median and the greatest time of an answer in microseconds, and how many there were.

A process of its own, so that what measures is not busy with the abuse.
"""

import http.client
import sys
import threading
import time
from statistics import median


def main(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    is_over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), is_over.set()), daemon=True).start()
    times = []
    while not is_over.is_set():
        before = time.perf_counter_ns()
        connection.request("POST", "/echo/keep-connection", b'{"value": "x"}')
        response = connection.getresponse()
        answer = response.status, response.read()
        if answer != (200, b'"x"'):
            sys.exit(f"was answered {answer}")
        times.append((time.perf_counter_ns() - before) / 1000)
        if len(times) == 1:
            print("answered", flush=True)
        time.sleep(0.001)  # a client among others, and no load of its own
    print(round(median(times)), round(max(times)), len(times), flush=True)


main(int(sys.argv[1]))
