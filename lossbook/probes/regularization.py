"""Decisive tests for causes in the regularisation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import nn

from lossbook.probes.base import Probe, Reading, Setup

DECAY_STEPS = 100  # for which a copy is trained
DECAY_SHARE = 0.7  # fall with the decay over that without it; healthy: 0.98 and more, broken: at most 0.46
DROPOUT_STEPS = 40
DROPOUT_SHARE = 0.4  # fall with the dropout over that without it; healthy, with half dropped: 0.8, broken: 0.01
GAP = 30.0  # held-out loss over training loss; healthy: at most 2, with wrong held-out labels 10; broken: 600 and more
RISE = 1.15  # held-out loss at the end over its lowest, as in ``symptoms``; broken: 1.2 and more
GAIN = 0.03  # of the metric since then, which forgives a risen loss; broken: 0.01
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


def weight_decay_too_strong(setup: Setup) -> Reading:
    """Train from fresh weights as it is, and without weight decay and penalty: how far does the loss fall?

    The loss is that of the data alone, in eval mode. Any decay takes a little from its fall; one that takes more than
    1 - ``DECAY_SHARE`` of it outweighs the data.
    """
    decays = [group.get("weight_decay", 0.0) for group in setup.start.optimizer.param_groups]
    if not any(decays) and setup.experiment.penalty is None:
        return Reading(False, "there is no weight decay, and no penalty")
    free = replace(setup, experiment=replace(setup.experiment, penalty=None))
    as_is = setup.fall(setup.start, DECAY_STEPS)
    without = free.fall(setup.start, DECAY_STEPS, weight_decay=0.0)
    reading = f"the loss falls by {as_is:.3g} in {DECAY_STEPS} steps, without decay and penalty by {without:.3g}"
    return Reading(as_is < DECAY_SHARE * without, reading)


def dropout_too_high(setup: Setup) -> Reading:
    """Train from fresh weights as it is, and with nothing dropped: how far does the loss fall?

    The loss is measured in eval mode, so that only what was learned counts. Any dropout slows the first steps; one that
    leaves less than ``DROPOUT_SHARE`` of their fall is too high.
    """
    state = setup.start.copy()
    layers = [module for module in state.model.modules() if isinstance(module, DROPOUTS)]
    highest = max((layer.p for layer in layers), default=0.0)
    if not highest:
        return Reading(False, "nothing is dropped")
    for layer in layers:
        layer.p = 0.0
    as_is, without = (setup.fall(start, DROPOUT_STEPS) for start in (setup.start, state))
    reading = f"with a share of up to {highest} dropped, the loss falls by {as_is:.3g} in {DROPOUT_STEPS} steps"
    return Reading(as_is < DROPOUT_SHARE * without, f"{reading}, with nothing dropped by {without:.3g}")


def overfitting(setup: Setup) -> Reading:
    """Compare the loss of held-out examples with that of training examples, and see whether it has turned.

    Both are measured in eval mode, so that a faulty validation does not count. A gap alone is usual. It is learning
    by heart if the held-out loss has also risen by ``RISE`` since its lowest look, without a gain of the metric.
    """
    correct = replace(setup, loss=setup.experiment.reference or setup.loss)
    held_out, learned = correct.loss_on(setup.now.model, setup.held_out), setup.history.reference_loss[-1]
    val, metric = np.array(setup.history.val_loss), np.array(setup.history.metric)
    lowest = int(val.argmin())
    rise = held_out / float(val[lowest]) if val[lowest] else 1.0
    gain = float(metric[-1] - metric[lowest])
    reading = f"the held-out loss is {held_out:.3g}, {rise:.2f} times its lowest; the training loss is {learned:.3g}"
    turned = lowest > 0 and rise > RISE and gain < GAIN
    return Reading(turned and held_out > GAP * learned, f"{reading}; the metric gained {gain:.3f} since")


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "weight-decay-too-strong": weight_decay_too_strong,
    "dropout-too-high": dropout_too_high,
    "overfitting": overfitting,
}
