"""One step of a benchmark in a process of its own: ``python -m bench.child`` with a JSON order on standard input.

The process imports only what its step imports, so that its peak memory is the step's alone; the figures come back as
the last line of standard output.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.benchmark import Task, load


def main() -> None:
    order = json.load(sys.stdin)
    print("\n" + json.dumps(STEPS[order["step"]](order)))


def _prepare(order: dict[str, Any]) -> dict[str, Any]:
    return {"source": str(load(order["function"])(order["rows"], Path(order["folder"])))}


def _run(order: dict[str, Any]) -> dict[str, Any]:
    function = load(order["function"])
    task = Task(order["rows"], Path(order["source"]), Path(order["results"]), order["memory"])
    gc.collect()
    begin = time.perf_counter()
    figures = function(task) or {}
    return {"seconds": time.perf_counter() - begin, **figures}


def _compare(order: dict[str, Any]) -> dict[str, Any]:
    return {"differences": load(order["function"])([Path(folder) for folder in order["results"]])}


STEPS = {"prepare": _prepare, "run": _run, "compare": _compare}

if __name__ == "__main__":
    main()
