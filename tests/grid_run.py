"""One cell of the grid: a task with a bug, trained in a style, and what the report says of it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from grid_bugs import BUGS
from grid_models import OfDict, WithLoss
from grid_tasks import Task, sgd, task
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import lossbook
from lossbook.diagnosis.watching import Watching

STEPS = 10_000  # of the experiments, as of a measured report
WORSE, CLEARLY = 0.03, 1.4  # a bug hurts if the share of wrong answers is higher by so much, and so many times
HELD = 8  # one of so many rows


@dataclass
class Run:
    """A training that goes on."""

    task: Task
    optimizer: Any
    watching: Watching
    style: str
    count: int = 0
    total: float = 0.0
    first: Any = None

    def loss_of(self, x: list[Tensor], y: Tensor) -> Tensor:
        model = self.task.model
        if self.style == "inside":
            return model(*x, labels=y)["loss"]
        if self.style == "dicts":
            batch = {f"x{i}": each for i, each in enumerate(x)} | {"labels": y}
            return self.task.loss(model(batch), batch["labels"])
        return self.task.loss(model(*x), y)

    def backward(self, x: list[Tensor], y: Tensor, share: float = 1.0) -> Tensor:
        loss = self.loss_of(x, y)
        if "item" in self.task.loop:
            loss = torch.tensor(loss.item(), requires_grad=True)
        (loss * share if share != 1 else loss).backward()
        if self.task.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.task.model.parameters(), self.task.clip)
        return loss

    def step(self, x: list[Tensor], y: Tensor) -> None:
        loop = self.task.loop
        if "one batch" in loop:
            self.first = self.first or (x, y)
            x, y = self.first
        x = [self.task.draw(x[0]), *x[1:]]
        if "new optimizer" in loop:
            self.optimizer = _optimizer(self.task)
        clears = not loop & {"never zero", "early zero"}
        if self.style == "closure":

            def closure() -> Tensor:
                if clears:
                    self.optimizer.zero_grad()
                loss = self.backward(x, y)
                if "early zero" in loop:
                    self.optimizer.zero_grad()
                return loss

            loss = self.optimizer.step(closure)
        else:
            parts = 4 if self.style == "accumulated" else 1
            if clears:
                self.optimizer.zero_grad()
            pieces = zip(*(each.chunk(parts) for each in (*x, y)), strict=False)
            losses = [self.backward(list(xs), ys, 1 / parts).detach() for *xs, ys in pieces]
            loss = torch.stack(losses).mean()
            if "early zero" in loop:
                self.optimizer.zero_grad()
            self.optimizer.step()
        self.count += 1
        self.total += float(loss.detach())
        if self.style != "silent":
            told = self.total if "never reset" in loop else loss
            self.watching.step(told)


def _optimizer(task: Task) -> torch.optim.Optimizer:
    return task.optimizer((task.optimized or task.model).parameters())


def _as_it_is(task: Task) -> Task:
    return task


def _with_sgd(task: Task) -> Task | None:
    rates = {"regress": 0.02, "binary": 0.1, "labels": 0.1, "cnn": 0.02, "seg": 0.2, "gcn": 0.02, "series": 0.02}
    return replace(task, optimizer=sgd(rates[task.name])) if task.name in rates else None


def _with_adamw(task: Task) -> Task:
    lr = _optimizer(task).param_groups[0]["lr"]
    adam = isinstance(_optimizer(task), torch.optim.Adam)
    return replace(task, optimizer=lambda params: torch.optim.AdamW(params, lr)) if adam else task


def _with_lbfgs(task: Task) -> Task | None:
    if task.name not in ("regress", "binary", "labels"):
        return None
    makes = lambda params: torch.optim.LBFGS(params, lr=0.5, max_iter=5)  # noqa: E731
    return replace(task, optimizer=makes, batch=700, steps=30)


class Style(NamedTuple):
    """How a loop is written."""

    change: Callable[[Task], Task | None] = _as_it_is
    step: str = "plain"


STYLES: dict[str, Style] = {
    "plain": Style(),
    "given": Style(),
    "silent": Style(step="silent"),
    "dicts": Style(lambda task: replace(task, model=OfDict(task.model)), "dicts"),
    "accumulated": Style(step="accumulated"),
    "inside": Style(lambda task: replace(task, model=WithLoss(task.model, task.loss)), "inside"),
    "closure": Style(step="closure"),
    "sgd": Style(_with_sgd),
    "adamw": Style(_with_adamw),
    "lbfgs": Style(_with_lbfgs, "closure"),
}


class Cell(NamedTuple):
    """What became of a cell."""

    task: str
    bug: str
    style: str
    outcome: str  #: right, third (among the first three), missed, alarm, silent (of a healthy one), harmless
    found: tuple[str, ...]
    symptom: str
    score: float  #: share of wrong answers on held-out rows
    curve: str

    def __str__(self) -> str:
        found = ", ".join(self.found[:3]) or "-"
        where = f"{self.outcome:8} {self.bug:24} {self.task:8} {self.style:11}"
        return f"{where} {found:60} {self.symptom:11} wrong {self.score:.3f} loss {self.curve}"


def trained(name: str, bug: str, style: str) -> tuple[Watching, Task, list[float]] | None:
    """The watch of a training, its task as it was trained, and its losses; None if they do not go together."""
    row, kind = BUGS[bug], STYLES[style]
    styled = kind.change(task(name)) if style in ("sgd", "adamw", "lbfgs") else task(name)
    changed = None if styled is None else row.make(styled)
    if changed is None or (style == "accumulated" and (changed.batch < 8 or changed.kind == "pairs")):
        return None
    untold = style == "silent" and "never reset" in changed.loop  # nothing is told, and so nothing wrong
    if untold or (style in ("inside", "dicts") and changed.optimized is not None):
        return None
    changed = changed if style in ("sgd", "adamw", "lbfgs") else kind.change(changed)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return _trained(changed, style, kind.step)


def _trained(task: Task, style: str, step: str) -> tuple[Watching, Task, list[float]]:
    rows = len(task.data[-1])
    cut = rows - rows // HELD
    loader = DataLoader(TensorDataset(*(d[:cut] for d in task.data)), task.batch, shuffle=task.shuffle)
    optimizer = _optimizer(task)
    more = {"loss_fn": task.loss, "data": loader} if style == "given" and len(task.data) == 2 else {}
    schedule = task.schedule(optimizer) if task.schedule else None
    losses: list[float] = []
    task.model.train("eval" not in task.loop)
    with lossbook.watch(task.model, optimizer, **more) as watching:
        run = Run(task, optimizer, watching, step)
        while run.count < task.steps:
            for *x, y in loader:
                before = run.total
                run.step(x, y)
                losses.append(run.total - before)
                if schedule is not None:
                    schedule.step()
                if run.count >= task.steps:
                    break
            _validate(run, cut)
    return watching, task, losses


def _validate(run: Run, cut: int) -> None:
    task = run.task
    if not task.loop & {"eval", "train"}:
        task.model.eval()
    *x, y = (d[cut:] for d in task.data)
    with torch.no_grad():
        val = float(run.loss_of([task.held(x[0]), *x[1:]], y))
    if run.style != "silent":
        run.watching.step(val_loss=val)
    if "eval" not in task.loop:
        task.model.train()


def wrong(task: Task) -> float:
    """Share of wrong answers on held-out rows; of numbers, the share of their spread that is not foretold."""
    rows = len(task.data[-1])
    cut = rows - rows // HELD
    task.model.eval()
    *x, y = (d[cut:] for d in (*task.data[:-1], task.data[-1] if task.clean is None else task.clean))
    x = [task.held(x[0]), *x[1:]]
    with torch.no_grad(), torch.random.fork_rng():
        if isinstance(task.model, OfDict):
            output = task.model({f"x{i}": each for i, each in enumerate(x)})
        else:
            output = task.model(*x)
    output = output["logits"] if isinstance(output, dict) else output
    output = output[0] if isinstance(output, tuple) else output
    if not bool(torch.isfinite(output).all()):
        return math.nan
    if task.kind == "pairs":
        return float((output.argmax(1) != torch.arange(len(output))).float().mean())
    if task.kind == "tokens":
        return float((output.argmax(-1) != y).float().mean())
    if task.kind == "classes":
        missed = (output.argmax(1) != y).float() if output.shape[1] > 1 else torch.ones(len(y))
        return float(torch.stack([missed[y == k].mean() for k in y.unique()]).mean())
    if task.name == "vae":
        output = output.sigmoid()
    a, b = output.flatten().double(), y.flatten().double()
    a, b = a - a.mean(), b - b.mean()
    same = float(F.cosine_similarity(a, b, dim=0)) if bool(a.any()) and bool(b.any()) else 0.0
    return 1 - max(same, 0.0) ** 2


_HEALTHY: dict[tuple[str, str], float] = {}


def healthy_score(name: str, style: str) -> float:
    """That of the task as it is."""
    if (name, style) not in _HEALTHY:
        there = trained(name, "none", style)
        _HEALTHY[name, style] = wrong(there[1]) if there is not None else 0.0
    return _HEALTHY[name, style]


def hurts(bug: str, score: float, healthy: float) -> bool:
    return BUGS[bug].always or not score <= max(healthy + WORSE, CLEARLY * healthy)


def cell(name: str, bug: str, style: str, *, even_harmless: bool = False) -> Cell | None:
    """Train it, and ask what is wrong; None if they do not go together."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        there = trained(name, bug, style)
        if there is None:
            return None
        watching, task, losses = there
        score, causes = wrong(task), BUGS[bug].causes
        curve = f"{sum(losses[:5]) / 5:.3g} -> {sum(losses[-10:]) / len(losses[-10:]):.3g}"
        harmless = bool(causes) and not hurts(bug, score, healthy_score(name, style))
        if harmless and not even_harmless:
            return Cell(name, bug, style, "harmless", (), "", score, curve)
        report = watching.report(steps=STEPS, seed=0, progress=False)
    found = tuple(each.cause for each in report.findings)
    symptom = report.symptom.code if report.symptom else ""
    if not causes:
        outcome = "silent" if report.healthy else "alarm"
    else:
        outcome = next((word for word, n in (("right", 1), ("third", 3)) if set(found[:n]) & set(causes)), "missed")
    return Cell(name, bug, style, outcome, found, symptom, score, curve)


def style_of(name: str, bug: str, turn: int = 0) -> str:
    """One style for each cell, so that all of them occur; a seeded draw from the names."""
    usual = [style for style in STYLES if style != "lbfgs" or name in ("regress", "binary", "labels")]
    key = sum(ord(each) * (place + 1) for place, each in enumerate(name + bug)) + turn
    return usual[key % len(usual)]


def cells(names: list[str], bugs: list[str], turn: int = 0, styles: list[str] = []) -> Iterator[str]:  # noqa: B006
    """A line for each cell."""
    for bug in bugs:
        for name in names:
            for style in styles or [style_of(name, bug, turn)]:
                try:
                    made = cell(name, bug, style)
                except Exception as error:
                    first = str(error).partition("\n")[0][:120]
                    yield f"error    {bug:24} {name:8} {style:11} {type(error).__name__}: {first}"
                    continue
                if made is not None:
                    yield str(made)
