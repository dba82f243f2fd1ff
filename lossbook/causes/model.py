"""Causes in the structure of the model."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="unregistered-layers",
        title="Layers are hidden from parameters()",
        group="model",
        symptoms=("high-flat", "slow"),
        test="Compare the layers that forward uses with model.parameters(): some are missing.",
        cost="look",
        fix="Keep layers in a ModuleList, not in a Python list.",
        sources=("lippe2024uvadlc",),
        chapter="5.2",
    ),
    Cause(
        key="graph-detached",
        title="The gradient is cut off inside the model",
        group="model",
        symptoms=("high-flat",),
        test="After backward, list the parameters whose gradient is None.",
        cost="pass",
        fix="Remove detach, .data, .item and NumPy between the parameters and the loss.",
        sources=("benbraiek2023testing",),
        chapter="5.3",
    ),
    Cause(
        key="output-activation-mismatch",
        title="The last activation cannot give the targets",
        group="model",
        symptoms=("high-flat", "plateau"),
        test="Compare the range of the outputs with that of the targets.",
        cost="pass",
        fix="Match the last activation to the target; none for logits.",
        sources=("wardat2022deepdiagnosis", "cao2022deepfd"),
        chapter="3.2.1",
    ),
    Cause(
        key="batch-mixing",
        title="Examples of a batch are mixed up",
        group="model",
        symptoms=("high-flat", "slow"),
        test="Differentiate one example's output by another example's input: it is not zero.",
        cost="pass",
        fix="Mend the view, permute or dim that crosses the batch axis.",
        sources=("karpathy2019recipe", "lippe2024uvadlc"),
        chapter="5.2",
    ),
    Cause(
        key="missing-nonlinearity",
        title="The network is an affine map, or its logits are cut off",
        group="model",
        symptoms=("plateau", "high-flat"),
        test="Test f(a) - f(b) + f(0) = f(a - b): an affine map passes. Look for a ReLU on the logits.",
        cost="pass",
        fix="Put an activation between the layers, and none after the last.",
        sources=("schoop2021umlaut", "nikanjam2021automatic"),
        chapter="3.2.1",
    ),
    Cause(
        key="capacity-too-small",
        title="The model is too small for the data",
        group="model",
        symptoms=("plateau", "slow"),
        test="Train a model that is several times as wide on the same data: it ends lower.",
        cost="training",
        fix="Enlarge the model, or train longer.",
        sources=("karpathy2019recipe", "godbole2023playbook"),
        chapter="3.2.2",
    ),
)
