"""What the reader's loop tells by ``step(...)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lossbook.evidence.case import Batch
from lossbook.evidence.keeper import Record
from lossbook.evidence.numbers import Numbers

if TYPE_CHECKING:
    from lossbook.evidence.recorder import Recorder


class Told:
    """Numbers and targets that the reader hands over."""

    def __init__(self) -> None:
        self.loss, self.val_loss, self.metric = Numbers(), Numbers(), Numbers()
        self.pairs: list[tuple[int, int]] = []  # which of ran_on, which of loss

    def note(self, recorder: Recorder, loss: Any, batch: Any, val_loss: Any, metric: Any) -> None:
        """Write it all down, at the step whose backward pass was the last."""
        ran_on = recorder.numbers["ran_on"]
        step = ran_on.steps[-1] if len(ran_on) else recorder.steps or max(len(recorder.functional.losses) - 1, 0)
        if loss is not None:
            self.loss.add(step, loss)
            if len(ran_on) and (not self.pairs or self.pairs[-1][0] < len(ran_on) - 1):
                self.pairs.append((len(ran_on) - 1, len(self.loss) - 1))
        for numbers, value in ((self.val_loss, val_loss), (self.metric, metric)):
            if value is not None:
                numbers.add(step, value)
        if batch is not None:
            self._note_batch(recorder, as_batch(batch))

    @staticmethod
    def _note_batch(recorder: Recorder, batch: Batch) -> None:
        keeper = recorder.keeper
        drawn = recorder.counts["forwards"] - 1
        if keeper.records and keeper.records[-1].drawn == drawn >= 0:
            if keeper.records[-1].told is None and (target := keeper.copied((batch.target,))) is not None:
                keeper.records[-1] = keeper.records[-1]._replace(told=target)
            return
        room = not keeper.full and len(keeper.records) < keeper.keep
        if (
            drawn < 0 and room and (copies := keeper.copied(tuple(batch)[:3])) is not None
        ):  # no call of the model is seen
            inputs, kwargs, target = copies
            last = recorder.last_loss
            record = Record(inputs, kwargs, (), None, None, last, {}, None, len(keeper.records), recorder.steps)
            keeper.records.append(record._replace(told=(target,)))


def as_batch(batch: Any) -> Batch:
    """A batch of a pair (inputs, target)."""
    if isinstance(batch, Batch):
        return batch
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        raise TypeError(f"batch must be a pair (inputs, target), got {type(batch).__name__}.")
    inputs, target = batch
    return Batch(inputs, {}, target) if isinstance(inputs, tuple) else Batch.of(inputs, target)
