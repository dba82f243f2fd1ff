"""The readers of logs: what each format holds, what is wrong with a file, and that no text breaks them."""

from __future__ import annotations

import io
import json
import math
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from curve_files import COUNT, LOGS, LOSS, STEPS, VAL, lines, table
from histories import HISTORY
from hypothesis import given, settings
from hypothesis import strategies as st

from lossbook import Curve, read_curve, symptom
from lossbook.recorded import FORMATS
from lossbook.recorded.reading import read_stream
from lossbook.recorded.source import LARGEST_DOCUMENT, Source


def read(content: bytes | str, **options: str) -> Curve:
    """The curve of a log with this content."""
    return read_stream(io.BytesIO(content if isinstance(content, bytes) else content.encode()), "log", **options)


def rows(*told: dict[str, object]) -> Curve:
    return read(lines(list(told)))


@pytest.mark.parametrize("name", LOGS)
def test_the_losses_of_each_program_are_read(name: str, tmp_path: Path) -> None:
    log = LOGS[name]
    (tmp_path / "log").write_bytes(log.content)
    curve = read_curve(tmp_path / "log")
    assert curve.notes[0] == f"read as {FORMATS[log.kind].title}"
    np.testing.assert_allclose(curve.loss, log.loss, rtol=1e-3, err_msg=str(curve.notes))
    np.testing.assert_allclose(curve.val_loss, log.val, rtol=1e-3, err_msg=str(curve.notes))
    if log.step is not None:
        np.testing.assert_array_equal(curve.step, log.step)
    assert (np.diff(curve.step) > 0).all()
    assert ((curve.val_step >= curve.step[0]) & (curve.val_step <= curve.step[-1])).all()


def test_what_torch_writes_for_tensorboard_is_read(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="torch writes event files only where tensorboard is installed")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        for step, loss in zip(STEPS, LOSS, strict=True):
            writer.add_scalar("Loss/train", loss, step)
    curve = read_curve(next(tmp_path.iterdir()))
    np.testing.assert_allclose(curve.loss, LOSS, rtol=1e-6)
    assert curve.step.tolist() == STEPS


def test_every_format_has_a_log_here() -> None:
    assert {log.kind for log in LOGS.values()} == set(FORMATS)


@pytest.mark.parametrize(
    "name", ["trainer_state", "lightning", "nanogpt", "events", "pytorch_mnist", "trainer_console"]
)
def test_held_out_losses_stand_where_they_were_measured(name: str) -> None:
    curve = read(LOGS[name].content)
    after = [int(np.flatnonzero(curve.step <= step)[-1]) for step in curve.val_step]
    assert after == [3, 7, 11]


def test_a_history_of_lossbook_is_read(tmp_path: Path) -> None:
    HISTORY.save(tmp_path / "run.json")
    curve = read_curve(tmp_path / "run.json")
    assert curve.loss.tolist() == list(HISTORY.loss)
    assert curve.val_loss.tolist() == list(HISTORY.val_loss)


@pytest.mark.parametrize(
    "last",
    [
        *(f"step 3: loss {word}" for word in ("NaN", "nan", "inf", "-inf", "Infinity")),
        *(f'{{"step": 3, "loss": {word}}}' for word in ("NaN", "Infinity", "-Infinity", '"NaN"', '"inf"')),
    ],
)
def test_a_number_that_is_not_finite_is_kept(last: str) -> None:
    before = ('{"step": 1, "loss": 2.3}', '{"step": 2, "loss": 2.2}') if "{" in last else ("step 1: loss 2.3",)
    curve = read("\n".join([*before, last]))
    assert not math.isfinite(curve.loss[-1])
    assert symptom(curve).code == "non-finite"


