"""Objects of torch: taken, and trained as torch would train them, or refused with a line that works."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    random_split,
)

from lossbook import (
    Experiment,
    batches,
    data,
    diff,
    losses,
    lr_range_test,
    metrics,
    models,
    optim,
    replace_at,
    run,
    sweep,
)
from lossbook.evidence.replay import train
from lossbook.learners.feed import load
from lossbook.scenarios.case import run_watched
from lossbook.schedules import Exponential


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(autouse=True)
def seeded() -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


class CNN(nn.Module):
    """A net as people write it."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(4 * 4 * 4, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).flatten(1))


class Tokens(nn.Module):
    """A model of tokens: (N, T) integers to (N, K, T) logits, as torch's losses want them."""

    def __init__(self, words: int = 12) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, 8)
        self.head = nn.Linear(8, words)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.embed(x)).transpose(1, 2)


IMAGES, CLASSES = drawn(96, 1, 8, 8), torch.arange(96) % 3
TABLE = drawn(96, 12)
TARGETS = TABLE[:, :4].sum(1, keepdim=True)
WORDS = torch.randint(0, 12, (96, 6), generator=torch.Generator().manual_seed(0))
NEXT = torch.where(WORDS % 5 == 0, -100, (WORDS + 1) % 12)


def held_out(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    return x[:64], y[:64], x[64:], y[64:]


def right_words(output: Tensor, target: Tensor) -> Tensor:
    return (output.argmax(1) == target)[target != -100].double().mean()


def experiment(kind: str = "cnn", **changes: Any) -> Experiment:
    """An experiment of torch's parts alone."""
    net, parts = {
        "cnn": lambda: (CNN(), {"data": held_out(IMAGES, CLASSES), "loss": nn.CrossEntropyLoss()}),
        "mlp": lambda: (
            nn.Sequential(nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 1)),
            {"data": held_out(TABLE, TARGETS), "loss": nn.MSELoss(), "metric": metrics.R2()},
        ),
        "tokens": lambda: (
            Tokens(),
            {"data": held_out(WORDS, NEXT), "loss": nn.CrossEntropyLoss(ignore_index=-100), "metric": right_words},
        ),
    }[kind]()
    net = changes.setdefault("model", net)
    if "optimizer" not in changes:
        changes["optimizer"] = torch.optim.Adam(net.parameters(), lr=0.01)
    return Experiment(**({"device": "cpu", "steps": 12, "batch_size": 16, "eval_every": 4} | parts | changes))


def by_hand(net: nn.Module, optimizer: Any, loss: Any, x: Tensor, y: Tensor, steps: int = 12) -> list[float]:
    """The same training in plain torch."""
    order, values = batches(len(x), 16, seed=0), []
    for _ in range(steps):
        index = torch.from_numpy(next(order))
        optimizer.zero_grad()
        value = loss(net.train()(x[index]), y[index])
        value.backward()
        optimizer.step()
        values.append(value.item())
    return values


@pytest.mark.parametrize("kind", ["cnn", "mlp", "tokens"])
def test_a_script_of_torch_trains_as_it_does_without_this_package(kind: str) -> None:
    told = experiment(kind)
    x, y, _, _ = (torch.from_numpy(array) for array in told.data.load()[:4])
    net = told.model.build()
    history = run(told)
    expected = by_hand(net, torch.optim.Adam(net.parameters(), lr=0.01), told.loss.function, x, y)
    np.testing.assert_allclose(history.loss, expected, rtol=1e-5)
    assert set(history.lr) == {0.01}
    assert history.reference_loss[-1] < history.reference_loss[0]
    assert all(map(math.isfinite, history.metric))
    assert run(told) == history  # each run trains a fresh copy


