"""The callback of Hugging Face's Trainer: the training stays the same bit for bit, and the report is of use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

transformers = pytest.importorskip("transformers", reason="needs transformers: pip install 'lossbook[huggingface]'")

from lossbook.integrations.huggingface import WatchCallback  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),  # peft's
    pytest.mark.filterwarnings("ignore:'pin_memory' argument is set as true"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning"),
]
BERT = {"vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "accumulating": {"gradient_accumulation_steps": 4, "per_device_train_batch_size": 2},
    "bf16": {"bf16": True},
    "evaluated": {"eval_strategy": "steps", "eval_steps": 3},
}


def rows(count: int = 96) -> list[dict[str, Tensor]]:
    """Six words each; the label says whether the first is of the second half of the vocabulary."""
    words = torch.randint(0, 20, (count, 6), generator=torch.Generator().manual_seed(0))
    return [{"input_ids": row, "labels": (row[0] >= 10).long()} for row in words]


def model(dropout: float = 0.1) -> Any:
    torch.manual_seed(0)
    config = transformers.BertConfig(**BERT, hidden_dropout_prob=dropout, num_labels=2)
    return transformers.BertForSequenceClassification(config)


def lora() -> Any:
    peft = pytest.importorskip("peft", reason="needs peft: pip install 'lossbook[huggingface]'")
    return peft.get_peft_model(model(), peft.LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query", "value"]))


def trained(net: Any, folder: Path, *callbacks: Any, **settings: Any) -> Any:
    given = {"per_device_train_batch_size": 8, "num_train_epochs": 1, "learning_rate": 1e-2, "max_grad_norm": 1.0}
    quiet = {"report_to": "none", "save_strategy": "no", "disable_tqdm": True, "use_cpu": True, "seed": 3}
    args = transformers.TrainingArguments(str(folder), **{**given, **quiet, **settings})
    trainer = transformers.Trainer(net, args, train_dataset=rows(), eval_dataset=rows(16), callbacks=list(callbacks))
    trainer.train()
    return trainer


@pytest.mark.parametrize("kind", [*KINDS, "lora"])
def test_a_watched_training_is_the_same_bit_for_bit(kind: str, tmp_path: Path) -> None:
    make, settings = (lora if kind == "lora" else model), KINDS.get(kind, {})
    watching = WatchCallback()
    alone, watched = (trained(make(), tmp_path, *more, **settings) for more in ((), (watching,)))
    for one, other in zip(*(each.model.state_dict().values() for each in (alone, watched)), strict=True):
        assert torch.equal(one, other)
    assert [row.get("loss") for row in alone.state.log_history] == [
        row.get("loss") for row in watched.state.log_history
    ]
    case = watching.case()
    seen = case.seen
    assert seen.gaps == ()
    assert (seen.steps, seen.backwards) == ((12, 48) if kind == "accumulating" else (12, 12))
    if kind == "bf16":  # accelerate puts it into the model's own forward, which copies take along
        copy = case.start.model.eval()
        in_half, in_full = (
            forward(**case.batches[0].kwargs).logits for forward in (copy, type(copy).forward.__get__(copy))
        )
        assert not torch.equal(in_half, in_full)
    assert len(case.batches) > 0
    assert case.loss is not None
    assert len(case.log.val_loss.values) == (4 if kind == "evaluated" else 0)
    assert (case.held_out is not None) == (kind == "evaluated")


def test_the_report_names_a_cause(tmp_path: Path) -> None:
    watching = WatchCallback()
    trained(model(0.0), tmp_path, watching, learning_rate=30.0, max_grad_norm=0.0, num_train_epochs=3)
    report = watching.report(steps=600, progress=False)
    assert not report.healthy
    assert "lr-too-high" in [finding.cause for finding in report.findings], report


def test_after_an_exception_the_report_says_how_the_training_ended(tmp_path: Path) -> None:
    class Falls(transformers.TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step == 5:
                raise OverflowError("on purpose")

    watching = WatchCallback()
    with pytest.raises(RuntimeError, match="report\\(\\) must come after the training"):
        watching.report()
    with pytest.raises(OverflowError):
        trained(model(), tmp_path, watching, Falls())
    report = watching.report(budget=0, progress=False)
    assert "The training did not come to its end." in report.notes
    try:
        trained(model(), tmp_path, watching, Falls())
    except OverflowError:
        report = watching.report(budget=0, progress=False)
    assert "The training ended with OverflowError after 5 steps." in report.notes
