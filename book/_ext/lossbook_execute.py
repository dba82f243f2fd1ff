"""Execute pages in parallel, before Sphinx reads them; MyST-NB then finds every page in its cache.

Each page has a kernel of its own, and each kernel computes on one core: as many pages are executed at once as there
are cores. ``LOSSBOOK_JOBS=N`` executes N at once. A page that raises, or writes to stderr, fails alone.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from lossbook_kernels import CAN_FORK, Client, Nursery
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

LINES = 12  # of a traceback that are shown
COLOR = re.compile(r"\x1b\[[0-9;]*m")
THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"}  # unless the environment says otherwise
# glibc keeps what is freed for the next step; to give it back and ask anew takes a fifth of a convolutional training
MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**30)}


def jobs() -> int:
    """How many pages to execute at once: ``LOSSBOOK_JOBS``, else as many as there are cores for this process."""
    asked = os.environ.get("LOSSBOOK_JOBS", "")
    if not asked:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not asked.isdecimal() or int(asked) < 1:
        raise ValueError(f"LOSSBOOK_JOBS must be a positive integer, got {asked!r}.")
    return int(asked)


def environment() -> dict[str, str]:
    """Of every kernel."""
    return {**THREADS, **MEMORY, **os.environ}


@dataclass
class Page:
    """A page with code: executed, it holds its outputs and what they cost.

    Args:
        name: as in ``_toc.yml``.
        path: its file; the kernel works in the file's folder.
        notebook: its cells.
    """

    name: str
    path: Path
    notebook: Any
    wall: float = 0.0  # s
    cpu: float = 0.0  # s, of the kernel and its children
    failure: str = ""  # why it failed; empty if it did not
    _started: int = field(default=0, repr=False)  # code cells
    _kernel: psutil.Process | None = field(default=None, repr=False)

    def execute(self, timeout: int, nursery: Nursery | None = None) -> Page:
        """Run every cell in a new kernel, each for at most ``timeout`` seconds."""
        began = time.perf_counter()
        client: Client
        with tempfile.TemporaryDirectory(prefix="kernel") as folder:
            settings = {"connection_file": f"{folder}/k.json"}
            if os.name == "posix":  # sockets in the folder: no other user can listen, no two kernels want one port
                settings["transport"] = "ipc"
            client = Client(
                self.notebook,
                timeout=timeout,
                shutdown_kernel="immediate",  # nothing is left to be done, and a polite end takes a second or two
                record_timing=False,  # it would stand in the cells' metadata, which the cache's key is made of
                config=Config(KernelManager=settings),
                on_notebook_start=lambda **_: self._begin(client),
                on_cell_execute=self._count,
                on_cell_executed=self._measure,
            )
            client.nursery = nursery
            try:
                client.execute(cwd=str(self.path.parent), env=environment())
                self.failure = self._stderr()
            except Exception as error:  # whatever it is, it costs this page alone
                self.failure = self._told(error)
        self.wall = time.perf_counter() - began
        return self

    def stop(self) -> None:
        """End its kernel at once."""
        if self._kernel is not None and self._kernel.is_running():
            self._kernel.kill()

    def _begin(self, client: Client) -> None:
        self._kernel = psutil.Process(client.km.provisioner.pid)  # type: ignore[union-attr]

    def _count(self, **_: Any) -> None:
        self._started += 1

    def _measure(self, **_: Any) -> None:
        assert self._kernel is not None
        spent = [one.cpu_times() for one in (self._kernel, *self._kernel.children(recursive=True))]
        self.cpu = sum(one.user + one.system for one in spent)

    def _stderr(self) -> str:
        for number, output in self._outputs():
            if output.get("name") == "stderr":
                return f"code cell {number} wrote to stderr:\n{_last(output.text)}"
        return ""

    def _told(self, error: Exception) -> str:
        if not isinstance(error, CellExecutionError):  # too slow, or the kernel died
            said = (str(error).splitlines() or ["no message"])[0]
            return f"code cell {self._started} ended with {type(error).__name__}: {said}"
        *_, raised = (output for _, output in self._outputs() if output.output_type == "error")
        return f"code cell {self._started} raised {error.ename}:\n{_last(*raised.traceback)}"

    def _outputs(self) -> Iterator[tuple[int, Any]]:
        """Every output, with the number of its code cell, counted from 1."""
        for number, cell in enumerate((cell for cell in self.notebook.cells if cell.cell_type == "code"), 1):
            yield from ((number, output) for output in cell.outputs)


def _last(*text: str) -> str:
    lines = [line for line in COLOR.sub("", "\n".join(text)).splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-LINES:])


def execute_all(pages: list[Page], timeout: int) -> Iterator[Page]:
    """Execute pages in parallel, begun in their order; each is given back when it is done."""
    pool, nursery = ThreadPoolExecutor(jobs()), Nursery(environment()) if CAN_FORK else None
    try:
        for done in as_completed([pool.submit(page.execute, timeout, nursery) for page in pages]):
            yield done.result()
    finally:  # interrupted, there may be pages that wait, and pages that run
        pool.shutdown(wait=False, cancel_futures=True)
        for page in pages:
            page.stop()
        if nursery is not None:
            nursery.close()
