"""The report of :func:`lossbook.watch` from the ``Trainer`` of Lightning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from lossbook.diagnosis import Watching, watch
from lossbook.integrations.watched import Watched, needs
from lossbook.integrations.whole_step import WholeStep

try:
    from lightning.pytorch import Callback, LightningModule
except ImportError:  # said by WatchCallback() alone, so that this file can be imported to read what it offers
    Callback, LightningModule = object, None

__all__ = ["WatchCallback"]


class WatchCallback(Watched, Callback):
    """Watches a training of Lightning, which goes on as it was, number for number; ``report()`` says what is wrong.

    ::

        watching = WatchCallback()
        Trainer(callbacks=[watching]).fit(module, loader)
        print(watching.report())

    Watched is what ``training_step`` calls once: the module itself, or the one net that it holds. If there is none
    such, the whole step is watched: tests that need the outputs and their targets cannot be made then.

    Args:
        val_loss: the name by which the module logs its held-out loss.
        metric: the name by which it logs a number that is the larger the better.
        **options: ``loss_fn``, ``data``, ``every``, ``max_bytes`` and ``max_batches``, as of :func:`lossbook.watch`.

    Raises:
        ImportError: lightning is not installed.
    """

    def __init__(self, val_loss: str = "val_loss", metric: str | None = None, **options: Any) -> None:
        needs("lightning", "lightning", LightningModule is not None)
        super().__init__()
        self._names, self._options = (val_loss, metric), options
        self._module: Any = None
        self._tried: list[Tried] = []  # until the first step has shown what it calls

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self._ends()
        options = {"scaler": getattr(trainer.precision_plugin, "scaler", None), **self._options}
        self._module = pl_module
        models: list[Any] = called_by(pl_module) if trainer.strategy.model is pl_module else []
        if pl_module.automatic_optimization:
            models.append(WholeStep(pl_module))
            pl_module.training_step = models[-1].stands_in()
        with without_trainer(pl_module):
            for model in models:
                self._tried.append(Tried(model, watch(model, trainer.optimizers, **options).__enter__()))

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        self._chooses()

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        told = trainer.callback_metrics
        val_loss, metric = (told.get(name) for name in self._names)
        self._tells(val_loss=val_loss, metric=metric)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._ends(exception)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._ends()

    def _chooses(self) -> None:
        """Keep the watch of the first model that was called once, and close the others."""
        tried, self._tried = self._tried, []
        if not tried:
            return
        chosen = next((each for each in tried if each.calls == 1), tried[-1])
        with without_trainer(self._module):
            for each in tried:
                each.stop()
                if each is not chosen:
                    each.watching.__exit__(None, None, None)
        if not isinstance(chosen.model, WholeStep):
            vars(self._module).pop("training_step", None)
        self._begins(chosen.watching)

    def _ends(self, error: BaseException | None = None) -> None:
        self._chooses()
        if self._open:
            with without_trainer(self._module):
                super()._ends(error)
            vars(self._module).pop("training_step", None)


class Tried:
    """A watch of a model of which it is not known yet whether it is what ``training_step`` calls."""

    def __init__(self, model: nn.Module, watching: Watching) -> None:
        self.model, self.watching, self.calls = model, watching, 0
        self._handle = model.register_forward_pre_hook(self._counts)

    def _counts(self, *_: Any) -> None:
        self.calls += 1

    def stop(self) -> None:
        """Count no more."""
        self._handle.remove()


def called_by(module: Any) -> list[nn.Module]:
    """What ``training_step`` may call: the module, if it has its own ``forward``, and the only net that it holds."""
    nets = [child for child in module.children() if next(child.parameters(), None) is not None]
    alone = len(nets) == 1 and not module._parameters
    found = [module] if type(module).forward is not LightningModule.forward else []
    if module.automatic_optimization:
        return [*found, *(nets if alone else [])]
    return found or (nets if alone else [nn.ModuleList(nets)])


@contextmanager
def without_trainer(module: Any) -> Iterator[None]:
    """The module without its trainer, with all that this holds, while copies are made."""
    trainer, module.trainer = module._trainer, None
    try:
        yield
    finally:
        module.trainer = trainer
