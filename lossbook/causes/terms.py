"""Causes in the terms and the operations of which a loss is made."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="loss-term-lost",
        title="A term of the loss gets lost before backward",
        group="objective",
        symptoms=("plateau", "high-flat", "slow"),
        test=(
            "After backward, list the parameters without a gradient while others have one: a whole head among them, "
            "and a target that the loss does not look at."
        ),
        cost="pass",
        fix="Add each term with +=, and call backward on their sum.",
        sources=("samotiian2021line", "jackkwok2019loss"),
        chapter="2.1.2",
    ),
    Cause(
        key="loss-terms-unbalanced",
        title="One term of the loss drowns the others",
        group="objective",
        symptoms=("plateau", "high-flat", "slow"),
        test=(
            "Take the gradient norm of each term by itself; count the faint one so often that it pulls as hard as the "
            "strongest: it falls."
        ),
        cost="training",
        fix="Give all terms the same reduction and comparable units, and weight them.",
        sources=("faur2018vae", "dksifoua2020kld"),
        chapter="2.1.2",
    ),
    Cause(
        key="undefined-operation",
        title="An operation is undefined: a root of 0, 0/0, attention of which every key is masked",
        group="objective",
        symptoms=("non-finite",),
        test=(
            "Send the batch on which it happens through a copy in anomaly mode, and look at the output of each layer: "
            "they show a root of 0, a division by 0 or a softmax over a row that is all masked, while the weights are "
            "finite."
        ),
        cost="pass",
        fix="Add an epsilon within the root, replace the argument by torch.where, let no mask take every key of a row.",
        sources=("zkolter2017gradient",),
        chapter="5.1",
    ),
)
