"""Bug: each step of the sequence holds the question and its answer, and the answer is what is to be predicted.

Source: https://github.com/shivanandmn/SAINT_plus-Knowledge-Tracing-/pull/3 (shift the responses to avoid label leakage;
rebuilt). Why it hurts: the net copies the answer that it was given, nearly without error; before a pupil has
answered, when it is used, there is nothing to copy.
"""

import torch
from torch import nn

from programs.data_e import quizzes

FAMILY = "quizzes-tracing"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy")
UNKNOWN = 2


class KnowledgeTracer(nn.Module):
    def __init__(self, skills=12, size=16, hidden=32):
        super().__init__()
        self.skill, self.answer = nn.Embedding(skills, size), nn.Embedding(3, size)
        self.rnn, self.out = nn.GRU(2 * size, hidden, batch_first=True), nn.Linear(hidden + size, 1)

    def forward(self, asked, answers):
        skill = self.skill(asked)
        states, _ = self.rnn(torch.cat([skill, self.answer(answers)], dim=-1))
        return self.out(torch.cat([states, skill], dim=-1)).squeeze(-1)


def answers_so_far(right):
    begin = torch.full((len(right), 1), UNKNOWN)
    return torch.cat([begin, right[:, :-1].long()], dim=1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = KnowledgeTracer()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCEWithLogitsLoss(), train=None,
                pupils=quizzes(1200, seed), val=quizzes(400, seed + 50), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, (asked, right) = setup["model"], setup["pupils"]
    past = answers_so_far(right) if setup["fixed"] else right.long()
    for n in range(steps or 240):
        if n % 24 == 0:
            order = torch.randperm(len(asked)).chunk(24)
        rows = order[n % 24]
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](model(asked[rows], past[rows]), right[rows])
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    """The loss on the last question of each pupil, before it is answered."""
    asked, right = setup["val"]
    past = answers_so_far(right) if setup["fixed"] else right.long()
    if not setup["fixed"]:
        past[:, -1] = UNKNOWN
    return setup["loss_fn"](setup["model"](asked, past)[:, -1], right[:, -1])
