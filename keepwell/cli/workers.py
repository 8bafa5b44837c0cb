"""The workers beside a server: started with it, started again when they die, stopped with it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

log = logging.getLogger("keepwell.serve")
LOOK_EVERY = 0.5  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before one that died is started again; doubles while it keeps dying
STEADY = 60.0  # seconds after which a worker counts as one that runs
PATIENCE = 30.0  # seconds a worker has to end its job


class Workers:
    """Worker processes as a context: ``with Workers(data, 2): …``."""

    def __init__(self, data: Path, count: int) -> None:
        self._command = [sys.executable, "-m", "keepwell", "work", "--data", str(data), "--beside", str(os.getpid())]
        self._environment = {**os.environ, "KEEPWELL_DATA": str(data)}
        self._running = [self._start() for _ in range(count)]
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="workers", daemon=True)

    @property
    def processes(self) -> list[int]:
        """Ids of the processes that run now."""
        return [worker.pid for worker, _since, _pause in self._running if worker.poll() is None]

    def __enter__(self) -> Workers:
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._watcher.join()
        for worker, _since, _pause in self._running:
            worker.terminate()
        until = time.monotonic() + PATIENCE
        for worker, _since, _pause in self._running:
            try:
                worker.wait(timeout=max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()  # its job's lease runs out, and another worker takes the job
                worker.wait()

    def _start(self, pause: float = FIRST_PAUSE) -> tuple[subprocess.Popen[bytes], float, float]:
        return subprocess.Popen(self._command, env=self._environment), time.monotonic(), pause  # noqa: S603 — our own

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            for place, (worker, since, pause) in enumerate(self._running):
                if worker.poll() is None:
                    continue
                pause = FIRST_PAUSE if time.monotonic() - since > STEADY else pause
                log.warning("A worker ended with code %s; starting another in %.0f s", worker.returncode, pause)
                if self._stop.wait(pause):
                    return
                self._running[place] = self._start(min(2 * pause, LONGEST_PAUSE))
