"""The trainer: ``run(experiment)`` gives a ``History``."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value
from tqdm.auto import tqdm

from lossbook.checks import Array
from lossbook.devices import device_name, resolve_device
from lossbook.experiment import Experiment, History, is_numpy
from lossbook.learners import Checkpoint, NumPyLearner, Reactions, Recorder, TorchLearner, check_batches, placed
from lossbook.learners.feed import batches_of, load, load_arrays
from lossbook.loop import regularized_loss
from lossbook.optim.base import updated
from lossbook.optim.torch_adapter import make_optimizer
from lossbook.randomness import OwnGenerators, own_draws


def run(
    experiment: Experiment,
    *,
    model: nn.Module | dict[str, Array] | None = None,
    progress: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> History:
    """Train as ``experiment`` says: with torch, or with NumPy on the CPU if the model is NumPy's, as ``NumPyMLP``.

    What the model, the loss, the loop and the augmentation draw comes from generators of the run: runs in several
    threads give what each gives alone, and torch's global generators neither count nor move. This holds for anybody's
    modules. Only what is compiled or scripted, ``DataParallel``, and modules that call ``torch.utils.checkpoint`` draw
    from the global generators, which are set to the seed and, in the end, back to where they were; such runs take
    turns. Nobody can own what draws by the global functions of NumPy or Python, as ``np.random.rand``; and what
    ``data.load()`` draws is left to the data. Torch's default dtype, ``no_grad``, ``inference_mode`` and ``autocast``
    around the call change nothing.

    Args:
        experiment: the run.
        model: what to train instead of fresh weights. Give one to keep what was trained, or to go on from trained
            weights. A module is trained in place, in the experiment's dtype. One in eval mode is put in train mode; in
            one in train mode, modules that stand in eval mode are left so, such as a batch norm whose statistics shall
            stay. For a NumPy model it is the dict of its parameters, as its ``init`` gives: when the run ends, the
            trained arrays stand in it; no array itself is changed.
        checkpoint: a file that is written at each look. If it is there, the run goes on from it, and gives what it
            would have given in one go, bit for bit on the same machine; ``steps`` may have grown. The loop must train
            the model and the optimiser that it was given, and keep nothing to itself.
        progress: show a bar with step, loss and steps per second. By default in a terminal and in a live notebook.

    Returns:
        The history. Ctrl-C ends the run early; what was recorded is returned, with ``interrupted`` set, and where
        somebody watches, a line on stderr says so: the next cell of a notebook goes on with the stump.

    Raises:
        ValueError: the device is not there; labels outside 0..K-1, or NaN or infinity in the data; ``model`` has
            parameters of a wider dtype than the experiment; nothing can be trained; a batch that the model cannot take;
            a loss that is not one number; ``checkpoint`` is of another experiment.
        TypeError: ``model`` is not of the experiment's kind; a NumPy model beside a part that is torch's; a model that
            gives something else than one tensor.
    """
    if is_numpy(experiment.model):
        return _run_numpy(experiment, model, progress, checkpoint)
    if model is not None and not isinstance(model, nn.Module):
        got = "a dict" if isinstance(model, dict) else repr(model)
        raise TypeError(f"model must be a torch module, as {experiment.model!r} is torch's, got {got}.")
    device, dtype = resolve_device(experiment.device), getattr(torch, experiment.dtype)
    with _plain_torch(device):
        tensors = load(experiment, device, dtype)
        check_batches(experiment, len(tensors["train_x"]))
        net = placed(build(experiment) if model is None else model, device, dtype, given=model is not None)
        optimizer = make_optimizer(experiment.optimizer, experiment.loop.parameters(net), net)
        learner = TorchLearner(experiment, net if net.training else net.train(), optimizer, data=tensors)
        parts = [getattr(experiment, field.name) for field in fields(experiment) if field.name not in ("data", "model")]
        with own_draws(experiment.seed, device, net, *parts):
            learner.rehearse()
        with own_draws(experiment.seed, device, net, *parts) as draws:  # from the seed anew
            return _train(learner, environment(device), progress, checkpoint, draws)


@contextmanager
def _plain_torch(device: torch.device) -> Iterator[None]:
    """Torch as a training needs it, whatever the caller's thread is in."""
    cast = torch.autocast(device.type, enabled=False) if torch.is_autocast_enabled(device.type) else nullcontext()
    with torch.inference_mode(False), torch.enable_grad(), cast:
        yield


def _run_numpy(experiment: Experiment, params: Any, progress: bool | None, checkpoint: Any) -> History:
    with np.errstate(all="ignore"):  # a diverging run may diverge
        learner = NumPyLearner(experiment, load_arrays(experiment), params)
        check_batches(experiment, len(learner.data["train_x"]))
        learner.rehearse()
        here = environment(torch.device("cpu"))
        where = {name: here[name] for name in ("device", "device_name", "python", "lossbook")}
        history = _train(learner, where | {"numpy": np.__version__}, progress, checkpoint, {})
    if params is not None:
        params.update(learner.params)
    return history


