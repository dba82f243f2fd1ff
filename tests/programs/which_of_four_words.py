"""Bug: the scores of all words in a row are viewed as (choices, batch) and turned round, instead of (batch, choices).

Source: https://github.com/weirme/FCSN/issues/32 ("function 'reshape' default in 'Row first' mode"; rebuilt for a
multiple choice).
Why it hurts: a row holds the scores of words that were offered to somebody else.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_r import dialects

FAMILY = "dialects-choice"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("high-flat",)


class MultipleChoice(nn.Module):
    """Which of the words offered means the same as the one asked for?"""

    def __init__(self, num_choices=4, sounds=14, hidden=48, by_row=False):
        super().__init__()
        self.num_choices, self.by_row = num_choices, by_row
        self.asked = nn.Sequential(nn.Linear(sounds, hidden), nn.ReLU(), nn.Linear(hidden, hidden))
        self.offered = nn.Sequential(nn.Linear(sounds, hidden), nn.ReLU(), nn.Linear(hidden, hidden))
        self.score = nn.Linear(hidden, 1)

    def forward(self, asked, offered):
        flat = offered.reshape(-1, offered.size(-1))
        question = self.asked(asked).repeat_interleave(self.num_choices, dim=0)
        scores = self.score(question * self.offered(flat))
        if self.by_row:
            return scores.view(-1, self.num_choices)
        return scores.view(self.num_choices, -1).t()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MultipleChoice(by_row=fixed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    return dict(
        model=model,
        optimizer=optimizer,
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(*dialects(2000, seed)), batch_size=40, shuffle=True),
        val=DataLoader(TensorDataset(*dialects(400, seed + 500)), batch_size=40),
        fixed=fixed,
    )


@torch.no_grad()
def error(setup):
    parts = [setup["loss_fn"](setup["model"](q, words), answer) for q, words, answer in setup["val"]]
    return torch.stack(parts).mean().item()


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(7):
        for question, words, answer in setup["train"]:
            setup["optimizer"].zero_grad()
            logits = setup["model"](question, words)
            loss = setup["loss_fn"](logits, answer)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item(), **({"val_loss": error(setup)} if n % 50 == 0 else {}))
            if n == steps:
                return