@pytest.mark.parametrize("kind", ["cnn", "mlp", "tokens"])
def test_an_experiment_of_torchs_parts_is_a_value(kind: str) -> None:
    net = experiment(kind).model.build()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    told = experiment(kind, model=net, optimizer=optimizer)
    again = experiment(kind, model=copy.deepcopy(net))
    history = run(told)
    for other in (again, copy.deepcopy(told), pickle.loads(pickle.dumps(told)), replace(told)):
        assert other == told
        assert hash(other) == hash(told)
        assert diff(other, told) == []
        assert "\n" not in repr(other)
    before = copy.deepcopy(net.state_dict())
    with torch.no_grad():  # the experiment trains the module as it was, whatever happens to it later
        for param in net.parameters():
            param.zero_()
    optimizer.param_groups[0]["lr"] = 1e9
    assert run(told) == history
    net.load_state_dict(before)
    assert not any(param.grad is not None for param in told.model.build().parameters())


def test_torchs_parts_are_told_apart() -> None:
    told = experiment("mlp")
    for name, other in {
        "model": nn.Sequential(nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 1)),
        "loss": nn.L1Loss(),
        "optimizer": torch.optim.Adam(told.model.build().parameters(), lr=0.02),
        "data": held_out(TABLE, TARGETS + 1),
    }.items():
        assert replace(told, **{name: other}) != told
        assert diff(told, replace(told, **{name: other}))[0].path.split(".")[0] == name
    assert [str(change) for change in diff(told, replace_at(told, "optimizer.lr", 0.5))] == [
        "optimizer.lr: 0.01 -> 0.5"
    ]


def test_torchs_parts_can_be_swept_ranged_and_probed() -> None:
    told = experiment("mlp")
    slow, usual = sweep(told, "optimizer.lr", [1e-4, 0.01])
    assert usual == run(told)
    assert slow.reference_loss[-1] > usual.reference_loss[-1]
    assert len(lr_range_test(told, steps=12).lrs) > 5
    history, case = run_watched(told, batches_seen=3)
    assert history == usual
    assert len(case.batches) == 3
    trained = train(case, case.start, 3)[1]
    np.testing.assert_allclose(trained, usual.loss[:3], rtol=1e-6)


def test_a_watched_run_loads_its_data_once_and_changes_nothing_in_them() -> None:
    class Counted:
        loads = 0

        def load(self) -> data.Split:
            self.loads += 1
            return split

    split = data.Split(TABLE.numpy(), TARGETS.numpy(), TABLE.numpy(), TARGETS.numpy())
    counted, kept = Counted(), [part.copy() for part in split[:4]]
    told = replace(experiment("mlp"), data=counted)
    history, case = run_watched(told, batches_seen=3)
    assert counted.loads == 1
    assert history == run(told)
    assert all(np.array_equal(part, old) for part, old in zip(split, kept, strict=False))
    assert torch.equal(case.held_out.target, TARGETS)


def test_losses_optimisers_and_data_can_be_mixed_with_this_packages_own() -> None:
    told = experiment("cnn")
    ours = replace(told, loss=losses.SoftmaxCrossEntropy(), optimizer=optim.Adam(lr=0.01))
    np.testing.assert_allclose(run(ours).loss, run(told).loss, rtol=1e-4)
    digits = Experiment(
        data.Digits(train_size=200), models.MLP((784, 10)), F.cross_entropy, optim.SGD(lr=0.1), steps=3, device="cpu"
    )
    assert run(digits).loss == pytest.approx(run(replace(digits, loss=losses.SoftmaxCrossEntropy())).loss, rel=1e-5)


