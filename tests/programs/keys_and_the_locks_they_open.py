"""Bug: in training, too, keys and locks go through encode(), which was written for the search and runs under no_grad.

Source: https://github.com/huggingface/sentence-transformers/issues/255 ("encode() will not pass any
gradients"); https://github.com/huggingface/sentence-transformers/issues/274 (rebuilt).
Why it hurts: only the two heads behind it learn; eight random numbers of a key do not tell which lock it opens.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_r import keys_and_locks

FAMILY = "locks-contrastive"
ACCEPT = ("graph-detached", "parameters-not-optimized")
SYMPTOMS = ("plateau", "high-flat", "slow")


class Encoder(nn.Module):
    def __init__(self, places=24, hidden=64, size=8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(places, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(),
                                    nn.Linear(hidden, size))  # fmt: skip

    def forward(self, x):
        return self.layers(x)

    @torch.no_grad()
    def encode(self, x):
        """Vectors for the index."""
        return self.layers(x)


class Matcher(nn.Module):
    def __init__(self, call):
        super().__init__()
        self.key, self.lock = Encoder(), Encoder()
        self.key_head, self.lock_head = nn.Linear(8, 8), nn.Linear(8, 8)
        self.log_scale = nn.Parameter(torch.tensor(2.0))
        self.call = call

    def forward(self, keys, locks):
        k, v = getattr(self.key, self.call)(keys), getattr(self.lock, self.call)(locks)
        k, v = F.normalize(self.key_head(k), dim=1), F.normalize(self.lock_head(v), dim=1)
        return self.log_scale.exp() * k @ v.T


def both_ways(logits, which):
    return (F.cross_entropy(logits, which) + F.cross_entropy(logits.T, which)) / 2


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Matcher("forward" if fixed else "encode")
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=both_ways,
                train=keys_and_locks(4000, seed), val=keys_and_locks(64, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    keys, locks = setup["train"]
    for step in range(1, 401):
        ids = torch.randperm(len(keys))[:64]
        loss = setup["loss_fn"](setup["model"](keys[ids], locks[ids]), torch.arange(64))
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if step == steps:
            return


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](*setup["val"]), torch.arange(64)).item()
