"""Watching changes no number of a training, leaves nothing behind, and shows what its loop does."""

from __future__ import annotations

import contextlib
import copy
import io
import itertools
import pickle
import random
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
from odd_loops import SEEN
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks
from torch.overrides import _get_current_function_mode, _pop_mode
from torch.utils.data import DataLoader, TensorDataset
from watched_loops import LOOPS, batches, net

from lossbook.evidence import Case, Watch, watch
from lossbook.evidence.replay import loss_on, train
from lossbook.evidence.structure import leaves
from lossbook.probes import PROBES


class Unwatched:
    def step(self, *_: Any, **__: Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def unwatched(*_: Any, **__: Any) -> Iterator[Unwatched]:
    yield Unwatched()


def outcome(name: str, opens: Any) -> list[Any]:
    """The weights, whatever else the loop gives, and every global generator, after a training from fixed seeds."""
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    model, more = LOOPS[name](opens)
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()  # noqa: NPY002
    return leaves([model.state_dict(), [param.grad for param in model.parameters()], more, states])


def is_same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        one, other = (each.detach().to_dense().numpy() for each in (one, other))
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return bool(one == other) or one != one


def hooks_of(module: nn.Module) -> int:
    tables = (module._forward_hooks, module._forward_pre_hooks, module._forward_hooks_with_kwargs)
    return sum(map(len, (*tables, module._forward_pre_hooks_with_kwargs, module._forward_hooks_always_called)))


def nothing_is_left(model: nn.Module) -> bool:
    left = [_global_optimizer_pre_hooks, _global_optimizer_post_hooks]
    hooked = sum(map(hooks_of, model.modules()))
    return not any(left) and hooked == 0 and _get_current_function_mode() is None


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")  # by torch.compile alone
@pytest.mark.filterwarnings("ignore:.*beta state", "ignore:.*prototype stage")  # tensors whose rows differ in length
@pytest.mark.parametrize("name", LOOPS)
def test_a_watched_training_is_the_same_bit_for_bit(name: str) -> None:
    opened: list[Watch] = []

    def opens(*args: Any, **kwargs: Any) -> Watch:
        opened.append(watch(*args, **kwargs))
        return opened[-1]

    alone, watched = outcome(name, unwatched), outcome(name, opens)
    assert len(alone) == len(watched)
    assert all(map(is_same, alone, watched))
    assert nothing_is_left(opened[0]._model)
    case = opened[0].case()
    assert not [gap for gap in case.seen.gaps if "failed" in gap]
    if case.loss_of is not None:
        assert np.isfinite(loss_on(case, case.start.model, case.batches[0]))


def seen_in(name: str) -> Case:
    opened: list[Watch] = []

    def opens(*args: Any, **kwargs: Any) -> Watch:
        opened.append(watch(*args, **kwargs))
        return opened[-1]

    outcome(name, opens)
    return opened[0].case()


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")  # by torch.compile alone
@pytest.mark.filterwarnings("ignore:.*beta state", "ignore:.*prototype stage")  # tensors whose rows differ in length
@pytest.mark.parametrize("name", SEEN)
def test_an_odd_loop_shows_what_it_does(name: str) -> None:
    seen = seen_in(name).seen
    expected = SEEN[name].copy()
    assert expected.pop("gap", "") in " ".join(seen.gaps)
    shown = {field: getattr(seen, field) for field in expected}
    for field, value in expected.items():
        if callable(value):
            assert value(shown[field]), (field, shown[field])
            expected[field] = shown[field]
    assert shown == expected


def test_the_plain_lines_repeat_a_training_without_randomness() -> None:
    """From the start that was kept, on the batches that were kept, with the loss that was recognized."""
    torch.manual_seed(0)
    model = net(dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    with watch(model) as w:
        for x, y in batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y, label_smoothing=0.1).backward()
            optimizer.step()
            scheduler.step()
    case = w.case()
    assert case.seen.gaps == ()
    assert train(case, case.start, 12)[1].tolist() == list(case.log.loss.values)


def test_what_a_healthy_loop_shows() -> None:
    case = seen_in("plain")
    seen = case.seen
    assert (seen.steps, seen.backwards, seen.forwards, seen.forwards_no_grad, seen.unused) == (12, 12, 12, 0, 0)
    assert (seen.train_mode, seen.train_mode_no_grad, seen.autocast) == (1.0, None, "off")
    assert (seen.leftover, seen.cleared) == (0.0, 0.0)
    assert seen.model_changed == seen.optimizer_changed == seen.state_lost == seen.weights_written == ()
    assert seen.no_gradient == seen.not_in_optimizer == seen.gaps == ()
    assert seen.not_in_model == 0
    assert seen.lrs == ((0.1,),) * 12
    assert seen.finite
    assert seen.first_bad is None
    assert all(told == ran_on for ran_on, told in seen.told or ())
    assert len(set(seen.fingerprints or ())) == 12
    assert seen.label_counts is not None
    assert [sum(each.values()) for each in seen.label_counts] == [6] * 12
    assert case.log.loss.steps == case.log.grad_norm.steps == tuple(range(12))
    assert len(case.batches) == 12


@pytest.mark.parametrize(("data", "length", "outcome"), [(None, None, "cannot tell"), ([0] * 20, 20, "found")])
def test_a_batch_that_comes_again_is_a_fault_where_the_data_hold_others(data: Any, length: Any, outcome: str) -> None:
    """One batch may be all data that there are, and comes at each step."""
    x, y = next(batches())
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, data=data) as w:
        for _ in range(12):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    assert w.case().seen.in_data == length
    assert PROBES["same-batch-repeated"](w.case()).outcome == outcome


