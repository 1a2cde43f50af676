"""What a compilation costs: processor time and peak memory of the compiler."""

import os
import subprocess

from measuring import Unmeasurable
from processes import BUILD, scratch


def cost(source, package, *flags):
    """With the flags of a package of ours: "compiled" or "header_only"."""
    with scratch() as folder:
        package_flags = (BUILD / f"{package}_flags").read_text().split()
        compiler = subprocess.Popen(["g++", "-std=c++20", "-O2", *flags, *package_flags,
                                     "-c", source, "-o", folder / "object"],
                                    env=os.environ | {"CCACHE_DISABLE": "1"})
        _, status, used = os.wait4(compiler.pid, 0)
        compiler.returncode = os.waitstatus_to_exitcode(status)
    if compiler.returncode != 0:
        raise Unmeasurable(f"{source} does not compile")
    return {"processor seconds": used.ru_utime + used.ru_stime, "peak MiB": used.ru_maxrss / 1024}