@pytest.mark.parametrize(
    "line",
    [
        "{} {:.4f}",
        "({}, {:.4f})",
        "step {} loss tensor({:.4f}, device='cuda:0')",
        "step   {}/10 | loss {:.4f} (+nanz)| norm 1.5 (+nanz)| lr 6e-4 | 100.0 ms | 5000 tok/s",
        "step 1,{}00: loss {:.4f}",
        "Loss at step {}: {:.4f}",
        "Training loss (for one batch) at step {}: {:.4f}",
        "I0101 10:00:00.000000 1234 train.py:88] step: {}, loss: {:.4f}",
        "Steps:  5%|# | {}/1000 [00:01<10:00,  1.2it/s, lr=0.0001, step_loss={:.4f}]\r",
        "[07/01 10:00:00] d2 INFO:  eta: 0:10:00  iter: {}  total_loss: {:.4f}  loss_cls: 0.5  max_mem: 3000M",
        "2024-01-01 10:00:00,123 - mmdet - INFO - Epoch [1][{}/7330]\ttime: 0.5, loss_bbox: 0.1, loss: {:.4f}",
        "05/01 12:00:00 - mmengine - INFO - Epoch(train)  [1][{}/7330]  time: 0.5  loss: {:.4f}  loss_cls: 0.5",
        "[0/25][{}/1583]\tLoss_D: {:.4f}\tLoss_G: 5.0\tD(x): 0.5",
        "{{'loss': '{1:.4f}', 'grad_norm': '1.2', 'learning_rate': '0.0002', 'epoch': '0.0{0}'}}",
        "| {} | {:.4f} |",
        "Epoch {}/9\n1875/1875 - 3s - loss: {:.4f} - accuracy: 0.9 - 3s/epoch",
        "Epoch {}\nTraining loss: {:.4f}\nValidation loss: 2.0",
    ],
)
def test_lines_that_programs_and_people_print_are_read(line: str) -> None:
    losses = [2.3 - index / 10 for index in range(1, 9)]
    head = "| step | loss |\n|---|---|\n" if line.startswith("|") else ""
    curve = read(head + "".join(f"{line.format(index, loss)}\n" for index, loss in enumerate(losses, start=1)))
    np.testing.assert_allclose(curve.loss, losses, rtol=1e-4, err_msg=str(curve.notes))


def test_a_printed_tensor_is_a_loss() -> None:
    assert read("tensor(2.3, grad_fn=<NllLossBackward0>)\ntensor(2.1, grad_fn=<NllLossBackward0>)").loss.tolist() == [
        2.3,
        2.1,
    ]


@pytest.mark.parametrize("spelled", ["NA", "null", "None", "N/A"])
def test_what_is_missing_at_the_end_of_the_training_loss_is_nan_and_elsewhere_was_not_logged(spelled: str) -> None:
    ends = read(f"step,loss\n1,2.3\n2,2.2\n3,{spelled}\n4,{spelled}\n")
    assert np.isnan(ends.loss).tolist() == [False, False, True, True]
    between = read(f"step,loss\n1,2.3\n2,{spelled}\n3,2.1\n4,2.0\n")
    assert between.loss.tolist() == [2.3, 2.1, 2.0]
    held_out = read(f"step,loss,val_loss\n1,2.3,2.4\n2,2.2,{spelled}\n3,{spelled},2.1\n")
    assert held_out.loss.tolist() == [2.3, 2.2]
    assert held_out.val_loss.tolist() == [2.4, 2.1]


def test_an_empty_cell_was_not_logged() -> None:
    curve = read("step,loss,lr\n1,2.3,0.1\n2,,0.1\n3,2.1,0.1\n4,,0.1\n")
    assert (curve.step.tolist(), curve.loss.tolist()) == ([1, 3], [2.3, 2.1])


def test_a_loss_of_0_whose_gradient_is_nan_is_a_hidden_nan() -> None:
    curve = rows({"step": 1, "loss": 2.3, "grad_norm": 1.0}, {"step": 2, "loss": 0.0, "grad_norm": float("nan")})
    assert np.isnan(curve.loss).tolist() == [False, True]
    assert "1 losses of 0 whose gradient is NaN were read as NaN" in curve.notes
    honest = rows({"step": 1, "loss": 2.3, "grad_norm": 1.0}, {"step": 2, "loss": 0.0, "grad_norm": 0.0})
    assert honest.loss.tolist() == [2.3, 0.0]


def test_of_a_step_that_was_logged_twice_after_a_resume_the_last_number_counts() -> None:
    curve = read(LOGS["lightning_resumed"].content)
    assert "resumed at step 80: the last number of each step counts" in curve.notes
    assert curve.loss[7] == LOSS[7]