def _train(
    learner: TorchLearner | NumPyLearner,
    environment: dict[str, Any],
    progress: bool | None,
    path: Any,
    draws: dict[torch.device, torch.Generator],
) -> History:
    """All steps of a run, recorded; Ctrl-C ends them early."""
    experiment, recorder, reactions = learner.experiment, Recorder(learner), Reactions(learner)
    order = batches_of(experiment, len(learner.data["train_x"]))
    noise = np.random.default_rng([experiment.seed, 1])  # of the augmentation
    saved = None if path is None else Checkpoint(path, recorder, reactions, noise, draws)
    start, ended = saved.restore() if saved is not None and saved.path.exists() else (None, False)
    for _ in range(start or 0):
        next(order)
    bar = tqdm(total=experiment.steps, initial=start or 0, unit="step", disable=not show_bar(progress), leave=False)
    interrupted = False
    try:
        with bar:
            for learner.step in range(start or 0, experiment.steps + 1):
                if learner.step != start and recorder.look():  # where it starts anew, it has looked
                    ended = reactions.look(recorder.looks[-1].val_loss)
                    if saved is not None:
                        saved.save(ended)
                if ended or learner.step == experiment.steps:
                    break
                x, y = learner.batch(next(order))
                if experiment.augment is not None:
                    x = experiment.augment.apply(x, noise)
                recorder.train(x, y)
                if bar.update():  # it was drawn, some ten times per second: only then the device is waited for
                    recorder.tell(bar)
            recorder.tell(bar)
            reactions.finish()
    except KeyboardInterrupt:
        interrupted = True
        say_stopped(len(recorder.steps), experiment.steps)
    return recorder.history(environment | measures(experiment), interrupted)


def build(experiment: Experiment) -> nn.Module:
    """The experiment's model as it stands before the first step: weights drawn with its seed, on the CPU, in float32.

    They are the same in any thread, whatever torch's random state, default dtype and default device are. Only what
    asks for a dtype gets another one. A ``build()`` that calls ``torch.manual_seed`` moves torch's global generator
    with it, and not its own weights.

    Raises:
        TypeError: the model is NumPy's.
    """
    if is_numpy(experiment.model):
        raise TypeError(
            f"model must be torch's here, which probes and build() work on, got {experiment.model!r}. Its weights are "
            "model.init(seed), and model.to_torch(weights) makes a module of them."
        )
    with torch.device("cpu"), _plain_torch(torch.device("cpu")), OwnGenerators(experiment.seed, torch.float32):
        return experiment.model.build()


def train_step(
    experiment: Experiment,
    model: nn.Module,
    params: dict[str, Tensor],
    states: dict[str, Any],
    x: Tensor,
    y: Tensor,
    *,
    seed: int | None = None,
) -> tuple[dict[str, Tensor], dict[str, Any], Tensor]:
    """One step as a pure function: nothing is changed, the new parameters and states are results.

    Args:
        experiment: its loss, optimizer, penalty and clipping are used.
        model: says what is computed, in the mode in which it is; its own parameters and buffers are not touched.
            Buffers, as the running statistics of a batch norm, enter as copies: in train mode a batch is normed by its
            own statistics, and how the running ones would move is lost.
        params: name -> parameter, as ``dict(model.named_parameters())``.
        states: name -> the optimiser's state, at first ``experiment.optimizer.init(param)`` for each.
        x, y: one batch.
        seed: of dropout and all else that draws; give each step another one. With None it is drawn from torch's
            global generators, which move: the one thing that is changed.

    Returns:
        params, states, and the loss before the step.
    """

    def loss_of(params: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
        return regularized_loss(experiment, functional_call(model, (params, buffers), (x,)), y, params.values())

    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    with nullcontext() if seed is None else OwnGenerators(seed):
        grads, loss = grad_and_value(loss_of)(params, buffers)
    if experiment.clipping is not None:
        grads = experiment.clipping.apply(grads)
    return *updated(experiment.optimizer, grads, states, params), loss


def show_bar(progress: bool | None) -> bool:
    """What was asked for; by default yes in a terminal and in a live notebook. Never without a stream to write to."""
    if sys.stderr is None or getattr(sys.stderr, "closed", False):
        return False
    if progress is not None:
        return progress
    if os.environ.get("LOSSBOOK_FACE") == "static":  # a page of the book: nobody watches
        return False
    is_terminal = getattr(sys.stderr, "isatty", bool)  # an editor's console may have none; bool() is False
    return is_terminal() or "ipykernel" in sys.modules


def say_stopped(done: int, steps: int) -> None:
    """Where somebody watches: that Ctrl-C has ended a run, whose history is a stump."""
    if show_bar(None):
        print(f"lossbook: stopped by Ctrl-C after {done} of {steps} steps.", file=sys.stderr)


def measures(experiment: Experiment) -> dict[str, str]:
    """What the numbers of a run are: the units of its losses, and its metric's name. Empty is what a part does not say.

    >>> from lossbook import data, losses, models, optim
    >>> sorted(measures(Experiment(data.Digits(), models.MLP(), losses.MSE(), optim.SGD(lr=0.1))))
    ['loss_unit', 'metric', 'reference_unit']
    """
    said = {
        "loss_unit": getattr(experiment.loss, "unit", ""),
        "reference_unit": getattr(experiment.reference or experiment.loss, "unit", ""),
        "metric": getattr(experiment.metric, "name", ""),
    }
    return {name: word if isinstance(word, str) else "" for name, word in said.items()}


def environment(device: torch.device) -> dict[str, Any]:
    """Where a run takes place."""
    versions = {"python": platform.python_version(), "torch": str(torch.__version__), "lossbook": version("lossbook")}
    return {"device": device.type, "device_name": device_name(device), "threads": torch.get_num_threads(), **versions}
