"""Healthy: a chain over chords (a CRF); the loss is that of a whole piece of music, not of a chord.

Source: https://github.com/allanj/pytorch_neural_crf/issues/4 ("Is it nll loss? But it seems it is quite large and not
like nll loss": it is one for the whole sequence; rebuilt).
Why it looks ill: the loss begins at twelve times the logarithm of four, and ends well above 0.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import chords

FAMILY = "chords-tagger"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class ChainCRF(nn.Module):
    def __init__(self, kinds=4, wide=6, hidden=24):
        super().__init__()
        self.emit = nn.Sequential(nn.Linear(wide, hidden), nn.Tanh(), nn.Linear(hidden, kinds))
        self.follow = nn.Parameter(torch.zeros(kinds, kinds))

    def forward(self, sounds, tags):
        """Minus the log likelihood of each row of tags."""
        scores = self.emit(sounds)
        path = scores.gather(2, tags.unsqueeze(2)).sum((1, 2)) + self.follow[tags[:, :-1], tags[:, 1:]].sum(1)
        alpha = scores[:, 0]
        for now in scores.unbind(1)[1:]:
            alpha = torch.logsumexp(alpha.unsqueeze(2) + self.follow, dim=1) + now
        return alpha.logsumexp(1) - path

    def decode(self, sounds):
        scores = self.emit(sounds).unbind(1)
        best, back = scores[0], []
        for now in scores[1:]:
            value, where = (best.unsqueeze(2) + self.follow).max(dim=1)
            best = value + now
            back.append(where)
        tag = best.argmax(1)
        path = [tag]
        for where in reversed(back):
            tag = where.gather(1, tag[:, None])[:, 0]
            path.append(tag)
        return torch.stack(path[::-1], 1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    crf = ChainCRF()
    return dict(model=crf, optimizer=torch.optim.Adam(crf.parameters(), lr=0.01), loss_fn=None,
                train=DataLoader(TensorDataset(*chords(1200, seed)), batch_size=40, shuffle=True), val=None,
                test=chords(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(6):
        for sounds, tags in setup["train"]:
            loss = setup["model"](sounds, tags).mean()
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    sounds, tags = setup["test"]
    return (setup["model"].decode(sounds) != tags).float().mean().item()
