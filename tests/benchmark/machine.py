"""The machine that measures, and the versions of what is measured on it."""

import os
import platform
import re
import resource
import subprocess
from datetime import date
from pathlib import Path

PACKAGES = ["g++", "libasio-dev", "rapidjson-dev", "node-llhttp", "lighttpd", "nginx-light",
            "fcgiwrap", "libcpp-httplib-dev", "wrk"]


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class Neighbours:
    """How much of the processors others have used since now: a table of a busy machine shows who
    competes better for it, and not what a call costs."""

    def __init__(self):
        self.start = self.seconds()

    def share(self):
        elapsed, theirs = (now - then for now, then in zip(self.seconds(), self.start))
        return max(0.0, theirs / elapsed)

    @staticmethod
    def seconds():
        """Those of all processors so far, and those in which others than we have used them."""
        ticks = os.sysconf("SC_CLK_TCK")
        times = [int(field) / ticks for field in Path("/proc/stat").read_text().split()[1:9]]
        user, nice, system = times[:3]
        ours = sum(sum(resource.getrusage(who)[:2])
                   for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(times), user + nice + system - ours


def memory():
    kilobytes = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]
    return f"{int(kilobytes) / 2**20:.0f} GiB of memory"


def description():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    versions = output("dpkg-query", "--show", "--showformat=${Package} ${Version}, ", *PACKAGES)
    return {
        "date": date.today().isoformat(),
        "revision": output("git", "describe", "--always", "--dirty"),
        "machine": f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {memory()}",
        "kernel": f"{platform.system()} {platform.release()}",
        "compiler": output("g++", "--version").splitlines()[0] + ", -O2",
        "packages": versions.rstrip(", "),
    }