def test_of_several_runs_the_last_is_taken_or_the_one_that_is_named() -> None:
    both = table([["step", "loss", "val_loss"], *([i, 3.0, 3.5] for i in range(5)), *([i, 2.0, 2.5] for i in range(3))])
    last = read(both)
    assert (last.loss.tolist(), last.val_loss.tolist()) == ([2.0] * 3, [2.5] * 3)
    assert "the steps begin anew: 2 runs are in the log, and number 2 was taken" in last.notes
    first = read(both, run="1")
    assert (first.loss.tolist(), first.val_loss.tolist()) == ([3.0] * 5, [3.5] * 5)
    with pytest.raises(ValueError, match="'log' .* run must be a number from 1 to 2, got '3'."):
        read(both, run="3")
    chart = LOGS["wandb_chart"].content
    assert read(chart, run="old-hill-2").loss.tolist() == [9.0] * 7
    assert any("2 runs are in the log (calm-sea-1, old-hill-2), and 'calm-sea-1'" in note for note in read(chart).notes)
    with pytest.raises(ValueError, match="run must be one of 'calm-sea-1', 'old-hill-2', got 'new'"):
        read(chart, run="new")


def test_batches_that_are_counted_anew_in_each_epoch_are_one_run() -> None:
    text = "".join(
        f"epoch {epoch} batch {batch} loss {3 - epoch - batch / 10}\n" for epoch in (0, 1, 2) for batch in (1, 2)
    )
    curve = read(text)
    assert len(curve.loss) == 6
    assert not any("runs" in note or "resumed" in note for note in curve.notes)


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        ("loss,train_loss_epoch,val_loss,loss_scale", "loss"),
        ("lr,train_loss", "train_loss"),
        ("val_dice,train/loss,best_loss", "train/loss"),
        ("loss_scale,Loss/train", "Loss/train"),
        ("lm loss,grad_norm", "lm loss"),
        ("loss_cls,loss_bbox,total_loss", "total_loss"),
        ("train_loss_ce,train_loss,test_loss", "train_loss"),
        ("min_loss,training loss,max_loss", "training loss"),
        ("objective/kl,d_loss,g_loss", "d_loss"),
    ],
)
def test_the_loss_that_is_trained_on_is_known_by_its_name(names: str, taken: str) -> None:
    count = names.count(",") + 1
    curve = read(f"step,{names}\n" + "".join(f"{i},{','.join([str(2.5 - i / 10)] * count)}\n" for i in range(4)))
    assert curve.notes[1].startswith(f"the loss is {taken!r}")


def test_parts_are_added_up_only_if_no_total_is_logged() -> None:
    parts = read("step,train/a_loss,train/b_loss\n1,1.0,0.5\n2,0.5,0.25\n")
    assert parts.loss.tolist() == [1.5, 0.75]
    assert "no total is logged; 'train/a_loss + train/b_loss' was added up" in parts.notes
    assert read("step,a_loss,b_loss,loss\n1,1.0,0.5,1.5\n2,0.5,0.25,0.75\n").loss.tolist() == [1.5, 0.75]


def test_a_column_can_be_named_by_its_end() -> None:
    text = "step,train/a_loss,train/loss,val/loss\n1,1.0,0.5,3\n2,0.5,0.25,4\n"
    assert read(text, column="a_loss").loss.tolist() == [1.0, 0.5]
    assert read(text, val="train/a_loss").val_loss.tolist() == [1.0, 0.5]
    with pytest.raises(ValueError, match="there is no column 'los'; there are train/a_loss, train/loss, val/loss."):
        read(text, column="los")
    with pytest.raises(ValueError, match="column must be a name, got 3"):
        read_curve("log", column=3)  # type: ignore[arg-type]


def test_a_total_that_is_never_reset_is_taken_apart() -> None:
    losses = [2.0 * 0.95**i for i in range(20)]
    curve = read("".join(f"step {i}: running loss {sum(losses[: i + 1]):.6f}\n" for i in range(20)))
    np.testing.assert_allclose(curve.loss, losses, atol=2e-6)
    assert "a total that is never reset" in curve.notes[-1]
    grown = read("".join(f"step {i}: loss {2 * 1.2**i}\n" for i in range(20)))
    assert grown.loss[-1] == pytest.approx(2 * 1.2**19)


