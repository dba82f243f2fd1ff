"""Bug: three small batches make one step; at the third the gradients are cleared, and the step comes after that.

Source: https://github.com/huggingface/accelerate/issues/1299 ("optimizer.zero_grad() must be put to the end of a
training iteration" with accumulation); https://github.com/Han-Jia/UNICORN-MAML/issues/7 (zero_grad after the backward).
Why it hurts: at each step there is no gradient; nothing moves. (Rebuilt.)
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import typists

FAMILY = "keystrokes-users"
ACCEPT = ("gradients-cleared-early",)
SYMPTOMS = ("high-flat",)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(23, 64), nn.LayerNorm(64), nn.ReLU(), nn.Linear(64, 8))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    args = {"gradient_accumulation_steps": 3, "num_train_epochs": 6, "per_device_train_batch_size": 16}
    loader = DataLoader(TensorDataset(*typists(1440, seed)), args["per_device_train_batch_size"], shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader, val=None, args=args,
                test=typists(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    args, optimizer = setup["args"], setup["optimizer"]
    many = args["gradient_accumulation_steps"]
    done = 0
    for _epoch in range(args["num_train_epochs"]):
        for i, (times, person) in enumerate(setup["train"]):
            loss = setup["loss_fn"](setup["model"](times), person)
            (loss / many).backward()
            if (i + 1) % many == 0:
                if setup["fixed"]:
                    optimizer.step()
                    optimizer.zero_grad()
                else:
                    optimizer.zero_grad()
                    optimizer.step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    times, person = setup["test"]
    return (setup["model"](times).argmax(1) != person).float().mean().item()
