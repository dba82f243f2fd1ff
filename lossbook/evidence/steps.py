"""Who hears of the steps of every optimiser of torch in a thread, given or not."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import optimizer as torchs
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

Heard = Callable[[Any, Any, Any], None]  # optimizer, args, kwargs

LISTENERS: dict[int, list[tuple[Heard, Heard]]] = {}  #: by thread
LOCK = threading.Lock()
HANDLES: list[Any] = []  # of torch's two hooks, while anybody listens
PATIENCE = 100  #: times a thousandth of a second


def listen(before: Heard, after: Heard) -> Callable[[], None]:
    """Call both at each step in this thread.

    Returns:
        the function that ends it, in whichever thread.
    """
    pair = before, after
    with LOCK:  # else another thread that ends may take the list away while it is still empty
        mine = LISTENERS.setdefault(threading.get_ident(), [])
        mine.append(pair)
        if not HANDLES:
            _when_nobody_steps(_register)

    def end() -> None:
        with LOCK:
            mine.remove(pair)
            for thread in [thread for thread, pairs in LISTENERS.items() if not pairs]:
                del LISTENERS[thread]
            if not LISTENERS:
                _when_nobody_steps(_remove)

    return end


def _register() -> None:
    HANDLES.append(register_optimizer_step_pre_hook(_before))
    HANDLES.append(register_optimizer_step_post_hook(_after))


def _remove() -> None:
    while HANDLES:
        HANDLES.pop().remove()


def _before(optimizer: Any, args: Any, kwargs: Any) -> None:
    if torch.compiler.is_compiling():  # nothing here can be compiled, and torch would warn
        return
    for before, _ in LISTENERS.get(threading.get_ident(), ()):
        before(optimizer, args, kwargs)


def _after(optimizer: Any, args: Any, kwargs: Any) -> None:
    if torch.compiler.is_compiling():
        return
    for _, after in LISTENERS.get(threading.get_ident(), ()):
        after(optimizer, args, kwargs)


def _when_nobody_steps(change: Callable[[], None]) -> None:
    """Change torch's tables of hooks when no other thread goes through them: its step would raise.

    After a while without such a moment, hooks are left where they are: those that nobody listens to do nothing.
    """
    for _ in range(PATIENCE):
        time.sleep(0)  # a new slice of time, in which no other thread takes a turn
        own = threading.get_ident()
        if not any([_is_among_hooks(frame) for thread, frame in sys._current_frames().items() if thread != own]):
            change()
            return
        time.sleep(0.001)
    if not HANDLES:
        change()


def _is_among_hooks(frame: Any) -> bool:
    """In the function that torch puts around each step, and not within the step itself."""
    within = ""
    while frame is not None:
        if frame.f_code.co_name == "wrapper" and frame.f_code.co_filename == torchs.__file__:
            return f"{os.sep}torch{os.sep}" not in within
        within, frame = frame.f_code.co_filename, frame.f_back
    return False