def test_mixed_precision_shows_its_skipped_steps_and_true_losses() -> None:
    case = seen_in("mixed precision")
    assert case.seen.skipped is not None
    assert case.seen.skipped > 0
    assert case.seen.steps == 30 - case.seen.skipped == 30 - (case.seen.unused or 0)
    assert case.seen.autocast == "float16"
    assert max(case.seen.ran_on.values) < 10  # the scale is not in it
    assert max(case.seen.norm_at_step.values) < 1.01  # clipped
    assert case.seen.finite
    assert case.loss is not None


def test_accumulation_is_no_leftover() -> None:
    case = seen_in("accumulated")
    assert (case.seen.steps, case.seen.backwards, case.seen.leftover, case.seen.unused) == (4, 12, 0.0, 0)
    assert case.loss is not None  # the factor 1/3 is seen through


def test_a_gan_shows_both_optimizers_and_no_loss() -> None:
    case = seen_in("gan")
    assert len(case.start.optimizers) == len(case.now.optimizers) == 2
    assert case.loss_of is None
    assert "container" in " ".join(case.seen.gaps)
    assert case.seen.not_in_optimizer == ()
    assert case.seen.leftover == 0  # each optimiser clears its own, and the critic gets the generator's


def test_the_compiled_model_that_the_loop_calls_shows_all() -> None:
    seen = seen_in("compiled").seen
    assert (seen.steps, seen.forwards, seen.backwards, seen.leftover) == (12, 12, 12, 0.0)


def test_lbfgs_counts_its_closures() -> None:
    case = seen_in("lbfgs")
    assert case.seen.steps == 5
    assert (case.seen.backwards or 0) > 5
    assert (case.seen.leftover, case.seen.finite) == (0.0, True)
    assert len(train(case, case.start, 3)[1]) == 3


def test_a_model_that_computes_its_loss_can_be_replayed() -> None:
    case = seen_in("dicts and its own loss")
    assert case.loss is not None
    assert case.loss_of is not None
    assert set(case.batches[0].kwargs) == {"x"}
    assert case.batches[0].target.shape == (case.batches[0].size,)
    assert train(case, case.start, 40, lr=0.05)[1][-1] < case.log.loss.values[0]


