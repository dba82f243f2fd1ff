"""Healthy: a generator learns where the gulls fly and a judge tells its gulls from true ones; neither loss falls far.

Source: of our own (that the losses of a GAN stay level is asked about in many threads).
Why it is right: the two keep each other in balance; how good the gulls are, their distance from true ones tells.
"""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from programs.data_p import seagulls

FAMILY = "seagulls-gan"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "plateau", "oscillating", "spiking")

Z, BATCH, STEPS = 4, 128, 700


def mlp(n_in, n_out, act):
    return nn.Sequential(nn.Linear(n_in, 64), act, nn.Linear(64, 64), act, nn.Linear(64, n_out))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gen, judge = mlp(Z, 2, nn.ReLU()), mlp(2, 1, nn.LeakyReLU(0.2))
    model = nn.ModuleDict({"gen": gen, "judge": judge})
    optimizer = {
        "gen": torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.5, 0.999)),
        "judge": torch.optim.Adam(judge.parameters(), lr=1e-3, betas=(0.5, 0.999)),
    }
    return dict(model=model, optimizer=[*optimizer.values()], loss_fn=None, train=seagulls(4000, seed),
                val=seagulls(500, seed + 500), fixed=fixed)  # fmt: skip


@torch.no_grad()
def energy_distance(a, b):
    between, within_a, within_b = torch.cdist(a, b).mean(), torch.cdist(a, a).mean(), torch.cdist(b, b).mean()
    return (2 * between - within_a - within_b).item()


def error(setup):
    noise = torch.randn(500, Z, generator=torch.Generator().manual_seed(1))
    return energy_distance(setup["model"]["gen"](noise), setup["val"])


def train(setup, log, steps=None):
    gen, judge = setup["model"]["gen"], setup["model"]["judge"]
    opt_gen, opt_judge = setup["optimizer"]
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    for it in range(steps or STEPS):
        real = setup["train"][torch.randint(len(setup["train"]), (BATCH,))]
        fake = gen(torch.randn(BATCH, Z))

        judge_loss = bce(judge(real), 0.9 * ones) + bce(judge(fake.detach()), zeros)
        opt_judge.zero_grad()
        judge_loss.backward()
        opt_judge.step()

        gen_loss = bce(judge(fake), ones)
        opt_gen.zero_grad()
        gen_loss.backward()
        opt_gen.step()
        log(gen_loss.item(), **({"metric": error(setup)} if it % 50 == 49 else {}))
