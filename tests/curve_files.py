"""Logs as programs write them, with numbers that the tests know; a library that is at hand writes its own."""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from lossbook.recorded.formats.tensorboard import masked_crc

COUNT = 12
LOSS = [round(2.25 * 0.8**i + 0.0625, 4) for i in range(COUNT)]
VAL = [round(0.5**i + 0.125, 4) for i in range(3)]  # after every fourth loss
STEPS = [10 * (i + 1) for i in range(COUNT)]


class Log(NamedTuple):
    """One file and what must be read from it."""

    content: bytes
    loss: list[float] = LOSS
    val: list[float] = VAL
    step: list[float] | None = STEPS
    kind: str = "text"  # a key of FORMATS


def table(rows: list[list[Any]], **options: Any) -> bytes:
    """What the csv module writes."""
    to = io.StringIO()
    csv.writer(to, **options).writerows(rows)
    return to.getvalue().encode()


def lines(rows: list[Any]) -> bytes:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows).encode()


def ends(index: int) -> bool:
    """Whether held-out data are looked at after this loss."""
    return index % 4 == 3


def with_looks(train: Callable[[int], Any], held_out: Callable[[int, int], Any]) -> list[Any]:
    """The rows of a log: each training loss, and the held-out loss after every fourth."""
    rows = []
    for index in range(COUNT):
        rows.append(train(index))
        if ends(index):
            rows.append(held_out(index, index // 4))
    return rows


def trainer_state() -> Log:
    rows = with_looks(
        lambda i: {
            "epoch": round(STEPS[i] / 40, 2),
            "grad_norm": 1.5,
            "learning_rate": 5e-5,
            "loss": LOSS[i],
            "step": STEPS[i],
        },
        lambda i, j: {
            "epoch": j + 1.0,
            "eval_loss": VAL[j],
            "eval_runtime": 3.2,
            "eval_accuracy": 0.5,
            "step": STEPS[i],
        },
    )
    rows.append({"epoch": 3.0, "step": STEPS[-1], "total_flos": 1e15, "train_loss": 0.9, "train_runtime": 100.0})
    state = {"best_metric": None, "epoch": 3.0, "global_step": STEPS[-1], "log_history": rows, "max_steps": STEPS[-1]}
    return Log(json.dumps(state, indent=2).encode(), kind="json")


def trainer_console() -> Log:
    bar = "{:3d}%|█▌        | {}/120 [00:01<00:10,  9.50it/s]\r" + 40 * " " + "\r"
    rows = with_looks(
        lambda i: (
            bar.format(i, STEPS[i]) + str({"loss": LOSS[i], "grad_norm": 2.5, "learning_rate": 5e-05, "epoch": 0.1})
        ),
        lambda i, j: str({"eval_loss": VAL[j], "eval_runtime": 3.1, "epoch": j + 1.0}),
    )
    rows.append(str({"train_runtime": 12.0, "train_samples_per_second": 3.5, "train_loss": 0.9, "epoch": 3.0}))
    return Log(lines(rows), step=None)


def lightning() -> Log:
    names = ["epoch", "lr-Adam", "step", "train_loss_epoch", "train_loss_step", "val_acc", "val_loss"]
    rows: list[list[Any]] = [names, ["", 0.001, 0, "", "", "", ""]]
    for index in range(COUNT):
        rows.append([index // 4, "", STEPS[index], "", LOSS[index], "", ""])
        if ends(index):
            rows.append([index // 4, "", STEPS[index], "", "", 0.5, VAL[index // 4]])
            rows.append([index // 4, "", STEPS[index], 9.0, "", "", ""])
    return Log(table(rows), kind="table")


def lightning_resumed() -> Log:
    rows: list[list[Any]] = [["train_loss", "step", "epoch"]]
    rows += [[loss, step, step // 50] for loss, step in zip(LOSS[:10], STEPS, strict=False)]
    rows[8:] = [[9.0, STEPS[index], 1] for index in (7, 8, 9)]
    rows += [[LOSS[index], STEPS[index], STEPS[index] // 50] for index in range(7, COUNT)]
    return Log(table(rows), val=[], kind="table")


def keras() -> Log:
    rows: list[list[Any]] = [["epoch", "accuracy", "learning_rate", "loss", "val_accuracy", "val_loss"]]
    rows += [[i, 0.1 * i, 0.01, LOSS[i], 0.5, VAL[0]] for i in range(COUNT - 1)]
    rows.append([COUNT - 1, 0.9, 0.01, LOSS[-1], "NA", "NA"])
    return Log(table(rows), val=[VAL[0]] * (COUNT - 1), step=list(range(COUNT)), kind="table")


def ultralytics() -> Log:
    names = [
        "epoch",
        "time",
        "train/box_loss",
        "train/cls_loss",
        "metrics/mAP50-95(B)",
        "val/box_loss",
        "val/cls_loss",
        "lr/pg0",
    ]
    rows = [names, *([i + 1, 60 * i, LOSS[i] - 0.0625, 0.0625, 0.4, 0.75, 0.25, 0.01] for i in range(COUNT))]
    padded = "\n".join(",".join(f"{cell!s:>22}" for cell in row) for row in rows)
    return Log(padded.encode(), val=[1.0] * COUNT, step=list(range(1, COUNT + 1)), kind="table")


def mmengine() -> Log:
    rows = with_looks(
        lambda i: (
            {"lr": 0.02, "loss": LOSS[i], "loss_cls": 0.5, "loss_bbox": 0.25, "acc": 90.0, "epoch": 1 + i // 4}
            | {"iter": STEPS[i], "step": STEPS[i]}
        ),
        lambda i, j: {"coco/bbox_mAP": 0.25, "data_time": 0.1, "step": j + 1},
    )
    return Log(lines(rows), val=[], kind="json-lines")


def mmcv() -> Log:
    """The older format: batches are counted anew in each epoch, and ``mode`` says whose a row is."""
    rows = with_looks(
        lambda i: {"mode": "train", "epoch": 1 + i // 4, "iter": 10 * (i % 4 + 1), "lr": 0.02, "loss": LOSS[i]},
        lambda i, j: {"mode": "val", "epoch": j + 1, "iter": 40, "lr": 0.02, "loss": VAL[j], "bbox_mAP": 0.25},
    )
    return Log(lines([{"env_info": "torch", "seed": 0}, *rows]), step=None, kind="json-lines")


def detr() -> Log:
    rows = [
        {
            "train_lr": 1e-4,
            "train_loss": LOSS[i],
            "train_loss_ce": 0.5,
            "train_loss_ce_unscaled": 0.5,
            "test_loss": VAL[0],
        }
        | {"epoch": i, "n_parameters": 41000000}
        for i in range(COUNT)
    ]
    return Log(lines(rows), val=[VAL[0]] * COUNT, step=list(range(COUNT)), kind="json-lines")


def wandb_history() -> Log:
    rows: list[list[Any]] = [["", "_step", "_runtime", "train/loss", "val/loss"]]
    for index in range(COUNT):
        rows.append([index, STEPS[index], 1.5, LOSS[index], VAL[index // 4] if ends(index) else ""])
    return Log(table(rows), kind="table")


def wandb_lines() -> Log:
    rows = with_looks(
        lambda i: {"_step": STEPS[i], "train/loss": LOSS[i], "val/loss": None, "lr": 0.1},
        lambda i, j: {"_step": STEPS[i], "train/loss": None, "val/loss": VAL[j]},
    )
    return Log(lines(rows), kind="json-lines")


def wandb_chart() -> Log:
    runs = ("calm-sea-1", "old-hill-2")
    names = [f"{run} - train/loss{end}" for run in runs for end in ("", "__MIN", "__MAX")]
    rows = [["Step", *names]]
    rows += [[STEPS[i], *[LOSS[i]] * 3, *([9.0] * 3 if i < 7 else [""] * 3)] for i in range(COUNT)]
    return Log(table(rows, quoting=csv.QUOTE_ALL), val=[], kind="table")


def record(event: bytes) -> bytes:
    """One record of an event file."""
    header = struct.pack("<Q", len(event))
    return header + struct.pack("<I", masked_crc(header)) + event + struct.pack("<I", masked_crc(event))


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def delimited(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def event(step: int, tag: str, value: float, *, tensor: bool = False) -> bytes:
    """An event with one scalar, as torch writes it, or as a tensor, as TensorFlow 2 does."""
    if tensor:
        held = varint(1 << 3) + varint(1) + delimited(2, b"") + varint(5 << 3 | 5) + struct.pack("<f", value)
        told = delimited(1, tag.encode()) + delimited(9, delimited(1, delimited(1, b"scalars"))) + delimited(8, held)
    else:
        told = delimited(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", value)
    time = varint(1 << 3 | 1) + struct.pack("<d", 1.7e9 + step)
    return time + varint(2 << 3) + varint(step) + delimited(5, delimited(1, told))


def events(*, tensor: bool = False, cut: int = 0) -> Log:
    first = varint(1 << 3 | 1) + struct.pack("<d", 1.7e9) + delimited(3, b"brain.Event:2")
    told = [record(first)]
    for index in range(COUNT):
        told.append(record(event(STEPS[index], "Loss/train", LOSS[index], tensor=tensor)))
        told.append(record(event(STEPS[index], "lr", 0.1, tensor=tensor)))
        if ends(index):
            told.append(record(event(STEPS[index], "Loss/val", VAL[index // 4], tensor=tensor)))
    content = b"".join(told)
    if cut:
        content += record(event(130, "Loss/train", 9.0))[:-cut]
    return Log(content, kind="tensorboard")


def tensorboard_csv() -> Log:
    rows = [["Wall time", "Step", "Value"], *([1.7e9 + i, STEPS[i], LOSS[i]] for i in range(COUNT))]
    return Log(table(rows), val=[], kind="table")


def tensorboard_json() -> Log:
    return Log(json.dumps([[1.7e9 + i, STEPS[i], LOSS[i]] for i in range(COUNT)]).encode(), val=[], kind="json")


def savetxt() -> Log:
    to = io.BytesIO()
    np.savetxt(to, np.array(LOSS))
    return Log(to.getvalue(), val=[], step=None, kind="numbers")


def savetxt_with_steps() -> Log:
    to = io.BytesIO()
    np.savetxt(to, np.column_stack([STEPS, LOSS]), header="step loss")
    return Log(to.getvalue(), val=[], kind="table")


def spreadsheet() -> Log:
    rows = [["Epoche", "train_loss", "val_loss"]]
    rows += [[i + 1, str(LOSS[i]).replace(".", ","), str(VAL[0]).replace(".", ",")] for i in range(COUNT)]
    return Log(b"\xef\xbb\xbf" + table(rows, delimiter=";"), val=[VAL[0]] * COUNT, step=None, kind="table")


def fastai() -> Log:
    rows = ["epoch     train_loss  valid_loss  accuracy  time    "]
    rows += [f"{i:<10d}{LOSS[i]:<12f}{VAL[0]:<12f}{0.5:<10f}00:0{i % 10}" for i in range(COUNT)]
    return Log(lines(rows), val=[VAL[0]] * COUNT, step=list(range(COUNT)), kind="table")


def keras_history() -> Log:
    return Log(
        json.dumps({"loss": LOSS, "val_loss": [VAL[0]] * COUNT}).encode(), val=[VAL[0]] * COUNT, step=None, kind="json"
    )


def pandas_json() -> Log:
    told = {"step": dict(enumerate(STEPS)), "loss": dict(enumerate(LOSS))}
    return Log(json.dumps(told).encode(), val=[], kind="json")


def a_list() -> Log:
    return Log(json.dumps(LOSS).encode(), val=[], step=None, kind="numbers")


def nanogpt() -> Log:
    rows = with_looks(
        lambda i: f"iter {STEPS[i]}: loss {LOSS[i]:.4f}, time 1851.00ms, mfu -100.00%",
        lambda i, j: f"step {STEPS[i]}: train loss 9.0000, val loss {VAL[j]:.4f}\nsaving checkpoint to out",
    )
    return Log(lines(["tokens per iteration will be: 16,384", "number of parameters: 10.65M", *rows]))


def llama2c() -> Log:
    rows = with_looks(
        lambda i: f"{STEPS[i]} | loss {LOSS[i]:.4f} | lr 1.000000e-04 | 1234.56ms | mfu -100.00%",
        lambda i, j: f"step {STEPS[i]}: train loss 9.0000, val loss {VAL[j]:.4f}",
    )
    return Log(lines(rows))


def megatron() -> Log:
    rows = [
        f" iteration {STEPS[i]:8d}/     120 | consumed samples: {99 * i:12d} | elapsed time per iteration (ms): "
        f"606.5 | learning rate: 1.5E-04 | global batch size:   128 | lm loss: {LOSS[i]:.6E} | loss scale: 1.0 | "
        "grad norm: 0.5 | number of skipped iterations:   0 | number of nan iterations:   0 |"
        for i in range(COUNT)
    ]
    return Log(lines(rows), val=[])


def fairseq() -> Log:
    """With the base-2 logarithms of fairseq, from whose perplexity one can tell."""
    rows = with_looks(
        lambda i: (
            f"2024-05-01 10:00:00 | INFO | train_inner | epoch 001:    {STEPS[i]} / 500 loss={LOSS[i]}, "
            f"ppl={2 ** LOSS[i]:.3f}, wps=3000, num_updates={STEPS[i]}, lr=1e-05, gnorm=1.5, loss_scale=8"
        ),
        lambda i, j: (
            f"2024-05-01 10:00:00 | INFO | valid | epoch 001 | valid on 'valid' subset | loss {VAL[j]} | "
            f"ppl {2 ** VAL[j]:.3f} | num_updates {STEPS[i]} | best_loss 1.5"
        ),
    )
    return Log(lines(rows))


def fairseq_json() -> Log:
    rows = with_looks(
        lambda i: (
            "2024-05-01 10:00:00 | INFO | train_inner | "
            + json.dumps(
                {
                    "epoch": 1,
                    "update": 0.1,
                    "loss": str(LOSS[i]),
                    "ppl": f"{2 ** LOSS[i]:.3f}",
                    "num_updates": str(STEPS[i]),
                }
            )
        ),
        lambda i, j: (
            "2024-05-01 10:00:00 | INFO | valid | "
            + json.dumps(
                {"epoch": 1, "valid_loss": str(VAL[j]), "valid_num_updates": str(STEPS[i]), "valid_best_loss": "1.5"}
            )
        ),
    )
    return Log(lines(rows))


def dino() -> Log:
    rows = [
        f"Epoch: [{i // 6}/2]  [{10 * (i % 6):4d}/60]  eta: 1:00:00  loss: {LOSS[i]:.6f} (9.500000)  lr: 0.000000 "
        "(0.000000)  time: 2.500000  data: 0.010000  max mem: 9000"
        for i in range(COUNT)
    ]
    return Log(lines(rows), val=[], step=None)


def pytorch_mnist() -> Log:
    rows = with_looks(
        lambda i: f"Train Epoch: {1 + i // 4} [{640 * (i % 4)}/60000 ({i}%)]\tLoss: {LOSS[i]:.6f}",
        lambda i, j: f"\nTest set: Average loss: {VAL[j]:.4f}, Accuracy: 9839/10000 (98%)\n",
    )
    return Log(lines(rows), step=None)


def pytorch_imagenet() -> Log:
    rows = with_looks(
        lambda i: f"Epoch: [{i // 4}][{10 * (i % 4):5d}/5005]\tTime  0.4 (  1.0)\tLoss {LOSS[i]:.4e} (9.0e+00)",
        lambda i, j: f"Test: [  0/196]\tTime  2.5 (  2.5)\tLoss {VAL[j]:.4e} (9.0e+00)\tAcc@1   0.00 (  0.10)",
    )
    return Log(lines(rows), step=None)


def pytorch_tutorial() -> Log:
    rows = [f"[{1 + i // 6}, {2000 * (i % 6 + 1):5d}] loss: {LOSS[i]:.4f}" for i in range(COUNT)]
    return Log(lines([*rows, "Finished Training"]), val=[], step=None)


def by_hand() -> Log:
    rows = [f"Epoch {i + 1}/{COUNT} | train loss {LOSS[i]} | val loss {VAL[0]} | acc 0.5" for i in range(COUNT)]
    return Log(lines(rows), val=[VAL[0]] * COUNT, step=list(range(1, COUNT + 1)))


def keras_console() -> Log:
    rows = []
    for i in range(COUNT):
        rows.append(f"Epoch {i + 1}/{COUNT}")
        rows.append(
            f"\x1b[1m  1/469\x1b[0m \x1b[37m━━━━\x1b[0m \x1b[1m30s\x1b[0m 66ms/step - accuracy: 0.1 - loss: 9.5\r"
            f"\x1b[1m469/469\x1b[0m \x1b[32m━━━━\x1b[0m \x1b[1m1s\x1b[0m 2ms/step - accuracy: 0.9 - loss: {LOSS[i]} "
            f"- val_accuracy: 0.5 - val_loss: {VAL[0]}"
        )
    return Log(lines(rows), val=[VAL[0]] * COUNT, step=list(range(1, COUNT + 1)))


def progress_bars() -> Log:
    """Two bars of tqdm, written by tqdm."""
    to = io.StringIO()
    for epoch in range(2):
        bar = tqdm(range(6), file=to, ascii=True, desc=f"epoch {epoch}", mininterval=0, miniters=1)
        for index in bar:
            bar.set_postfix(loss=LOSS[6 * epoch + index], refresh=False)
    return Log(to.getvalue().encode(), loss=[float(f"{loss:.3g}") for loss in LOSS], val=[], step=None)


LOGS: dict[str, Log] = {
    make.__name__: make()
    for make in (
        *(trainer_state, trainer_console, lightning, lightning_resumed, keras, ultralytics, mmengine, mmcv, detr),
        *(
            wandb_history,
            wandb_lines,
            wandb_chart,
            events,
            tensorboard_csv,
            tensorboard_json,
            savetxt,
            savetxt_with_steps,
        ),
        *(
            spreadsheet,
            fastai,
            keras_history,
            pandas_json,
            a_list,
            nanogpt,
            llama2c,
            megatron,
            fairseq,
            fairseq_json,
            dino,
        ),
        *(pytorch_mnist, pytorch_imagenet, pytorch_tutorial, by_hand, keras_console, progress_bars),
    )
} | {"events of tensors": events(tensor=True), "events cut off": events(cut=20)}
