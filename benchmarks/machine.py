"""The machine that measures, and what a process may use of it."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def allow_many_files() -> None:
    """Raise the limit of open files as far as it goes; a thousand streams need more than the usual."""
    import resource  # not on Windows, where the tests of the benchmarks are still collected

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def resident() -> int:
    """The memory that this process holds, in bytes."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    # Elsewhere, the most that it ever held; macOS counts it in bytes, others in KiB.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def cpu_of_children() -> float:
    """Seconds of CPU that the ended children of this process took."""
    import resource

    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime


def described() -> dict[str, str]:
    """What one must know of the machine to read its figures."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
