"""Decisive tests for causes in the training loop."""

from __future__ import annotations

from lossbook.learners import training_of
from lossbook.probes.base import Probe, Reading, Setup, State, output_of, quiet

GROWTH = 1.5  # gradient norm of the second step over that of the first: 1 in a healthy loop, 2 if they are added
STEPS = 40  # for which copies are trained
SHARE = 0.5  # of the fall that all parameters reach together; with a frozen body: 0.02, with a copy's parameters: 0
MODES = (
    0.05  # ‖output in train mode - in eval mode‖ / ‖output in eval mode‖: 0 where the mode does not matter, else 0.9
)
FAINT = 1e-3  # of the first held-out loss, at which a difference does not matter, as where all is learned
APART = 0.1  # recorded held-out loss from that in eval mode, relative to this; healthy: below 0.001, broken: 9


def missing_zero_grad(setup: Setup) -> Reading:
    """Take two steps of the loop on one batch with learning rate 0, and compare the norms of their gradients.

    The weights do not move, so that both gradients are the same, unless the second is added to the first, which
    doubles the norm. ``GROWTH`` lies half-way.
    """
    model, optimizer = setup.start.copy()
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    training, norms = training_of(setup.experiment, model, optimizer), []
    for _ in range(2):
        with quiet(model):  # each time with the same dropout
            setup.experiment.loop.step(training, *setup.batches[0])
        norms.append(float(training.grad_norm))
    reading = f"the gradient norm goes from {norms[0]:.3g} to {norms[1]:.3g} on the same batch at learning rate 0"
    return Reading(norms[1] > GROWTH * norms[0], reading)


def parameters_not_optimized(setup: Setup) -> Reading:
    """Look for parameters that are frozen or not in the optimiser; train with and without them.

    To leave some out can be meant, as in fine-tuning. It is the cause if the loss falls much further with them, more
    than 1 / ``SHARE`` times as far in the first ``STEPS`` steps.
    """
    model, optimizer = setup.start.copy()
    held = {id(param) for group in optimizer.param_groups for param in group["params"]}
    named = dict(model.named_parameters())
    missing = [param for param in named.values() if id(param) not in held]
    left = [name for name, param in named.items() if id(param) not in held or not param.requires_grad]
    if not left:
        return Reading(False, f"the optimiser holds all {len(named)} parameters of the model, and none is frozen")
    model.requires_grad_(True)
    if missing:
        optimizer.add_param_group({"params": missing})
    with_all, as_is = (setup.fall(state, STEPS) for state in (State(model, optimizer), setup.start))
    reading = f"{len(left)} of {len(named)} parameters, {left[0]} the first, are frozen or not in the optimiser"
    return Reading(as_is < SHARE * with_all, f"{reading}; the loss falls by {as_is:.3g}, with them by {with_all:.3g}")


def train_eval_mode(setup: Setup) -> Reading:
    """See in which mode the model trains, and whether the recorded held-out loss is that of the model in eval mode.

    The mode in training matters if the output of a batch depends on it, by more than ``MODES``. The recorded loss is
    the same as that in eval mode, up to rounding, if the validation is right; ``APART`` allows for another batch size.
    """
    model, loss = setup.now.model, setup.experiment.reference or setup.loss
    train, judged = (output_of(model, setup.batches[0][0], train_mode=mode) for mode in (True, False))
    differ = float((train - judged).norm() / judged.norm())
    if not model.training and differ > MODES:
        return Reading(True, f"the model trains in eval mode, and its output would be {differ:.0%} different otherwise")
    x, y = setup.held_out
    recorded, right = setup.history.val_loss[-1], float(loss.value(output_of(model, x), y))
    reading = f"the recorded held-out loss is {recorded:.3g}, in eval mode it is {right:.3g}"
    size = max(abs(right), FAINT * abs(setup.history.val_loss[0]))
    return Reading(abs(recorded - right) > APART * size, reading)


def state_reset(setup: Setup) -> Reading:
    """Take steps of the loop, and see whether model and optimiser are the same objects afterwards.

    What is made anew less often than every ``STEPS`` steps shows in the optimiser: it has counted fewer steps than were
    recorded. No threshold is needed.
    """
    model, optimizer = setup.start.copy()
    training = training_of(setup.experiment, model, optimizer)
    with quiet(model):
        for training.step in range(STEPS):
            setup.experiment.loop.step(training, *setup.batches[training.step % len(setup.batches)])
            for name, made in (("model", model), ("optimizer", optimizer)):
                if getattr(training, name) is not made:
                    return Reading(True, f"the {name} is another object after step {training.step + 1}")
    counts = [int(state["step"]) for state in setup.now.optimizer.state.values() if "step" in state]
    done, counted = len(setup.history.loss), max(counts, default=None)
    reading = f"model and optimiser stay the same for {STEPS} steps; the optimiser has counted {counted} of {done}"
    return Reading(counted is not None and counted < done, reading)


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "missing-zero-grad": missing_zero_grad,
    "parameters-not-optimized": parameters_not_optimized,
    "train-eval-mode": train_eval_mode,
    "state-reset": state_reset,
}
