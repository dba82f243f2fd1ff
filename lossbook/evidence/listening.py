"""The hooks and the mode by which a watch hears what happens in a loop."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.overrides import TorchFunctionMode, _get_current_function_mode, _pop_mode, _push_mode

from lossbook.evidence.direct import hear
from lossbook.evidence.functional import is_within_grad
from lossbook.evidence.hooks import hook
from lossbook.evidence.recorder import Recorder
from lossbook.evidence.snapshot import parts, roots
from lossbook.evidence.steps import listen


class Listener:
    """Hands a recorder what happens in this thread, until :meth:`end`.

    Args:
        recorder: who writes it down.
        loss_fn: the reader's loss, if there is one.
        met: called with each optimiser that was not given, before its first step.
        gaps: gets a sentence for whatever fails here, since nothing of it may reach the reader's loop.
    """

    def __init__(
        self, recorder: Recorder, loss_fn: Any, met: Callable[[Optimizer, int], None], gaps: list[str]
    ) -> None:
        self.recorder, self._met, self._gaps = recorder, met, gaps
        self._mode = Mode(self)
        self._over = False
        self._thread, self._depth = threading.get_ident(), 0
        self._ends: list[Callable[[], Any]] = []
        self._roots = {id(root): i for i, root in enumerate(roots(recorder.model)) if root is not recorder.model}
        for root in roots(recorder.model):
            self._ends.append(hook(root, before=self._forward_begins, after=self._forward_ends))
            self._ends.append(hear(root, self._forward_was_called, self._forward_has_ended))
        self._told = 0  # calls of ``forward`` itself that are under way
        self._of_parts: list[Callable[[], Any]] = []
        if self._roots == {}:  # until the model itself is called
            self._roots = {id(part): i for i, part in enumerate(parts(recorder.model))}
            for part in parts(recorder.model):
                self._of_parts.append(hook(part, before=self._part_begins, after=self._part_ends))
        if isinstance(loss_fn, nn.Module):
            self._ends.append(hook(loss_fn, before=None, after=self._loss_was_called))
        self._ends.append(listen(self._step_begins, self._step_ends))
        if recorder.chain.before is not None:
            self._mode.resume()

    def end(self) -> None:
        """Every hook is gone."""
        self._over = True
        self._mode.end()
        if threading.get_ident() != self._thread:
            self._gaps.append("Another thread closed the watch: close it in the one that opened it.")
        if not all([end() is not False for end in self._ends]):
            self._gaps.append("The loop removed the model's hooks: no call of the model was seen from then on.")
        self._forget_parts()
        self.guarded(self.recorder.ends)

    def _forget_parts(self) -> None:
        while self._of_parts:
            self._of_parts.pop()()

    def guarded(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call it; whatever it raises must not reach the reader's loop, and is a gap."""
        try:
            return function(*args, **kwargs)
        except Exception as error:
            text = str(error).splitlines()[0] if str(error) else "no message"
            line = f"{function.__name__} failed: {type(error).__name__}: {text}"
            if line not in self._gaps:
                self._gaps.append(line)
            return None

    def _is_elsewhere(self) -> bool:
        """Another thread, or something that runs the loop's code without its numbers."""
        if (
            torch.compiler.is_compiling() or torch.jit.is_tracing() or torch._C._current_graph_task_id() != -1
        ):  # a checkpoint computes it again
            return True
        hidden = threading.get_ident() != self._thread or torch._C._functorch.peek_interpreter_stack() is not None
        self.recorder.counts["hidden"] += hidden
        return hidden

    def _is_within(self) -> bool:
        """In a pass of ``torch.func.grad`` that is of interest."""
        if self._over or not self.recorder.functional.is_alive or torch.compiler.is_compiling():
            return False
        return threading.get_ident() == self._thread and is_within_grad()

    def _forward_begins(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        if self._is_within():
            self._mode.pause()
            self.guarded(self.recorder.functional.begins, module, args, kwargs)
        if self._is_elsewhere():
            return
        self._depth += 1
        if self._depth == 1:
            self._mode.pause()  # no operation within is of interest, and each would take longer
            self.guarded(self.recorder.forward_begins, args, kwargs, module.training, self._roots.get(id(module)))

    def _forward_ends(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if self._is_within():
            self.guarded(self.recorder.functional.ends, output)
            self._mode.resume()
        if self._is_elsewhere():
            return
        self._depth = max(self._depth - 1, 0)
        if self._depth == 0:
            self.guarded(self.recorder.forward_ends, output)
            self._mode.resume()

    def _forward_was_called(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        if self._depth == 0 and not self._over and not self.recorder.functional.is_called:
            self._told += 1
            self._forward_begins(module, args, kwargs)

    def _forward_has_ended(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if self._told and self._depth <= 1:
            self._told -= 1
            self._forward_ends(module, args, kwargs, output)

    def _part_begins(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        if self._depth == 0 and not self._is_elsewhere() and torch.is_grad_enabled():
            self.recorder.chain.calls_parts()
        if self.recorder.chain.is_container:
            self._forward_begins(module, args, kwargs)

    def _part_ends(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if self.recorder.chain.is_container:
            self._forward_ends(module, args, kwargs, output)

    def _loss_was_called(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        window = self.recorder.talks_of()
        if self._depth == 0 and window is not None and not self._is_elsewhere():
            self.guarded(window.sees_module, args, kwargs, output)

    def function_was_called(self, function: Any, args: Any, kwargs: Any, result: Any) -> None:
        """A function of torch, after a forward pass and before the next step."""
        if not self._over:
            window = self.recorder.functional.window if self._is_within() else None
            self.guarded(self.recorder.sees if window is None else window.sees, function, args, kwargs, result)

    def gradients_were_asked(self, args: Any, kwargs: Any) -> None:
        """``torch.autograd.grad``, by the loop or within ``torch.func.grad``."""
        if not self._over and threading.get_ident() == self._thread:
            self.guarded(self.recorder.functional.asked, args, kwargs)

    def backward(self, function: Any, args: Any, kwargs: Any) -> Any:
        """``loss.backward()``, and a look before and after."""
        recorder = self.recorder
        if self._over or (recorder.window is None and recorder.aside is None and not recorder.steps):  # of other nets
            return function(*args, **kwargs)
        gradient = args[1] if len(args) > 1 else kwargs.get("gradient")
        self.guarded(self.recorder.backward_begins, args[0], gradient)
        result = function(*args, **kwargs)
        self.guarded(self.recorder.backward_ends)
        return result

    def _step_begins(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self.guarded(self.recorder.stepping.concerns, optimizer):
            self.recorder.counts["elsewhere"] += 1
            return
        if not self.recorder.chain.is_container:
            self._forget_parts()  # up to the first step, none was called by itself
        self._mode.pause()
        self._depth = 0  # no step is made within a forward pass: one that was interrupted has not ended
        stepping = self.recorder.stepping
        while stepping.fresh:
            self.guarded(self._met, *stepping.fresh.pop(0))
        closure = any(map(callable, (*args[1:], *kwargs.values())))
        self.guarded(self.recorder.stepping.begins, optimizer, closure=closure)

    def _step_ends(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self.guarded(self.recorder.stepping.concerns, optimizer):
            self.guarded(self.recorder.stepping.ends, optimizer)
            if len(self.recorder.stepping.current) > 1 or self.recorder.chain.before is not None:
                self._mode.resume()  # another loss of the same pass may follow, or what the next one gets is wanted


#: what is only read of a tensor: half of all calls
READ = frozenset(
    getattr(Tensor, name).__get__ for name in ("dtype", "shape", "ndim", "device", "layout", "requires_grad", "is_leaf")
)


def _taken_off(stops: Callable[[Any], bool]) -> list[Any]:
    """The modes of this thread from the top down to the first at which it stops, taken off the stack."""
    found: list[Any] = []
    while (top := _get_current_function_mode()) is not None and not stops(top):
        found.append(_pop_mode())
    return found


class Mode(TorchFunctionMode):
    """Shows which functions of torch this thread calls, from the end of a forward pass to the next step.

    Before the first forward pass it is on as well, and before others if that pass got what must be told again.
    """

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener, self._on, self._process = listener, False, os.getpid()

    def resume(self) -> None:
        """From now on."""
        if self._on:
            return
        # Below the reader's own modes, since each ``with`` takes off the top one; set_default_device's is the lowest.
        lowest = getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)
        above = _taken_off(lambda top: top is lowest)
        _push_mode(self)
        self._on = True
        for mode in reversed(above):
            _push_mode(mode)

    def pause(self) -> None:
        """Until :meth:`resume`. Within a function that it shows it is not on the stack, and stays on."""
        if not self._on:
            return
        above = _taken_off(lambda top: top is self)
        if _get_current_function_mode() is self:
            _pop_mode()
            self._on = False
        for mode in reversed(above):
            _push_mode(mode)

    end = pause

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in READ:
            return func(*args)
        kwargs = kwargs or {}
        if torch.compiler.is_compiling() or os.getpid() != self._process:  # a loader's worker has a copy of it
            return func(*args, **kwargs)
        if func is Tensor.backward:
            return self._listener.backward(func, args, kwargs)
        result = func(*args, **kwargs)
        if func is torch.autograd.grad:
            self._listener.gradients_were_asked(args, kwargs)
        self._listener.function_was_called(func, args, kwargs, result)
        return result
