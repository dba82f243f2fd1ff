"""Healthy: each batch belongs to one of two tasks, of losses of different size; the curve goes up and down.

Source: https://github.com/namisan/mt-dnn/issues/106 ("each time we sample a batch, e.g., batch_b, we only compute loss
on task b"). Why it looks ill: two curves lie in one.
"""

import torch
from torch import nn

from programs.data_h import calls

FAMILY = "tasks-in-turn"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "slow", "plateau")


class MTDNN(nn.Module):
    def __init__(self, vocab=51, dim=32, hidden=48):
        super().__init__()
        self.shared = nn.ModuleList([nn.Embedding(vocab, dim), nn.LSTM(dim, hidden, batch_first=True)])
        self.task_heads = nn.ModuleList([nn.Linear(hidden, 5), nn.Linear(hidden, 1)])

    def forward(self, words, task):
        embedding, lstm = self.shared
        return self.task_heads[task](lstm(embedding(words))[0].mean(1))


class BatchSampler:
    def __init__(self, seed, size=40):
        words, intent, urgency = calls(2400, seed)
        half = len(words) // 2
        self.sets = [(words[:half], intent[:half]), (words[half:], 0.2 * urgency[half:, None])]
        self.size = size

    def __iter__(self):
        parts = [torch.randperm(len(x)).split(self.size) for x, _ in self.sets]
        packed = [(task, rows) for task, batches in enumerate(parts) for rows in batches]
        for i in torch.randperm(len(packed)).tolist():
            task, rows = packed[i]
            yield task, self.sets[task][0][rows], self.sets[task][1][rows]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MTDNN()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
                loss_fn=None, losses=(nn.CrossEntropyLoss(), nn.MSELoss()), train=BatchSampler(seed), val=None,
                test=calls(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for task, words, answer in setup["train"]:
            loss = setup["losses"][task](model(words, task), answer)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    words, intent, _ = setup["test"]
    return (setup["model"](words, 0).argmax(1) != intent).float().mean().item()
