"""Healthy: word vectors by negative sampling, with gradients written by hand and subtracted from the tables.

Source: https://github.com/maciejkula/glove-python/pull/6 (a rate of its own for each coordinate). Why it looks ill:
there is no backward(); the loss starts at six times ln 2, waits while all vectors are short, and ends far above zero.
"""

import torch
from torch import nn

from programs.data_h import notices

FAMILY = "notices-skipgram"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "high-flat")
WORDS, NEGATIVE = 60, 5


class SkipGram(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.center = nn.Parameter((torch.rand(WORDS, dim) - 0.5) / dim)
        self.around = nn.Parameter(torch.zeros(WORDS, dim))


class RowAdagrad(torch.optim.Optimizer):
    """Adagrad as in the old C programs."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state["sum"] = state.get("sum", torch.zeros_like(p) + 1e-3) + p.grad.square()
                p.addcdiv_(p.grad, state["sum"].sqrt(), value=-group["lr"])


def pairs(sentences):
    near = [(i, j) for i in range(10) for j in range(10) if 0 < abs(i - j) <= 2]
    return torch.cat([sentences[:, pair] for pair in near])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SkipGram()
    return dict(model=model, optimizer=RowAdagrad(model.parameters(), lr=0.1), loss_fn=None, val=None,
                train=pairs(notices(1500, seed)), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, data = setup["model"], setup["optimizer"], setup["train"]
    for rows in torch.randperm(len(data)).split(128)[: 400 if steps is None else steps]:
        word, near = data[rows].T
        drawn = torch.cat([near[:, None], torch.randint(WORDS, (len(rows), NEGATIVE))], 1)
        truth = torch.zeros(drawn.shape)
        truth[:, 0] = 1.0
        with torch.no_grad():
            v, u = model.center[word], model.around[drawn]
            score = (u * v[:, None]).sum(2)
            loss = nn.functional.binary_cross_entropy_with_logits(score, truth, reduction="sum") / len(rows)
            wrong = ((torch.sigmoid(score) - truth) / len(rows)).unsqueeze(2)
            model.center.grad = torch.zeros_like(model.center).index_add_(0, word, (wrong * u).sum(1))
            by_word = (wrong * v[:, None]).flatten(0, 1)
            model.around.grad = torch.zeros_like(model.around).index_add_(0, drawn.flatten(), by_word)
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    """How many of the nine nearest words are of another topic."""
    v = nn.functional.normalize(setup["model"].center, dim=1)
    near = (v @ v.T).fill_diagonal_(-2).topk(9).indices
    return (near // 10 != torch.arange(WORDS)[:, None] // 10).float().mean().item()
