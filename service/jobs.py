"""Long work behind a page: one job for each event at a time, with progress, that can be stopped.

Jobs live in this process. What they make is kept in the store when they end, so a server that
stops in the middle leaves the old state.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from matcher.errors import GreenMatchError, InvalidRequest
from matcher.progress import Progress

UNEXPECTED = "뜻하지 않은 오류가 났습니다. 담당자에게 알리십시오."
PATIENCE = 10.0
"""Seconds that a server that stops waits for each job."""
Work = Callable[[Progress, threading.Event], object]


@dataclass(slots=True)
class Job:
    """One piece of work; seconds: how long it may take; error: a sentence where it failed."""

    name: str
    seconds: float
    begun: float = field(default_factory=time.monotonic)
    what: str = ""
    error: str = ""
    is_done: bool = False
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def share(self) -> float:
        """How much of the time has gone, 0..1."""
        return min(1.0, (time.monotonic() - self.begun) / max(self.seconds, 0.1))


class Jobs:
    """The jobs of one process; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._threads: dict[str, threading.Thread] = {}

    def start(self, key: str, name: str, seconds: float, work: Work) -> Job:
        """Begin work for `key`; raises InvalidRequest where some is still going on."""
        with self._lock:
            present = self._jobs.get(key)
            if present is not None and not present.is_done:
                raise InvalidRequest(
                    "같은 일을 이미 하는 중입니다. 끝나거나 멈춘 뒤에 다시 하십시오.",
                    field="event_id",
                )
            job = Job(name, seconds)
            thread = threading.Thread(target=self._run, args=(job, work), daemon=True)
            self._jobs[key], self._threads[key] = job, thread
            thread.start()
            return job

    def get(self, key: str) -> Job | None:
        """Return the job for `key`, going on or just ended; None where there is none."""
        with self._lock:
            return self._jobs.get(key)

    def forget(self, key: str) -> None:
        """Forget a job that has ended."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and job.is_done:
                self._jobs.pop(key)
                self._threads.pop(key)

    def wait(self) -> None:
        """Ask every job to end and wait a while; one that goes on ends with the process, keeping nothing."""
        with self._lock:
            threads = list(self._threads.values())
            for job in self._jobs.values():
                job.stop.set()
        for thread in threads:
            thread.join(PATIENCE)

    @staticmethod
    def _run(job: Job, work: Work) -> None:
        def progress(what: str, done: int, total: int) -> None:
            job.what = what

        job.error = UNEXPECTED  # unless the work ends well or says what is wrong
        try:
            work(progress, job.stop)
            job.error = ""
        except GreenMatchError as error:
            job.error = error.sentence
        finally:
            job.is_done = True