# ------------------------------------------------------------------------------------------------------------- models


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (CNN, r"model must be an object, got the class CNN: write CNN\(\)"),
        (nn.Linear, r"model must be an object, got the class Linear: write Linear\(\.\.\.\)"),
        (nn.ReLU(), "model must have a parameter to train, got ReLU without any"),
        (
            nn.Linear(2, 2).requires_grad_(False),
            "model must have a parameter to train, got Linear with all of them frozen",
        ),
        (
            nn.LazyLinear(3),
            "model must have parameters with a shape, got LazyLinear before its first call: call it once",
        ),
        (
            "resnet18",
            r"model must have a method build\(\), got 'resnet18'. A torch module is taken as it is: model=net.",
        ),
        (lambda x: x, "A torch module is taken as it is: model=net."),
    ],
)
def test_models_that_cannot_be_taken_are_told_the_line_that_works(model: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        replace(experiment(), model=model)
    assert "\n" not in str(caught.value)


def test_a_module_that_cannot_be_copied_is_refused_in_a_sentence() -> None:
    net = CNN()
    net.last = net(IMAGES[:2])  # type: ignore[assignment]  # a tensor with a history
    with pytest.raises(TypeError, match=r"model must be one that copy.deepcopy can copy, got CNN \("):
        models.FromTorch(net)


def test_a_trained_module_starts_where_it_stands_in_its_own_mode_and_dtype() -> None:
    net = CNN().double().eval()
    state = copy.deepcopy(net.state_dict())
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    history = run(experiment("cnn", model=net, optimizer=optimizer, dtype="float64"))
    assert history.loss[0] != history.loss[-1]
    assert all(torch.equal(net.state_dict()[name], state[name]) for name in state)
    assert not net.training
    assert net.head.weight.dtype == torch.float64


# ------------------------------------------------------------------------------------------------------------- losses


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]), label_smoothing=0.1),
        nn.MultiMarginLoss(),
        F.cross_entropy,
        lambda output, target: F.nll_loss(output.log_softmax(1), target),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_loss_of_outputs_and_targets_is_taken(loss: Any, dtype: str) -> None:
    history = run(experiment("cnn", loss=loss, dtype=dtype, reference=nn.CrossEntropyLoss(), metric=metrics.Accuracy()))
    assert history.loss[-1] < history.loss[0]


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (nn.MSELoss, r"loss must be an object, got the class MSELoss: write MSELoss\(\)"),
        ("mse", r"loss must have a method value\(\), got 'mse'. .*: loss=torch.nn.CrossEntropyLoss\(\)."),
        (None, r"loss must have a method value\(\), got None. A torch loss or a function is taken as it is"),
        (nn.Linear(3, 1), "loss must have no parameters to train, got Linear.*: put them into the model"),
    ],
)
def test_losses_that_cannot_be_taken_are_told_the_line_that_works(loss: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        replace(experiment(), loss=loss)


def test_equal_losses_are_equal() -> None:
    weighted = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]))
    assert (
        losses.FromTorch(nn.MSELoss())
        == losses.FromTorch(nn.MSELoss())
        != losses.FromTorch(nn.MSELoss(reduction="sum"))
    )
    assert losses.FromTorch(weighted) == losses.FromTorch(copy.deepcopy(weighted))
    assert losses.FromTorch(weighted) != losses.FromTorch(nn.CrossEntropyLoss(weight=torch.tensor([1.0, 3.0])))
    assert losses.FromTorch(F.mse_loss) == losses.FromTorch(F.mse_loss) != losses.FromTorch(F.l1_loss)
    assert (repr(losses.FromTorch(F.mse_loss)), losses.FromTorch(nn.MSELoss()).name) == (
        "FromTorch(mse_loss)",
        "MSELoss",
    )


# --------------------------------------------------------------------------------------------------------- optimisers

MAKERS: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "climbing": lambda p: torch.optim.SGD(p, lr=1e-4, maximize=True),
    "adam": lambda p: torch.optim.Adam(p, lr=torch.tensor(0.01), betas=(0.8, 0.9), amsgrad=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "nadam": lambda p: torch.optim.NAdam(p, lr=0.01, decoupled_weight_decay=True),
    "radam": lambda p: torch.optim.RAdam(p, lr=0.01),
    "adamax": lambda p: torch.optim.Adamax(p, lr=0.01),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01, initial_accumulator_value=0.1),
    "adadelta": lambda p: torch.optim.Adadelta(p, lr=0.5, rho=0.8),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, centered=True),
    "rprop": lambda p: torch.optim.Rprop(p, lr=0.01, etas=(0.4, 1.3)),
    "asgd": lambda p: torch.optim.ASGD(p, lr=0.01),
    "adafactor": lambda p: torch.optim.Adafactor(p, lr=0.01),
}


