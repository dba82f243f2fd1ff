"""Snippets for the causes in what a model makes of its inputs."""

from __future__ import annotations

from lossbook.snippets.base import Snippet
from lossbook.snippets.shared import FIRST_FOR_ALL

ROWS = (
    Snippet(
        key="input-ignored",
        bug="""\
def forward(self, pixels, known):
    pixels = pixels.masked_fill(known, 0.0)
    return self.net(pixels)
""",
        fix="""\
def forward(self, pixels, known):
    pixels = pixels.masked_fill(~known, 0.0)
    return self.net(pixels)
""",
        test=FIRST_FOR_ALL,
        seen=(
            "With a fresh model, too: a spread and a change of 0, or of less than a thousandth of the outputs' size; "
            "if this is not the cause, they are a tenth of it or more."
        ),
    ),
    Snippet(
        key="representation-collapse",
        bug="""\
z = model(x)
loss = triplet_loss(*hardest_triplets(z, y))
""",
        fix="""\
z = F.normalize(model(x), dim=1)
loss = triplet_loss(*semi_hard_triplets(z, y))
""",
        test=FIRST_FOR_ALL,
        seen=(
            "Run it with a fresh model and now: the spread over the batch was there, and is gone; if this is not the "
            "cause, it is as large as it was, or larger."
        ),
    ),
    Snippet(
        key="weights-not-loaded",
        bug="""\
state = torch.load("pretrained.pt")  # its keys begin with "module."
model.load_state_dict(state, strict=False)
""",
        fix="""\
state = torch.load("pretrained.pt")
state = {k.removeprefix("module."): v for k, v in state.items()}
model.load_state_dict(state, strict=True)
""",
        test="""\
import copy
report = copy.deepcopy(model).load_state_dict(state, strict=False)
missing, unexpected = report.missing_keys, report.unexpected_keys
print(f"{len(missing)} of {len(model.state_dict())} keys are missing")
print("missing", missing[:3])
print("unexpected", unexpected[:3])
""",
        seen=(
            "All keys are missing, and just as many are unexpected, often with another beginning; if this is not the "
            "cause, at most those of a new head are missing. It needs state, too: the dict that you load."
        ),
    ),
)
