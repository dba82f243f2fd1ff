"""The callback of Lightning's Trainer: the training stays the same bit for bit, and the report is of use."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

L = pytest.importorskip("lightning.pytorch", reason="needs lightning: pip install 'lossbook[lightning]'")

from lossbook.integrations.lightning import WatchCallback  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:The '.*_dataloader' does not have many workers"),
    pytest.mark.filterwarnings("ignore:`isinstance\\(treespec, LeafSpec\\)` is deprecated"),
    pytest.mark.filterwarnings("ignore:You defined a `validation_step` but have no"),
]


def loader(seed: int = 0, count: int = 96) -> DataLoader[Any]:
    x = torch.randn(count, 4, generator=torch.Generator().manual_seed(seed))
    return DataLoader(TensorDataset(x, (x[:, 0] > 0).long()), batch_size=8)


def layers() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.1), nn.Tanh(), nn.Linear(8, 2))


class Base(L.LightningModule):
    """What the modules below share. Each calls its nets in another way."""

    lr = 0.1

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        x, y = batch
        loss = F.cross_entropy(self.scores(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        x, y = batch
        self.log("val_loss", F.cross_entropy(self.scores(x), y))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.lr)

    def scores(self, x: Tensor) -> Tensor:
        raise NotImplementedError


class CallsItself(Base):
    def __init__(self) -> None:
        super().__init__()
        self.net = layers()

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)

    def scores(self, x: Tensor) -> Tensor:
        return self(x)


class CallsItsNet(CallsItself):
    """Its ``forward`` is for predictions alone, as in Lightning's first example."""

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x).argmax(1)

    def scores(self, x: Tensor) -> Tensor:
        return self.net(x)


class CallsTwoNets(Base):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.head = layers(), nn.Linear(2, 2)

    def scores(self, x: Tensor) -> Tensor:
        return self.head(self.encoder(x))


class StepsItself(CallsItself):
    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False

    def training_step(self, batch: Any, batch_idx: int) -> None:
        optimizer: Any = self.optimizers()
        optimizer.zero_grad()
        self.manual_backward(super().training_step(batch, batch_idx))
        optimizer.step()


def fitted(kind: type[Base], *callbacks: Any, lr: float = 0.1, held_out: Any = None, **settings: Any) -> Any:
    torch.manual_seed(0)
    module = kind()
    module.lr = lr
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    quiet |= {"enable_model_summary": False, "accelerator": "cpu", "max_epochs": 1}
    L.Trainer(callbacks=list(callbacks), **{**quiet, **settings}).fit(module, loader(), held_out)
    return module


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (CallsItself, {}),
        (CallsItself, {"accumulate_grad_batches": 4}),
        (CallsItself, {"precision": "bf16-mixed"}),
        (CallsItself, {"held_out": loader(1, 16), "val_check_interval": 3}),
        (CallsItsNet, {}),
        (CallsTwoNets, {}),
        (CallsTwoNets, {"accumulate_grad_batches": 4}),
        (StepsItself, {}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "-".join(value),
)
def test_a_watched_training_is_the_same_bit_for_bit(kind: type[Base], settings: dict[str, Any]) -> None:
    watching = WatchCallback()
    alone, watched = fitted(kind, **settings), fitted(kind, watching, **settings)
    one, other = alone.state_dict(), watched.state_dict()
    assert list(one) == list(other)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert "training_step" not in vars(watched)
    assert not any(len(part._forward_pre_hooks) for part in watched.modules())
    case = watching.case()
    seen = case.seen
    assert seen.gaps == ()
    assert (seen.forwards, seen.backwards, seen.steps) == (12, 12, 3 if "accumulate_grad_batches" in settings else 12)
    assert seen.autocast == ("bfloat16" if "precision" in settings else "off")
    assert seen.not_in_optimizer == ()
    assert len(case.batches) == 12
    assert case.loss_of is not None
    named = "0.weight" if kind is CallsItsNet else next(iter(one))
    assert next(iter(dict(case.start.model.named_parameters()))) == named
    assert len(case.log.val_loss.values) == (4 if "held_out" in settings else 0)
    assert (case.held_out is not None) == ("held_out" in settings)


@pytest.mark.parametrize("kind", [CallsItself, CallsTwoNets])
def test_the_report_names_a_cause(kind: type[Base]) -> None:
    watching = WatchCallback()
    fitted(kind, watching, lr=300.0, max_epochs=3)
    report = watching.report(steps=600, progress=False)
    assert "lr-too-high" in [finding.cause for finding in report.findings], report


@pytest.mark.parametrize("kind", [CallsItself, CallsTwoNets])
def test_in_a_sound_training_no_cause_is_found(kind: type[Base]) -> None:
    watching = WatchCallback()
    fitted(kind, watching, lr=0.3, max_epochs=6)
    report = watching.report(steps=600, progress=False)
    assert report.findings == (), report


def test_after_an_exception_the_report_says_how_the_training_ended() -> None:
    class Falls(L.Callback):
        def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
            if batch_idx == 5:
                raise OverflowError("on purpose")

    watching = WatchCallback()
    with pytest.raises(RuntimeError, match=r"report\(\) must come after the training"):
        watching.report()
    with pytest.raises(OverflowError):
        fitted(CallsTwoNets, watching, Falls())
    report = watching.report(budget=0, progress=False)
    assert "The training ended with OverflowError after 5 steps." in report.notes
