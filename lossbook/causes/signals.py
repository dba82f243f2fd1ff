"""Causes in the initial weights, and in the activations and gradients that pass through the layers."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="symmetric-init",
        title="All units of a layer start alike",
        group="model",
        symptoms=("high-flat", "plateau"),
        test="Compare the rows of a weight matrix: they are equal, and stay equal.",
        cost="look",
        fix="Draw the weights at random.",
        sources=("zhang2023dive", "benbraiek2023testing", "nikanjam2021automatic"),
        chapter="3.2.1.1",
    ),
    Cause(
        key="bad-init-scale",
        title="The initial weights have the wrong scale",
        group="model",
        symptoms=("non-finite", "oscillating", "high-flat"),
        test=(
            "Print the spread of the activations layer by layer: it grows or shrinks "
            "tenfold at each. The first loss is off."
        ),
        cost="pass",
        fix="Initialise by He's or Xavier's rule.",
        sources=("cs231n", "rauschmayr2021debugger", "benbraiek2023testing"),
        chapter="3.2.1.1",
    ),
    Cause(
        key="vanishing-gradients",
        title="The gradient fades on its way to the first layers",
        group="model",
        symptoms=("high-flat", "slow"),
        test="Divide the gradient norm of the first layer by that of the last: below 1e-3.",
        cost="pass",
        fix="Take ReLU, residual connections, normalisation, another initialisation.",
        sources=("zhang2021autotrainer", "wardat2022deepdiagnosis", "rauschmayr2021debugger"),
        chapter="3.2.1.1",
    ),
    Cause(
        key="exploding-gradients",
        title="The gradient grows on its way to the first layers",
        group="model",
        symptoms=("non-finite", "diverging", "oscillating"),
        test="Multiply the gradient's norm by that of the weights and divide by the loss: above 70.",
        cost="pass",
        fix="Clip the gradient, and look at initialisation and learning rate.",
        sources=("zhang2021autotrainer", "godbole2023playbook"),
        chapter="3.2.1.1",
    ),
    Cause(
        key="dead-relu",
        title="Most ReLUs give zero for every input",
        group="model",
        symptoms=("high-flat", "plateau"),
        test="Count the units that are zero on all inputs: nearly all of a layer.",
        cost="pass",
        fix="Lower the learning rate, initialise by He's rule, or take a leaky ReLU.",
        sources=("zhang2021autotrainer", "wardat2022deepdiagnosis", "rauschmayr2021debugger"),
        chapter="3.2.1.1",
    ),
    Cause(
        key="saturated-activations",
        title="Most units are at the flat ends of their activation",
        group="model",
        symptoms=("plateau", "high-flat", "slow"),
        test="Count the pre-activations outside of -5 to 5: more than half.",
        cost="pass",
        fix="Scale the inputs and the initial weights.",
        sources=("wardat2022deepdiagnosis", "rauschmayr2021debugger", "cs231n"),
        chapter="3.2.1.1",
    ),
)
