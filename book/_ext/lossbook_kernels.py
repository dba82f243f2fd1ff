"""Kernels that are forked from one process, which has imported what nearly every page imports.

To import torch, matplotlib and the package takes a kernel two or three seconds, and the book has more than fifty. Where
a process can be forked safely (Linux), one imports them, and each kernel is a copy of it; elsewhere each starts anew.
``python book/_ext/lossbook_kernels.py`` is that process: it reads a line of JSON for each kernel, and answers with the
number of its process. It ends when nobody writes to it any more.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from importlib import import_module
from typing import Any
from uuid import uuid4

import psutil
from jupyter_client.provisioning import LocalProvisioner
from nbclient import NotebookClient

CAN_FORK = sys.platform == "linux"
IMPORTED = ("ipykernel.kernelapp", "torch", "matplotlib.pyplot", "lossbook.widgets", "lossbook.diagnosis")
# a kernel sets it before it imports matplotlib, which is too late here
DRAWS = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


class Forked(psutil.Process):
    """A kernel's process, with what its manager asks of one that it has started itself."""

    stdin = stdout = stderr = None

    def poll(self) -> int | None:
        """None as long as it runs."""
        return None if self.is_running() and self.status() != psutil.STATUS_ZOMBIE else 0


class Nursery:
    """The process from which kernels are forked.

    Args:
        env: its environment and theirs.

    Raises:
        RuntimeError: by :meth:`fork`, if the process has ended, as where an import failed.
    """

    def __init__(self, env: dict[str, str]):
        command, pipe = [sys.executable, __file__], subprocess.PIPE
        self._process = subprocess.Popen(command, env=DRAWS | env, stdin=pipe, stdout=pipe, text=True)
        self._one_by_one = threading.Lock()

    def fork(self, argv: list[str], cwd: str) -> Forked:
        """A kernel that works in this folder, of this command line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._one_by_one, contextlib.suppress(BrokenPipeError):
            print(json.dumps({"argv": argv, "cwd": cwd}), file=self._process.stdin, flush=True)
            if told := self._process.stdout.readline():
                return Forked(int(told))
        raise RuntimeError(f"The process that kernels are copies of has ended, with code {self._process.wait()}.")

    def close(self) -> None:
        """End it; a kernel that still runs ends soon after."""
        self._process.communicate()


class Provisioner(LocalProvisioner):
    """Gives a manager its kernel, from the nursery."""

    nursery: Nursery

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        self.process = self.nursery.fork(cmd, kwargs["cwd"])
        self.pid = self.pgid = self.process.pid
        return self.connection_info


class Client(NotebookClient):
    """Executes a notebook in a forked kernel; in one of its own, if there is no nursery."""

    nursery: Nursery | None = None

    def create_kernel_manager(self) -> Any:
        manager = super().create_kernel_manager()
        if self.nursery is not None:
            made = Provisioner(kernel_id=str(uuid4()), kernel_spec=manager.kernel_spec, parent=manager)
            made.nursery, manager.provisioner = self.nursery, made
        return manager


def become_a_kernel(argv: list[str], cwd: str) -> None:
    """What the copy does: the rest of what a new process would have done."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ["JPY_PARENT_PID"] = str(os.getppid())  # with whom it ends
    os.chdir(cwd)
    del sys.path[0]  # the folder of this file
    sys.argv = argv[argv.index("ipykernel_launcher") :]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def main() -> None:
    """Import, and fork for each line."""
    for name in IMPORTED:
        import_module(name)
    gc.freeze()  # a search for garbage would copy the memory that all share
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel that has ended
    for line in sys.stdin:
        asked = json.loads(line)
        if (pid := os.fork()) == 0:
            become_a_kernel(**asked)
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