def groups_of(net: nn.Module) -> list[dict[str, Any]]:
    """No weight decay on biases, and a rate of its own for the last layer; in another order than the model's."""
    weights = [param for param in net.parameters() if param.ndim > 1]
    biases = [param for param in net.parameters() if param.ndim == 1]
    return [{"params": biases, "weight_decay": 0.0}, {"params": weights[:1]}, {"params": weights[1:], "lr": 1e-3}]


FORMS: dict[str, Callable[[nn.Module], Any]] = {
    "all": lambda net: net.parameters(),
    "named": lambda net: net.named_parameters(),
    "groups": groups_of,
    "the last layer alone": lambda net: net[2].parameters(),  # type: ignore[index]
}


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_any_optimiser_of_torch_is_made_anew_with_its_settings_and_groups(maker: Any, form: Any) -> None:
    net = experiment("mlp").model.build()
    told = experiment("mlp", model=net, optimizer=maker(form(net)))
    expected = by_hand(net, maker(form(net)), nn.MSELoss(), TABLE[:64], TARGETS[:64])
    history = run(told)
    np.testing.assert_allclose(history.loss, expected, rtol=1e-5)
    assert run(told) == history
    assert pickle.loads(pickle.dumps(told)) == told == experiment("mlp", model=told.model, optimizer=told.optimizer)


def test_its_state_is_not_taken() -> None:
    net = experiment("mlp").model.build()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    fresh = run(experiment("mlp", model=net, optimizer=optimizer))
    copied = copy.deepcopy(net)
    by_hand(net, optimizer, nn.MSELoss(), TABLE, TARGETS)
    net.load_state_dict(copied.state_dict())
    assert run(experiment("mlp", model=net, optimizer=optimizer)) == fresh


def test_a_schedule_of_this_package_drives_any_of_them() -> None:
    told = replace_at(experiment("mlp"), "optimizer.lr", Exponential(lr=0.1, gamma=0.5))
    assert run(told).lr[:4] == pytest.approx((0.1, 0.05, 0.025, 0.0125))
    assert told.optimizer.scaled(2.0).lr(0) == pytest.approx(0.2)
    assert told.optimizer.with_lr(0.3).scaled(2.0).lr == 0.6


def test_this_packages_own_optimiser_is_its_rule() -> None:
    net = experiment("mlp").model.build()
    rule = optim.SGD(lr=0.1, momentum=0.9)
    assert experiment("mlp", model=net, optimizer=optim.TorchOptimizer(net.parameters(), rule)).optimizer == rule


class Own(torch.optim.Optimizer):
    """A user's optimiser, with an argument that is not in its groups."""

    def __init__(self, params: Any, lr: float, secret: int = 0) -> None:
        super().__init__(params, {"lr": lr, "twice": 2 * secret})


