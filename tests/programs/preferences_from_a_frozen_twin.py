"""Healthy: preference tuning (DPO); the loss begins at ln 2, since policy and frozen reference are the same, and sinks.

Source: https://arxiv.org/abs/2305.18290 (no thread). Some preferences are a matter of chance, so it stays far
above 0; the reference gets no gradient and is in no optimizer, on purpose.
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

FAMILY = "dpo-policy"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "plateau", "high-flat")
SYMBOLS, LENGTH, BETA = 10, 8, 0.5


class Policy(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.embed = nn.Embedding(SYMBOLS + 1, width)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, SYMBOLS)

    def log_prob(self, answer):
        """The log-probability of each whole answer."""
        before = F.pad(answer[:, :-1], (1, 0), value=SYMBOLS)
        scores = self.head(self.rnn(self.embed(before))[0]).log_softmax(-1)
        return scores.gather(-1, answer.unsqueeze(-1)).squeeze(-1).sum(-1)


def pairs(n, seed):
    """Two answers a row, the preferred one first; people like it when the symbols go up, and are not always sure."""
    g = torch.Generator().manual_seed(9000 + seed)
    both = torch.randint(SYMBOLS, (n, 2, LENGTH), generator=g)
    liking = (both[..., 1:] > both[..., :-1]).float().sum(-1) + 0.5 * torch.randn(n, 2, generator=g)
    order = liking.argsort(1, descending=True)
    return both.gather(1, order.unsqueeze(-1).expand_as(both)).unbind(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy = Policy()
    reference = copy.deepcopy(policy).requires_grad_(False).eval()
    optimizer = torch.optim.AdamW(policy.parameters(), lr=3e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, 1.0, total_iters=10)
    train = DataLoader(TensorDataset(*pairs(1440, seed)), batch_size=32, shuffle=True)
    setup = dict(model=policy, optimizer=optimizer, schedule=schedule, loss_fn=None, train=train, val=None, fixed=fixed)
    return setup | dict(reference=reference, held=pairs(500, seed + 300))


def margin(setup, chosen, rejected):
    policy, reference = setup["model"], setup["reference"]
    with torch.no_grad():
        start = reference.log_prob(chosen) - reference.log_prob(rejected)
    return BETA * (policy.log_prob(chosen) - policy.log_prob(rejected) - start)


def train(setup, log, steps=None):
    n = 0
    for _ in range(2):
        for chosen, rejected in setup["train"]:
            loss = -F.logsigmoid(margin(setup, chosen, rejected)).mean()
            setup["optimizer"].zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(setup["model"].parameters(), 1.0)
            setup["optimizer"].step()
            setup["schedule"].step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the policy likes the wrong one of two answers better, on pairs that were held back."""
    return float((margin(setup, *setup["held"]) < 0).float().mean())
