"""A worker: claims jobs one after the other, keeps their lease while they run, and survives whatever they raise."""

from __future__ import annotations

import logging
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, close_old_connections

from keepwell.vocabulary.errors import InputError, KeepwellError
from keepwell.web.work import actions
from keepwell.web.work.models import Job

log = logging.getLogger("keepwell.work")
SAY_EVERY = 0.5  # seconds between two words of progress in the database


@dataclass
class Task:
    """What a job's handler is given: its arguments, and a way to say how far it is."""

    job: Job
    worker: str
    _said_at: float = field(default=0.0, repr=False)

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The job's arguments."""
        return dict(self.job.arguments)

    def tell(self, stage: str, fraction: float) -> None:
        """Say what is being done and how much of it is, in [0, 1]; cheap enough for an inner loop.

        Raises:
            StoppedError: the job should end now.

        """
        now = time.monotonic()
        if now - self._said_at < SAY_EVERY and fraction < 1:
            return
        self._said_at = now
        actions.keep(self.job, self.worker, fraction, stage)


Handler = Callable[[Task], Mapping[str, Any] | None]


def work(handlers: Mapping[str, Handler], stop: threading.Event, *, pause: float = 0.5, once: bool = False) -> int:
    """Do jobs until ``stop`` is set; return how many were done.

    Args:
        handlers: what does a job of which name.
        stop: set to end after the present job.
        pause: seconds to wait when there is nothing to do.
        once: end when there is nothing to do.

    """
    worker = f"{platform.node()}:{os.getpid()}:{secrets.token_hex(3)}"
    done = 0
    while not stop.is_set():
        close_old_connections()
        try:
            actions.ask_scheduled()
            job = actions.claim(worker, handlers.keys())
        except DatabaseError:
            log.exception("The database does not answer; trying again")
            stop.wait(5 * pause)
            continue
        if job is None:
            if once:
                break
            stop.wait(pause)
            continue
        _run(handlers[job.name], Task(job, worker))
        done += 1
    return done


def _run(handler: Handler, task: Task) -> None:
    job, worker = task.job, task.worker
    ended = threading.Event()
    keeper = threading.Thread(target=_keep_lease, args=(job, worker, ended), daemon=True)
    keeper.start()
    started = time.monotonic()
    try:
        result = handler(task)
    except actions.StoppedError:
        actions.stopped(job, worker)
        log.info("%s was stopped", job)
    except KeepwellError as error:
        actions.fail(job, worker, str(error), for_good=isinstance(error, InputError))
        log.warning("%s: %s", job, error)
    except Exception:
        log.exception("%s failed", job)
        actions.fail(job, worker, "Something broke; the log says what.", for_good=False)
    else:
        actions.finish(job, worker, result)
        log.info("%s done in %.1f s", job, time.monotonic() - started)
    finally:
        ended.set()
        keeper.join()


def _keep_lease(job: Job, worker: str, ended: threading.Event) -> None:
    """Renew the lease beside a handler that is silent for long."""
    while not ended.wait(actions.LEASE.total_seconds() / 4):
        try:
            actions.keep(job, worker)
        except actions.StoppedError:
            return  # the handler learns of it at its next word
        except DatabaseError:
            log.warning("The lease of %s could not be renewed; trying again", job)
        finally:
            close_old_connections()
    close_old_connections()
