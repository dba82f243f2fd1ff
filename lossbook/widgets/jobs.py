"""One job at a time, in a thread of its own, so that the page never hangs; the reader can stop it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

Stop = threading.Event
Work = Callable[[Stop], None]  #: what a job does; it ends soon after the event is set


class Jobs:
    """Starts jobs, of which one runs at a time.

    >>> jobs, done = Jobs(), []
    >>> jobs.start(lambda stop: done.append(stop.is_set()))
    True
    >>> jobs.wait()
    >>> done
    [False]
    """

    def __init__(self) -> None:
        self._gives_way = True
        self._last: list[tuple[Stop, threading.Thread]] = []  # the last job: what stops it, and its thread
        weakref.finalize(self, end, self._last)

    def start(self, work: Work, *, gives_way: bool = False) -> bool:
        """Do it; whether it was begun. It is refused while a job runs that does not give way to others.

        Args:
            work: called in a thread of its own, with what stops it; whatever goes on is stopped first.
            gives_way: whether the next job may stop this one.
        """
        if not self._gives_way and not gives_way and self._last[0][1].is_alive():
            return False
        self._gives_way, before, stop = gives_way, [thread for _, thread in self._last], Stop()
        self.stop()

        def do() -> None:
            for thread in before:
                thread.join()
            work(stop)

        self._last[:] = [(stop, threading.Thread(target=do, daemon=True))]
        self._last[0][1].start()
        return True

    def stop(self) -> None:
        """Tell what runs to end."""
        for stop, _ in self._last:
            stop.set()

    def wait(self) -> None:
        """Return when nothing runs any more."""
        for _, thread in list(self._last):
            thread.join()


def end(jobs: list[tuple[Stop, threading.Thread]]) -> None:
    """Stop them and wait: torch must not be at work in a thread while Python itself ends."""
    for stop, thread in jobs:
        stop.set()
        if thread is not threading.current_thread():
            thread.join(timeout=30)
