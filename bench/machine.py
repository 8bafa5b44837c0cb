"""The machine in general terms: enough to compare, nothing that names it."""

from __future__ import annotations

import os
import platform

GIB = 1024**3


def described() -> str:
    """Return cores, memory, system and Python, as ``"2 cores, 24 GiB, Linux, Python 3.11"``."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    major, minor, _ = platform.python_version_tuple()
    return f"{cores} cores, {memory:.0f} GiB, {platform.system()}, Python {major}.{minor}"


def busy() -> str:
    """Say so where other programs kept the machine busy as well; empty otherwise."""
    load, cores = os.getloadavg()[1], len(os.sched_getaffinity(0))
    return (
        f" The machine was shared: load {load:.1f} on {cores} cores, so figures are high." if load > 1.5 * cores else ""
    )