def test_bits_are_known_by_the_perplexity() -> None:
    assert read(LOGS["fairseq"].content).unit == "bits"
    nats = read("".join(f"step {i}: loss {loss}, ppl {math.exp(loss):.4f}\n" for i, loss in enumerate(LOSS)))
    assert nats.unit == ""


def test_a_score_stands_on_the_clock_of_the_held_out_data() -> None:
    curve = read("epoch,loss,accuracy,val_loss,val_accuracy\n0,2.3,0.1,2.2,0.2\n1,2.1,0.3,2.0,0.4\n")
    assert curve.metric.tolist() == [0.2, 0.4]
    alone = read(LOGS["mmengine"].content)  # accuracy on the batch is no held-out score
    assert (len(alone.val_loss), alone.metric.tolist()) == (0, [0.25] * 3)
    assert ((alone.val_step > 30) & (alone.val_step <= STEPS[-1])).all()  # its own clock counts epochs


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it must hold losses, and is empty"),
        (b"\n \n", "it must hold losses, and is empty"),
        (b"2.3\n", "it must hold at least 2 losses, and holds one loss"),
        (b"loss\nnan\nnan\n", "it must hold a loss that is a finite number, and every one is NaN or infinite"),
        (b"step,acc,lr\n1,0.5,0.1\n2,0.6,0.1\n", "it must have a column with the training loss, and there are acc, lr"),
        (b'{"log_history": [{"loss": 2.3, "step": 1}, {"loss"', "it must be JSON, and it ends in the middle"),
        (b'{"loss": [2.3,,]}', "it must be JSON, and line 1 is none"),
        (b"[" * 100_000, "its JSON must not be nested so deeply"),
        (b'{"loss": [' + b"1" * 5000 + b", 2]}", "its numbers must be shorter"),
        ("loss\n2.3\n2.2\n".encode("utf-16"), "it must be text in UTF-8, and is in UTF-16; save it again"),
        ("loss\n2.3\n2.2\n".encode("utf-16-le"), "it must be text in UTF-8, and is in UTF-16; save it again"),
        (
            b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
            "it must be text or a TensorBoard event file, and holds other bytes",
        ),
        (pickle.dumps([2.3, 2.2]), "it must be text or a TensorBoard event file, and holds other bytes"),
        (b"Some words about a loss.\n", "it must have a column with the training loss, and no numbers with names"),
        (b"1 2 3\n4 5 6\n", "its 3 columns must have names in a first line, so that one can be chosen"),
        (b"loss " * 1_000_000, "its lines must be shorter than 4 MB"),
    ],
)
def test_a_log_that_holds_no_curve_is_refused_in_one_sentence(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(ValueError, match="^'.*log' cannot be read as a curve: .*\\.$") as refused:
        read_curve(tmp_path / "log")
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, why in (
        (tmp_path, "must be a file with losses, and is a folder."),
        (tmp_path / "none", "cannot be read: No such file or directory."),
        ("~nobody-of-that-name/log", "path must begin with a home folder that exists"),
        ("a\0b", "path must be the name of a file"),
        (None, "path must be the name of a file, got None."),
    ):
        with pytest.raises(ValueError, match="must|cannot") as refused:
            read_curve(path)  # type: ignore[arg-type]
        assert why in str(refused.value)


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ValueError, match="'.*log' cannot be read: Permission denied."):
        read_curve(tmp_path / "log")


