"""Programs that run for a measurement, and end with it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measuring import Unmeasurable

BUILD = Path("build/benchmark").resolve()


@dataclass
class Server:
    url: str
    process: subprocess.Popen

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def ask(self, path, body=None, expected=None):
        """One request, whose answer must be the expected one."""
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=600) as response:
                answer = response.read()
        except (OSError, urllib.error.HTTPError) as failure:
            raise Unmeasurable(f"{path}: {failure}") from failure
        if expected is not None and answer != expected:
            raise Unmeasurable(f"{path}: answered {answer[:100]!r}, expected {expected[:100]!r}")
        return answer


@contextmanager
def started(command, **options):
    """Runs the command, and ends it together with its processes."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired as failure:
            raise Unmeasurable(f"{process.args[0]} does not end") from failure
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


@contextmanager
def announced(command):
    """A server that prints where it listens."""
    with started(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        if not line.startswith("listening on "):
            raise Unmeasurable(f"{command[0]} does not listen")
        yield Server(line.removeprefix("listening on ").strip(), process)


def ours(*flags, under=()):
    """Our server, with its flags; `under` is a program that runs it."""
    return announced([*under, BUILD / "server", *flags])


def ours_static():
    """Our server linked with -static-pie: a process of it has a third of the mappings."""
    return announced([BUILD / "server-static"])


def cpp_httplib():
    return announced([BUILD / "http_peer"])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_until(condition, process):
    deadline = time.monotonic() + 20
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Unmeasurable(f"{process.args[0]} does not listen")
        time.sleep(0.01)


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@contextmanager
def scratch():
    path = Path(tempfile.mkdtemp(prefix="benchmark."))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@contextmanager
def listening(command, port):
    """A server that does not say when it listens at the port."""
    with started(command, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: accepts(port), process)
        yield Server(f"http://127.0.0.1:{port}", process)


@contextmanager
def lighttpd():
    with scratch() as folder:
        port = free_port()
        shutil.copy(BUILD / "addition.cgi", folder)
        configuration = folder / "lighttpd.conf"
        configuration.write_text(f"""
            server.modules = ("mod_cgi")
            server.bind = "127.0.0.1"
            server.port = {port}
            server.document-root = "{folder}"
            server.errorlog = "{folder}/errors"
            server.max-keep-alive-requests = 65535
            cgi.assign = (".cgi" => "")
            """)
        with listening(["lighttpd", "-D", "-f", configuration], port) as server:
            yield server


@contextmanager
def nginx():
    """Answers `/zero` itself, and has four of fcgiwrap's processes run `/addition.cgi`."""
    with scratch() as folder:
        port = free_port()
        wrapper = folder / "fcgiwrap"
        configuration = folder / "nginx.conf"
        paths = "\n".join(f"{module}_temp_path {folder}/{module};"
                          for module in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration.write_text(f"""
            daemon off;
            {"user root root;" if os.geteuid() == 0 else ""}
            worker_processes auto;
            pid {folder}/pid;
            events {{ }}
            http {{
                access_log off;
                keepalive_requests 1000000000;
                default_type application/json;
                {paths}
                server {{
                    listen 127.0.0.1:{port};
                    location = /zero {{ return 200 0; }}
                    location = /addition.cgi {{
                        fastcgi_pass unix:{wrapper};
                        fastcgi_param SCRIPT_FILENAME {BUILD}/addition.cgi;
                        fastcgi_param QUERY_STRING $query_string;
                        fastcgi_param REQUEST_METHOD $request_method;
                    }}
                }}
            }}
            """)
        with started(["fcgiwrap", "-c", "4", "-s", f"unix:{wrapper}"],
                     stderr=subprocess.DEVNULL) as process:
            wait_until(wrapper.exists, process)
            command = ["nginx", "-e", folder / "errors", "-c", configuration]
            with listening(command, port) as server:
                yield server
