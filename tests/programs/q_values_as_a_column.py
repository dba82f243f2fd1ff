"""Bug: the values of the next states keep their shape (N, 1), the rewards have (N,); their sum is a table (N, N).

Source: https://spinningup.openai.com/en/latest/spinningup/exercise2_2_soln.html (the same bug, made on purpose: "the
tensor shape for the Q-functions"; rebuilt with Q-learning from stored steps).
Why it hurts: each value is compared with the rewards of all other steps; it learns their mean.
"""

import copy

import torch
from torch import nn

from programs.data_f import lanes

FAMILY = "lanes-critic"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("plateau", "high-flat", "oscillating", "healthy")


class QNet(nn.Module):
    def __init__(self, seen=14, actions=3):
        super().__init__()
        self.hidden, self.q = nn.Linear(seen, 48), nn.Linear(48, actions)

    def forward(self, state):
        return self.q(torch.relu(self.hidden(state)))


class Replay:
    def __init__(self, stored, generator):
        self.stored, self.generator = stored, generator

    def sample(self, size):
        rows = torch.randint(len(self.stored["action"]), (size,), generator=self.generator)
        return {name: column[rows] for name, column in self.stored.items()}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    online = QNet()
    memory = Replay(lanes(3000, seed), torch.Generator().manual_seed(seed))
    return dict(model=online, optimizer=torch.optim.Adam(online.parameters(), lr=3e-3), loss_fn=None, train=None,
                val=None, memory=memory, target=copy.deepcopy(online), fixed=fixed)  # fmt: skip


def td_loss(setup, batch, gamma=0.8):
    q = setup["model"](batch["state"]).gather(1, batch["action"].unsqueeze(1))
    with torch.no_grad():
        after = setup["target"](batch["next"]).max(dim=1, keepdim=True).values
        if setup["fixed"]:
            goal = (batch["reward"] + gamma * (1 - batch["done"]) * after.squeeze(1)).unsqueeze(1)
        else:
            goal = batch["reward"] + gamma * (1 - batch["done"]) * after
    return ((q - goal) ** 2).mean()


def train(setup, log, steps=None):
    online, target, optimizer = setup["model"], setup["target"], setup["optimizer"]
    for n in range(1, 401):
        loss = td_loss(setup, setup["memory"].sample(64))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if n % 20 == 0:
            target.load_state_dict(online.state_dict())
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    test = lanes(500, 999)
    return (setup["model"](test["state"]).argmax(1) != test["best"]).float().mean().item()