def test_batches_that_are_told_are_kept_where_no_call_is_seen() -> None:
    model = nn.Sequential(nn.Linear(3, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer, loss_fn=F.cross_entropy) as w:
        for x, y in batches():
            optimizer.zero_grad()
            loss = F.cross_entropy(F.linear(x, model[0].weight, model[0].bias), y)
            loss.backward()
            optimizer.step()
            w.step(loss, batch=(x, y))
    case = w.case()
    assert (case.seen.forwards, case.seen.backwards, len(case.batches)) == (None, None, 12)
    assert "No call of the model was seen" in " ".join(case.seen.gaps)


def test_a_validation_inside_gives_the_held_out_batch() -> None:
    case = seen_in("validated inside")
    assert case.held_out is not None
    assert case.held_out.size == len(case.held_out.target) == 3
    assert (case.seen.train_mode, case.seen.train_mode_no_grad, case.seen.forwards_no_grad) == (1.0, 0.0, 6)
    assert case.log.val_loss.steps == (3, 7, 11)
    assert case.log.metric.values == (0.5, 0.5, 0.5)


def test_targets_that_the_model_makes_itself_are_kept() -> None:
    case = seen_in("targets from the model itself")
    assert (case.seen.forwards, case.seen.forwards_no_grad, case.seen.backwards, len(case.batches)) == (12, 12, 12, 12)
    assert train(case, case.start, 12)[1].tolist() == list(case.log.loss.values)


def test_the_inner_model_of_a_compiled_one_shows_no_forward_pass() -> None:
    seen = seen_in("compiled and the inner one watched").seen
    assert seen.forwards is None
    assert seen.leftover is None
    assert "torch.compile" in " ".join(seen.gaps)


def test_exchanged_parts_are_noticed() -> None:
    seen = seen_in("another model in mid run").seen
    assert seen.model_changed == seen.optimizer_changed == (5,)


# what is wrong with a loop -> which lines it has, in order, and what shows it
def faulty(fault: str) -> Case:
    torch.manual_seed(2)
    model = net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    first = copy.deepcopy(model.state_dict())
    fresh, total = iter(range(100)), 0.0
    if fault == "eval mode":
        model.eval()
    if fault == "frozen by mistake":
        optimizer = torch.optim.Adam(model[4].parameters())
    with watch(model, optimizer) as w:
        for x, y in batches():
            if fault == "a new optimizer each step":
                optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
            if fault == "weights set back":
                model.load_state_dict(first)
            if fault == "state emptied" and next(fresh) == 6:
                optimizer.state.clear()
            if fault not in ("no zero_grad", "cleared early"):
                optimizer.zero_grad()
            output = model(x)
            loss = F.cross_entropy(output.detach().requires_grad_() if fault == "detached" else output, y)
            loss.backward()
            if fault == "cleared early":
                optimizer.zero_grad()
            if fault == "cleared early, to zero":
                optimizer.zero_grad(set_to_none=False)
            if fault != "never a step":
                optimizer.step()
            total += loss.item()
            w.step(total if fault == "misreported" else loss)
    return w.case()


FAULTS: dict[str, Any] = {
    "none": lambda s: s.leftover == s.cleared == 0 and s.train_mode == 1 and not s.no_gradient,
    "no zero_grad": lambda s: s.leftover == 1 and s.cleared == 0,
    "cleared early": lambda s: s.cleared == 1 and s.leftover == 0,
    "cleared early, to zero": lambda s: s.cleared == 1,
    "eval mode": lambda s: s.train_mode == 0,
    "frozen by mistake": lambda s: set(s.not_in_optimizer) == {"0.weight", "0.bias", "1.weight", "1.bias"},
    "a new optimizer each step": lambda s: len(s.optimizer_changed) == 12,
    "weights set back": lambda s: s.weights_written == tuple(range(12)),
    "state emptied": lambda s: s.state_lost == (6,),
    "detached": lambda s: len(s.no_gradient) == 6,
    "never a step": lambda s: s.steps == 0 and s.unused == 11,
    "misreported": lambda s: s.told[-1][1] > 5 * s.told[-1][0],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_a_loop_shows(fault: str) -> None:
    assert FAULTS[fault](faulty(fault).seen)


class Blows(nn.Module):
    """The third part gives NaN, or infinite gradients, when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.middle, self.last = nn.Linear(3, 4), nn.Identity(), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.middle(self.first(x)))


class Root(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return (x - x.detach()).abs().sqrt() + x  # finite, and its gradient is not


class Log(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.log(x - x.amax())


@pytest.mark.parametrize(
    ("kind", "what", "where"),
    [
        ("input", "input", None),
        ("target", "target", None),
        ("module", "output", "middle"),
        ("weight", "weight", "first.bias"),
        ("loss", "loss", None),
        ("gradient", "gradient", "first.bias"),
    ],
)
def test_the_first_number_that_is_not_finite_is_named(kind: str, what: str, where: str | None) -> None:
    torch.manual_seed(0)
    model = Blows()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with watch(model, optimizer) as w:
        for step, (x, _) in enumerate(batches()):
            bad, y = step == 6, torch.zeros(6, 2)
            if kind == "input" and bad:
                x[2, 1] = float("nan")
            if kind == "target" and bad:
                y[0, 0] = float("inf")
            if kind == "module":
                model.middle = Log() if bad else nn.Identity()
            if kind == "gradient":
                model.middle = Root() if bad else nn.Identity()
            if kind == "weight" and bad:
                model.first.bias.data[0] = float("nan")
            optimizer.zero_grad()
            output = model(x)
            loss = ((output - y) ** 2).mean() if kind == "gradient" else F.mse_loss(output, y)
            loss = loss * (float("nan") if kind == "loss" and bad else 1)
            loss.backward()
            [param.grad.norm() for param in model.parameters()]  # type: ignore[union-attr]  # as loops log it
            optimizer.step()
    found = w.case().seen.first_bad
    assert found is not None
    assert (found.what, found.where, found.step, found.drawn) == (what, where, 6, 6)
    assert found.batch is not None
    assert found.batch.size == 6
    assert found.stayed
    assert found.last_finite is not None


def test_a_loss_that_is_not_finite_once_does_not_stay() -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with watch(model, optimizer) as w:
        for step, (x, y) in enumerate(batches()):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y if step != 3 else torch.full_like(y, -100)).backward()
            optimizer.step()
    found = w.case().seen.first_bad
    assert found is not None
    assert (found.what, found.step, found.stayed) == ("loss", 3, False)


def test_copies_made_while_watched_carry_no_hook() -> None:
    model = net()
    whole = nn.Sequential(model, nn.Linear(2, 2))
    with watch(model):
        copies = [copy.deepcopy(model), copy.deepcopy(whole)[0], torch.optim.swa_utils.AveragedModel(model).module]
        assert hooks_of(model) == 5
        assert [hooks_of(each) for each in copies] == [0, 0, 0]
        stored, x = io.BytesIO(), torch.ones(2, 3)
        torch.save(model, stored)
        stored.seek(0)
        loaded = [torch.load(stored, weights_only=False), pickle.loads(pickle.dumps(model))]
    for each in loaded:
        assert torch.equal(each.eval()(x), model.eval()(x))
        each.register_forward_pre_hook(lambda module, args: None)
        each(x)
    assert nothing_is_left(model)


def test_a_pickle_made_while_watched_can_be_read_without_lossbook() -> None:
    model = nn.Linear(3, 2)
    with watch(model):
        stored = pickle.dumps(model)
    code = "import sys, pickle, torch; sys.modules['lossbook'] = None; m = pickle.loads(sys.stdin.buffer.read())"
    code += "; print(m(torch.ones(1, 3)).shape)"
    done = subprocess.run([sys.executable, "-c", code], input=stored, capture_output=True, check=True)
    assert done.stdout.strip() == b"torch.Size([1, 2])"


def test_an_error_of_the_loop_passes_unchanged() -> None:
    model, error = net(), KeyError("mine")
    w = watch(model)

    def loop() -> None:
        with w:
            model(torch.ones(2, 3))
            raise error

    with pytest.raises(KeyError) as raised:
        loop()
    assert raised.value is error
    assert nothing_is_left(model)
    assert w.case().seen.forwards == 1


def test_two_watches_one_in_the_other_both_see() -> None:
    model = net()
    optimizer = torch.optim.Adam(model.parameters())
    with watch(model, optimizer) as outer, watch(model) as inner:
        for x, y in batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    assert nothing_is_left(model)
    for each in (outer, inner):
        seen = each.case().seen
        assert (seen.steps, seen.backwards, seen.forwards, seen.leftover, seen.gaps) == (12, 12, 12, 0.0, ())


def test_trainings_in_two_threads_do_not_mix() -> None:
    found: dict[int, Case] = {}

    def one(steps: int) -> None:
        model = net()
        optimizer = torch.optim.Adam(model.parameters())
        with watch(model) as w:
            for x, y in batches(steps):
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
        found[steps] = w.case()

    threads = [threading.Thread(target=one, args=(steps,)) for steps in (5, 9, 14, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {steps: case.seen.steps for steps, case in found.items()} == {5: 5, 9: 9, 14: 14, 20: 20}
    assert all(case.seen.optimizer_changed == () for case in found.values())


def test_a_training_in_another_thread_does_not_notice_that_watches_open_and_close() -> None:
    model, weight = net(), nn.Parameter(torch.zeros(2))
    over, steps = threading.Event(), []

    def other() -> None:
        optimizer = torch.optim.SGD([weight], lr=0.1)
        weight.grad = torch.ones(2)
        while not over.is_set():
            optimizer.step()  # raises if the table of hooks changes within
            steps.append(1)

    thread = threading.Thread(target=other)
    thread.start()
    for _ in range(40):
        with watch(model) as w:
            model(torch.ones(2, 3))
    over.set()
    thread.join()
    assert float(weight.detach()[0]) == pytest.approx(-0.1 * len(steps), rel=1e-3)
    assert w.case().seen.optimizer_changed is None


def test_whatever_fails_in_the_watch_stays_out_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("oh")

    alone = outcome("plain", unwatched)
    monkeypatch.setattr("lossbook.evidence.looks.length", broken)
    opened: list[Watch] = []

    def opens(*args: Any, **kwargs: Any) -> Watch:
        opened.append(watch(*args, **kwargs))
        return opened[-1]

    assert all(map(is_same, alone, outcome("plain", opens)))
    assert "backward_ends failed: ZeroDivisionError: oh" in opened[0].case().seen.gaps


def test_a_training_batch_that_is_scored_is_not_held_out() -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model) as w:
        for x, y in batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            with torch.no_grad():
                F.cross_entropy(model(x), y)
    assert w.case().held_out is None


def test_kept_batches_stay_within_their_bytes() -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def kept(**limits: Any) -> int:
        with watch(model, optimizer, **limits) as w:
            for x, y in batches():
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
        return len(w.case().batches)

    assert [kept(max_batches=3), kept(max_batches=0), kept(max_bytes=0), kept(max_bytes=1000)] == [3, 0, 0, 7]


def watched_bytes(outputs: int, *, calls: int = 1, max_bytes: int = 1 << 14) -> Case:
    """Of a model with so many outputs, which is called so often more before each step, and its output thrown away."""
    model = nn.Linear(3, outputs)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer, max_bytes=max_bytes) as w:
        for x, y in batches():
            for _ in range(calls - 1):
                model(torch.ones(100, 3))
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    return w.case()


def test_large_outputs_and_passes_without_a_backward_pass_leave_room_for_batches() -> None:
    assert len(watched_bytes(2).batches) == 12
    large = watched_bytes(1000)  # an output has more bytes than all that may be kept
    assert len(large.batches) == 12
    assert large.loss_of is not None
    assert len(watched_bytes(2, calls=11).batches) == 12


def test_a_held_out_batch_counts_in_the_bytes() -> None:
    model, feed = nn.Linear(3, 2), list(batches())

    def held_out(max_bytes: int) -> Any:
        with watch(model, max_bytes=max_bytes) as w, torch.no_grad():
            for x, y in feed:
                F.cross_entropy(model(x), y)
        return w.keeper.held_out is not None, w.keeper.left

    assert held_out(100) == (False, 100)
    assert held_out(1000) == (True, 1000 - 6 * (3 * 4 + 8 + 2 * 4))  # inputs, labels, outputs


def test_nothing_of_the_last_batch_is_held_once_the_watch_is_closed() -> None:
    model = nn.Linear(3, 2)
    with watch(model, max_batches=0) as w:
        x = torch.ones(4, 3)
        output = model(x)
        alive = [weakref.ref(x), weakref.ref(output)]
        del x, output
    assert [each() for each in alive] == [None, None]
    assert w.case().seen.forwards == 1


def test_a_batch_held_out_in_inference_mode_can_be_trained_on() -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer) as w:
        for x, y in batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            with torch.inference_mode():
                F.cross_entropy(model(x + 1), y)
    case = w.case()
    assert case.held_out is not None
    assert len(train(case, case.now, 2, batches=[case.held_out])[1]) == 2


@pytest.mark.parametrize("told", [[1.0], "much", object()], ids=["a list", "a word", "an object"])
def test_a_loss_that_is_no_number_is_a_gap(told: Any) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer) as w:
        for step, (x, y) in enumerate(batches()):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            w.step(told if step == 3 else loss)
    case = w.case()
    assert len(case.log.loss.steps) == len(case.log.loss.values) == 11
    assert all(ran_on == number for ran_on, number in case.seen.told or ())
    assert "note failed" in " ".join(case.seen.gaps)


def test_a_model_of_torch_jit_is_refused_and_none_is_made_while_it_is_watched() -> None:
    model = net()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's advice not to use it
        with pytest.raises(TypeError, match="must be written in Python"):
            watch(torch.jit.script(model))
        with watch(model), pytest.raises(RuntimeError, match="cannot compile a model while it is watched"):
            torch.jit.script(model)


CALLS: list[int] = []


class Counts(nn.Module):
    """It counts the passes of all its copies; one output is infinite."""

    def forward(self, x: Tensor) -> Tensor:
        CALLS.append(1)
        return x / (0.0 if len(CALLS) == 3 else 1.0)


def test_one_of_several_processes_makes_no_pass_of_its_own(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        monkeypatch.setattr(dist, "get_world_size", lambda *_: 2)
        CALLS.clear()
        model = nn.Sequential(nn.Linear(3, 2), Counts())
        with watch(model) as w:
            for x, y in batches(5):
                F.cross_entropy(model(x), y).backward()
        found = w.case().seen.first_bad
        assert found is not None
        assert (found.what, len(CALLS)) == ("output", 5)
    finally:
        dist.destroy_process_group()


def test_targets_of_a_loss_of_ones_own_are_found_after_a_look_at_the_output() -> None:
    def loss_fn(output: Tensor, target: Tensor) -> Tensor:
        return (output.logsumexp(1) - output.gather(1, target[:, None])[:, 0]).mean()

    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, loss_fn=loss_fn) as w:
        for x, y in [(x, y.numpy()) for x, y in batches()]:
            optimizer.zero_grad()
            output = model(x)
            output.mean().item()  # a tensor that is no more, whose place in memory the target gets
            output.std().item()
            loss_fn(output, torch.from_numpy(y)).backward()
            optimizer.step()
    case = w.case()
    assert case.seen.gaps == ()
    assert train(case, case.start, 12)[1].tolist() == list(case.log.loss.values)


def test_losses_of_another_net_are_not_counted_for_the_one_that_is_watched() -> None:
    generator, critic = nn.Linear(3, 3), nn.Linear(3, 1)
    mine, others = (torch.optim.SGD(part.parameters(), lr=0.1) for part in (generator, critic))
    losses = []
    with watch(generator, mine) as w:
        for x, _ in batches():
            fake = generator(x)
            others.zero_grad()
            (F.softplus(-critic(x)).mean() + F.softplus(critic(fake.detach())).mean()).backward()
            others.step()
            mine.zero_grad()
            loss = F.softplus(-critic(fake)).mean()
            loss.backward()
            mine.step()
            losses.append(loss.item())
    case = w.case()
    assert (case.seen.steps, case.seen.backwards, case.seen.forwards, case.seen.leftover) == (12, 12, 12, 0.0)
    assert list(case.log.loss.values) == losses
    assert [len(series.values) for series in (case.log.grad_norm, case.seen.norm_at_step)] == [12, 12]
    assert "another net's" in " ".join(case.seen.gaps)


def test_a_loop_that_goes_on_with_another_model_is_told() -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer) as w:
        for step, (x, y) in enumerate(batches()):
            if step == 5:
                model = net()
                optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    seen = w.case().seen
    assert seen.steps == 5
    assert "trains another model" in " ".join(seen.gaps)


class CopiedOnce(nn.Linear):
    """Its second copy raises this."""

    error: BaseException | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self.error is not None:
            raise self.error
        memo[id(self)] = new = type(self)(3, 2)
        new.load_state_dict(self.state_dict())
        return new


@pytest.mark.parametrize("error", [MemoryError("full"), KeyboardInterrupt()], ids=["no memory", "interrupted"])
def test_a_copy_that_fails_at_the_end_leaves_the_one_of_the_start(error: BaseException) -> None:
    model = CopiedOnce(3, 2)
    mine, w = KeyError("mine"), watch(model)

    def loop() -> None:
        with w:
            model(torch.ones(2, 3))
            model.error = error
            raise mine

    with pytest.raises(KeyError) as raised:
        loop()
    assert raised.value is mine
    case = w.case()
    assert case.now is case.start
    assert "at the end could not be copied" in " ".join(case.seen.gaps)
    assert nothing_is_left(model)


def test_a_case_is_made_once() -> None:
    with watch(net()) as w:
        pass
    assert w.case() is w.case()


def test_a_watch_that_another_thread_closes_says_so_and_sees_nothing_more() -> None:
    model = nn.Linear(3, 2)
    w = watch(model)
    w.__enter__()
    output = model(torch.ones(2, 3))
    thread = threading.Thread(target=w.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    try:
        output.sum().backward()
        seen = w.case().seen
        assert (seen.forwards, seen.backwards) == (1, 0)
        assert "Another thread closed the watch" in " ".join(seen.gaps)
    finally:
        _pop_mode()  # which nobody but this thread can take off


def test_a_small_penalty_is_no_factor() -> None:
    """It is nearly the same share of a loss that hardly falls."""
    model, (x, y) = net(dropout=0.0), next(batches())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    with watch(model) as w:
        for _ in range(12):
            optimizer.zero_grad()
            penalty = sum(param.square().sum() for param in model.parameters())
            (F.cross_entropy(model(x), y) + 1e-3 * penalty).backward()
            optimizer.step()
    assert "penalty" in " ".join(w.case().seen.gaps)


def test_batches_met_with_borrowed_weights_are_not_kept() -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model) as w:
        for x, y in batches():
            own = dict(model.named_parameters())
            slopes = torch.autograd.grad(F.cross_entropy(model(x), y), list(own.values()), create_graph=True)
            fast = {name: value - 0.1 * slope for (name, value), slope in zip(own.items(), slopes, strict=True)}
            optimizer.zero_grad()
            F.cross_entropy(torch.func.functional_call(model, fast, (x,)), y).backward()
            optimizer.step()
    case = w.case()
    assert case.batches == ()
    assert case.loss_of is None
    assert "not its own" in " ".join(case.seen.gaps)


def test_a_case_asked_for_within_an_epoch_does_not_end_it() -> None:
    data = TensorDataset(torch.randn(48, 3), torch.arange(48) % 2)
    loader: Any = DataLoader(data, batch_size=6, num_workers=1, persistent_workers=True)
    model = net(dropout=0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def loss_fn(output: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(output, 1 - target)

    with watch(model, optimizer, loss_fn=loss_fn, data=loader) as w:
        first = []
        for number, (x, y) in enumerate(itertools.islice(epoch := iter(loader), 3), 1):
            first.append(y)
            hidden = torch.from_numpy(1 - y.numpy())  # nothing of torch sees y
            optimizer.zero_grad()
            (number * F.cross_entropy(model(x), hidden)).backward()  # nor where the number comes from
            optimizer.step()
    found = w.case()
    assert found.loss_of is not None
    assert torch.equal(found.batches[0].target, first[0])
    assert len(list(epoch)) == 5  # the rest of the epoch


def test_targets_of_a_loss_of_ones_own_are_found_by_its_numbers() -> None:
    def loss_fn(output: Tensor, target: Any) -> Tensor:
        label, weight = target
        return (F.cross_entropy(output, label, reduction="none") * weight).mean()

    model = net(dropout=0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, loss_fn=loss_fn) as w:
        for x, y in batches():
            optimizer.zero_grad()
            loss_fn(model(x), (y, torch.rand(6))).backward()
            optimizer.step()
    case = w.case()
    assert case.seen.gaps == ()
    assert case.loss is loss_fn
    assert len(case.batches[0].target) == 2
    assert train(case, case.start, 12)[1].tolist() == list(case.log.loss.values)


def test_a_penalty_in_the_loop_is_said() -> None:
    model = net(dropout=0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model) as w:
        for x, y in batches():
            optimizer.zero_grad()
            (F.cross_entropy(model(x), y) + sum(p.abs().sum() for p in model.parameters())).backward()
            optimizer.step()
    assert "penalty" in " ".join(w.case().seen.gaps)
    assert w.case().seen.whole_loss is False


def test_targets_that_were_not_seen_are_read_from_the_data_afterwards() -> None:
    model = net(dropout=0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    data = list(batches())

    def loss_fn(output: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(output, 1 - target)

    with watch(model, loss_fn=loss_fn, data=data) as w:
        for number, (x, y) in enumerate(data, 1):
            optimizer.zero_grad()
            hidden = torch.from_numpy(1 - y.numpy())  # nothing of torch sees y
            (number * F.cross_entropy(model(x), hidden)).backward()  # nor where the number comes from
            optimizer.step()
    case = w.case()
    assert case.loss_of is not None
    assert torch.equal(case.batches[0].target, data[0][1])


def test_one_process_of_a_distributed_training_is_watched(tmp_path: Any) -> None:
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        model = net(dropout=0.0)
        parallel = nn.parallel.DistributedDataParallel(model)
        optimizer = torch.optim.SGD(parallel.parameters(), lr=0.1)
        with watch(parallel, optimizer) as w:
            for x, y in batches():
                optimizer.zero_grad()
                F.cross_entropy(parallel(x), y).backward()
                optimizer.step()
        case = w.case()
        assert (case.seen.steps, case.seen.leftover, case.seen.gaps) == (12, 0.0, ())
        assert type(case.start.model) is type(model)
        assert train(case, case.start, 12)[1].tolist() == list(case.log.loss.values)
    finally:
        dist.destroy_process_group()


def test_wrong_parts_are_refused_with_the_rule() -> None:
    model = net()
    with pytest.raises(TypeError, match="model must be a torch module, got int"):
        watch(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"optimizer must be one of torch\.optim"):
        watch(model, [model])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="loss_fn must be a function of"):
        watch(model, loss_fn=nn.MSELoss)
    with pytest.raises(ValueError, match="every must"):
        watch(model, every=0)
    w = watch(model)
    with pytest.raises(RuntimeError, match=r"case\(\) must come after the with block"):
        w.case()
    with w:
        pass
    with pytest.raises(RuntimeError, match="watch must be opened once"), w:
        pass
    assert w.case().seen.steps is None