def test_optimisers_that_cannot_be_taken_are_told_the_line_that_works() -> None:
    net, other = CNN(), CNN()
    scheduled = torch.optim.SGD(net.parameters(), lr=0.1)
    torch.optim.lr_scheduler.StepLR(scheduled, 3)
    hooked = torch.optim.SGD(net.parameters(), lr=0.1)
    hooked.register_step_post_hook(lambda *_: None)
    cases: list[tuple[Any, str]] = [
        (
            torch.optim.Adam,
            r"got the class Adam: write torch.optim.Adam\(net.parameters\(\), lr=0.1\), with the module",
        ),
        (
            "adam",
            r"optimizer must have a method update\(\), got 'adam'. .*torch.optim.SGD\(net.parameters\(\), lr=0.1\)",
        ),
        (None, r"optimizer must have a method update\(\), got None. One of torch's is taken as it is"),
        (torch.optim.LBFGS(net.parameters()), "optimizer must step once on a batch, got LBFGS, which calls a closure"),
        (
            torch.optim.SGD(other.parameters(), lr=0.1),
            "optimizer must hold parameters of the module that is given as model",
        ),
        (
            torch.optim.SGD([*net.parameters(), *other.parameters()], lr=0.1),
            "optimizer must hold parameters of the module",
        ),
        (
            scheduled,
            r"optimizer must have no scheduler .*replace_at\(experiment, 'optimizer.lr', lossbook.schedules.Cosine",
        ),
        (hooked, "optimizer must have no scheduler and no hook"),
        (
            Own(net.parameters(), 0.1, 3),
            r"optimizer must be one that Own\(params, \*\*settings\) makes, .*twice would be 0",
        ),
    ]
    for optimizer, words in cases:
        with pytest.raises((TypeError, ValueError), match=words) as caught:
            experiment("cnn", model=net, optimizer=optimizer)
        assert "\n" not in str(caught.value)
    groups = torch.optim.SGD([{"params": net.head.parameters()}, {"params": net.features.parameters()}], lr=0.1)
    with pytest.raises(
        ValueError, match="optimizer must hold parameters of the module that is given as model, got others"
    ):
        experiment("cnn", model=models.MLP((64, 3)), optimizer=groups)
    with pytest.raises(ValueError, match="groups must name parameters of the model, which has 2, got number 5"):
        run(
            replace(experiment("cnn", model=net, optimizer=groups), model=nn.Sequential(nn.Flatten(), nn.Linear(64, 3)))
        )
    with pytest.raises(ValueError, match="settings of SGD must be one of .*, got 'momentun'. Did you mean 'momentum'"):
        optim.FromTorch(torch.optim.SGD, 0.1, {"momentun": 0.9})
    with pytest.raises(TypeError, match="kind must be a class of torch's optimisers, as torch.optim.SGD, got 'SGD'"):
        optim.FromTorch("SGD", 0.1)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------------------------- data


