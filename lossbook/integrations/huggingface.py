"""The report of :func:`lossbook.watch` from the ``Trainer`` of Hugging Face transformers."""

from __future__ import annotations

from typing import Any

from lossbook.diagnosis import watch
from lossbook.integrations.watched import Watched, needs

try:
    from transformers import TrainerCallback
except ImportError:  # said by WatchCallback() alone, so that this file can be imported to read what it offers
    TrainerCallback = object

__all__ = ["WatchCallback"]


class WatchCallback(Watched, TrainerCallback):
    """Watches a training of a ``Trainer``, which goes on as it was, number for number; ``report()`` says what is wrong.

    ::

        watching = WatchCallback()
        Trainer(model, args, train_dataset=rows, callbacks=[watching]).train()
        print(watching.report())

    The held-out loss is told at each evaluation. What the model calculates within ``torch_compile=True`` or in several
    GPUs of one process is not seen.

    Args:
        metric: the larger the better, by its name in what an evaluation gives, such as ``eval_accuracy``; by default
            ``metric_for_best_model``, if a larger one is better.
        **options: ``loss_fn``, ``data``, ``every``, ``max_bytes`` and ``max_batches``, as of :func:`lossbook.watch`.

    Raises:
        ImportError: transformers is not installed.
    """

    def __init__(self, metric: str | None = None, **options: Any) -> None:
        needs("transformers", "huggingface", TrainerCallback is not object)
        super().__init__()
        self._metric, self._options = metric, options

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        optimizer = kwargs["optimizer"]
        inner = getattr(optimizer, "optimizer", optimizer)  # accelerate wraps the one that steps
        options = {"scaler": getattr(optimizer, "scaler", None), **self._options}
        self._ends()
        self._begins(watch(kwargs["model"], inner, **options).__enter__())

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        metrics = kwargs.get("metrics") or {}
        name = self._metric
        if name is None and args.greater_is_better and args.metric_for_best_model:
            name = f"eval_{args.metric_for_best_model.removeprefix('eval_')}"
        self._tells(val_loss=metrics.get("eval_loss"), metric=metrics.get(name))

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._ends()
