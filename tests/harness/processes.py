"""What /proc tells of processes: children, states, descriptors, and memory of either kind."""

import os
import signal
import time
from pathlib import Path

PATIENCE = 60  # seconds until what is waited for counts as not coming


def children(pid):
    """Child processes, those too that have ended and were not waited for."""
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    except OSError:
        pass  # it has just ended
    return found


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def state(pid):
    """As proc(5) has it: R, S, T, Z …; an empty text when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
    except OSError:
        return ""


def is_alive(pid):
    return state(pid) not in ("", "Z")


def family(mark):
    """All processes that have a text in the environment that they were started with, wherever they are."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass  # it has just ended, or is a zombie
    return [pid for pid in found if is_alive(pid)]


def threads_of(user):
    """How many there are in all processes of a user, which is what RLIMIT_NPROC counts."""
    count = 0
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.stat().st_uid == user:
                count += len(os.listdir(entry / "task"))
        except OSError:
            pass  # it has just ended
    return count


def zombies(pid):
    return sum(state(each) == "Z" for each in descendants(pid))


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def resident(pid):
    """MiB of memory that are the process's own; shared memory is counted by memfds()."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def memfds(pid):
    """The number of files in memory that a process has open, and the MiB that they hold together."""
    files = {}
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            link = f"/proc/{pid}/fd/{name}"
            if os.readlink(link).startswith("/memfd:"):
                status = os.stat(link)
                files[status.st_ino] = status.st_blocks * 512 / 2**20
    except OSError:
        pass
    return len(files), sum(files.values())


def send(pid, which):
    """false: there is no such process any more."""
    try:
        os.kill(pid, which)
        return True
    except ProcessLookupError:
        return False


def kill(pid):
    return send(pid, signal.SIGKILL)


def settles(expected, measure, patience=PATIENCE):
    """The figure that is measured, once it is what is expected, or else the last one."""
    deadline = time.monotonic() + patience
    while True:
        figure = measure()
        if figure == expected or time.monotonic() > deadline:
            return figure
        time.sleep(0.05)  # between two looks


def rests(measure, patience=PATIENCE):
    """The figure that is measured, once it has been the same for half a second."""
    deadline = time.monotonic() + patience
    figure, since = measure(), time.monotonic()
    while time.monotonic() < min(deadline, since + 0.5):
        time.sleep(0.05)  # between two looks
        if (now := measure()) != figure:
            figure, since = now, time.monotonic()
    return figure


def becomes(condition, patience=PATIENCE):
    return settles(True, lambda: bool(condition()), patience)


def steady(measure, times=5):
    """A figure once it stays what it is."""
    seen = [measure()]
    while len(seen) < 200 and seen[-times:] != [seen[-1]] * times:
        time.sleep(0.05)  # between two looks
        seen.append(measure())
    return seen[-1]