def test_a_document_of_more_than_200_mb_is_refused() -> None:
    class Large(io.RawIOBase):
        given = 0

        def read(self, count: int = -1) -> bytes:
            self.given += count
            return b'{"loss": [' + b"1, " * (count // 3) if self.given <= LARGEST_DOCUMENT + 2**22 else b""

    with pytest.raises(ValueError, match="one JSON document must have 200 MB at most"):
        read_stream(Large(), "log")  # type: ignore[arg-type]


def test_what_stands_between_the_rows_is_left_out_and_told() -> None:
    assert read("step,loss\n1,2.3\nstep,loss\n2,2.2\nbroken\n3,2.1\n").notes[-1] == (
        "1 line with another number of cells was left out"
    )
    cut = read(lines([{"step": 1, "loss": 2.3}, {"step": 2, "loss": 2.2}]) + b'{"step": 3, "lo')
    assert (cut.loss.tolist(), cut.notes[-1]) == ([2.3, 2.2], "1 line without a whole object of JSON was left out")
    assert "the last record is cut off or broken, and was left out" in read(LOGS["events cut off"].content).notes


def test_a_long_log_is_thinned_and_keeps_its_first_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lossbook.recorded.table.MOST", 5000)
    losses = [2.3 * 0.9999**i for i in range(19_000)]
    losses[7777] = math.nan
    curve = read("".join(f"iter {i}: loss {loss:.5f}\n" for i, loss in enumerate(losses)))
    assert 2000 < len(curve.loss) <= 5001
    assert curve.step[np.isnan(curve.loss)].tolist() == [7777]
    assert any(note.startswith("'loss' was thinned: one of 4 numbers was kept, of 19000") for note in curve.notes)


def test_the_memory_does_not_grow_with_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times as many lines take hardly more, since rows are thinned and chunks are forgotten."""
    monkeypatch.setattr("lossbook.recorded.table.MOST", 5000)
    monkeypatch.setattr("lossbook.recorded.source.CHUNK", 2**14)
    peaks = []
    for count in (1000, 10_000, 40_000):  # the first fills what is remembered of names
        log = "".join(f"iter {i}: loss {2.3 - i / 1e6:.6f}, time 9.73ms\n" for i in range(count)).encode()
        tracemalloc.start()
        read(log)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]


NAMES = ("loss", "val_loss", "step", "epoch", "train", "mode", "ppl", "grad_norm", "test", "acc", '{"loss": 1}')
NUMBERS = ("nan", "inf", "NA", "null", "1", "2.5", "1e400", "-0", "9" * 20, "10/20")
PIECES = st.sampled_from([*NAMES, *NUMBERS, *"{}[]:=,;|#/\"'\t \n\r", "\x1b[0m", "\x08", "…"])


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.lists(PIECES, min_size=1, max_size=60).map("".join).map(str.encode),
        st.text(max_size=200).map(lambda text: text.encode("utf8", "replace")),
        st.binary(max_size=300),
    )
)
def test_any_bytes_give_a_curve_or_one_sentence(content: bytes) -> None:
    _read_or_refused(content)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(LOGS)), st.data())
def test_a_log_that_was_damaged_gives_a_curve_or_one_sentence(name: str, data: st.DataObject) -> None:
    content = bytearray(LOGS[name].content)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content)))
        gone, put = data.draw(st.integers(0, 40)), data.draw(PIECES).encode()
        content[at : at + gone] = put
    _read_or_refused(bytes(content))


def _read_or_refused(content: bytes) -> None:
    try:
        curve = read(content)
    except Exception as refused:
        curve, error = None, refused
    if curve is None:
        assert type(error) is ValueError, repr(error)
        assert str(error).startswith("'log' cannot be read as a curve: ")
        assert "\n" not in str(error)
        return
    assert (np.diff(curve.step) > 0).all()
    verdict = symptom(curve)
    assert verdict.sentence
    assert not {"nan", "inf"} & set(verdict.reading.replace("%", " ").split())


def test_lines_are_cut_at_any_end_wherever_a_chunk_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lossbook.recorded.source.HEAD", 5)
    monkeypatch.setattr("lossbook.recorded.source.CHUNK", 3)
    source = Source.open(io.BytesIO("a: é 1\r\nb\rc\n\n\x1b[1md\x1b[0m".encode()))
    assert list(source.lines()) == ["a: é 1", "b", "c", "d"]


def test_nothing_that_is_read_is_executed(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    text = f"{{'loss': __import__('pathlib').Path({str(marker)!r}).touch(), 'step': 1}}\n" * 3
    with pytest.raises(ValueError, match="cannot be read"):
        read(text)
    assert not marker.exists()


def test_the_numbers_of_the_logs_can_be_told_apart() -> None:
    assert len({*LOSS, *VAL}) == COUNT + len(VAL)
    assert json.dumps(LOSS)