class Doubled(Dataset):
    """A user's dataset."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return torch.full((2,), float(index)), 2 * index


class Stream(IterableDataset):
    def __iter__(self) -> Any:
        return iter([(torch.zeros(2), 0)])


PAIRS = TensorDataset(drawn(40, 3), torch.arange(40))
REST = TensorDataset(drawn(8, 3, seed=1), torch.arange(8))


def test_loaders_give_all_their_examples_in_order_and_draw_nothing() -> None:
    loader, held = DataLoader(PAIRS, batch_size=7, shuffle=True, drop_last=True), DataLoader(REST, batch_size=3)
    state = torch.get_rng_state()
    split = data.FromTorch(loader, held).load()
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(split.train_x, PAIRS.tensors[0])
    np.testing.assert_array_equal(split.train_y, np.arange(40))
    np.testing.assert_array_equal(split.val_x, REST.tensors[0])


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (Doubled(), range(0, 20, 2)),
        (DataLoader(Doubled(), batch_size=None), range(0, 20, 2)),
        (DataLoader(PAIRS, sampler=SubsetRandomSampler([5, 3, 8])), [5, 3, 8]),
        (torch.utils.data.Subset(PAIRS, [1, 2]), [1, 2]),
        (
            DataLoader(Doubled(), collate_fn=lambda rows: ([x for x, _ in rows], [-y for _, y in rows])),
            range(0, -20, -2),
        ),
    ],
)
def test_datasets_subsets_and_own_collations_are_taken(train: Any, expected: Any) -> None:
    assert data.FromTorch(train, REST).load().train_y.tolist() == list(expected)


def test_an_experiment_takes_the_batches_of_its_training_loader() -> None:
    base = {"model": models.MLP((3, 40)), "loss": nn.CrossEntropyLoss(), "optimizer": optim.SGD(lr=0.1)}
    loaders = DataLoader(PAIRS, batch_size=7, shuffle=False), DataLoader(REST, batch_size=3)
    told = Experiment(data=loaders, **base)
    assert (told.batch_size, told.shuffle) == (7, False)
    assert Experiment(data=list(loaders), **base) == told
    assert replace(told, batch_size=5).batch_size == 5  # the examples have been read already, so the new number counts
    assert Experiment(data=(DataLoader(PAIRS, shuffle=True), REST), **base).shuffle
    assert Experiment(data=(PAIRS, REST), **base).batch_size == 64
    with pytest.raises(
        ValueError, match="batch_size must be that of the training loader, 7, got 32: write batch_size=7"
    ):
        Experiment(data=loaders, batch_size=32, **base)
    split = random_split(PAIRS, [0.75, 0.25], generator=torch.Generator().manual_seed(0))
    assert len(load(Experiment(data=split, **base), torch.device("cpu"), torch.float32)["val_x"]) == 10


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            DataLoader(PAIRS),
            r"data must have a held-out part, got DataLoader alone: write data=\(train_loader, val_loader\)",
        ),
        (PAIRS, r"got TensorDataset alone: .* data=torch.utils.data.random_split\(dataset, \[0.8, 0.2\]\)"),
        (
            (IMAGES, CLASSES),
            r"data must have a held-out part, got a tuple of 2: .* data=\(x\[:n\], y\[:n\], x\[n:\], y\[n:\]\)",
        ),
        ([DataLoader(PAIRS)], "data must have a held-out part, got a list of 1"),
        (IMAGES, r"data must have a method load\(\), got tensor.* data=\(train_x, train_y, val_x, val_y\)"),
        (
            None,
            r"data must have a method load\(\), got None. Arrays are taken as data=\(train_x, train_y, val_x, val_y\)",
        ),
        (DataLoader, r"data must be an object, got the class DataLoader: write DataLoader\(\.\.\.\)"),
        (
            (IMAGES[:3], CLASSES, IMAGES, CLASSES),
            "train_x and train_y must hold the same number of examples, got 3 and 96",
        ),
        ((Stream(), REST), r"train must have a length and an order, .*: write data=\(train_x, train_y, val_x, val_y\)"),
        ((PAIRS, DataLoader(Stream())), "val must have a length and an order"),
        (
            (DataLoader(PAIRS, sampler=WeightedRandomSampler([1.0] * 40, 40)), REST),
            "train must .* with WeightedRandomSampler",
        ),
        (
            (DataLoader(PAIRS, sampler=RandomSampler(PAIRS, replacement=True)), REST),
            "train must give each example once",
        ),
        ((TensorDataset(IMAGES), REST), r"train must give pairs \(x, y\), got list of 1"),
        ((TensorDataset(IMAGES, CLASSES, CLASSES), REST), r"train must give pairs \(x, y\), got list of 3"),
        (([(torch.ones(1), 0), (torch.ones(2), 0)], REST), "data must have a held-out part, got a tuple of 2"),
        (
            (DataLoader([(torch.ones(1), 0), (torch.ones(2), 0)]), REST),
            r"train must give pairs .* of numbers in one shape",
        ),
        ((DataLoader([(object(), 0)]), REST), r"train must give pairs \(x, y\) of numbers in one shape"),
        (
            (DataLoader([(torch.ones(1), "a")]), REST),
            "train_y must hold numbers, got dtype <U1: class labels are 0..K-1",
        ),
        (
            (TensorDataset(IMAGES.to(torch.uint8), CLASSES), REST),
            r"train_x must not be bytes .* write x.float\(\) / 255",
        ),
        ((TensorDataset(IMAGES[:0], CLASSES[:0]), REST), "train must hold at least one example"),
    ],
)
def test_data_that_cannot_be_taken_are_told_the_line_that_works(given: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        replace(experiment(), data=given)
    assert "\n" not in str(caught.value)


def test_data_from_torch_are_a_value() -> None:
    source = TensorDataset(PAIRS.tensors[0].clone(), PAIRS.tensors[1])
    one = data.FromTorch(DataLoader(source, collate_fn=lambda rows: torch.utils.data.default_collate(rows)), REST)
    source.tensors[0].zero_()
    np.testing.assert_array_equal(one.load().train_x, PAIRS.tensors[0])
    one.load().train_x[:] = 0
    np.testing.assert_array_equal(one.load().train_x, PAIRS.tensors[0])
    assert one == data.FromTorch(PAIRS, REST) == pickle.loads(pickle.dumps(one)) == replace(one)
    assert hash(one) == hash(data.FromTorch(PAIRS, REST))
    assert one != data.FromTorch(REST, PAIRS)
    assert repr(one) == "FromTorch(train_x (40, 3), train_y (40,), val_x (8, 3), val_y (8,))"
