"""Bug: the tagger ends with a softmax over the six cases, and the loss is cross-entropy, which takes its own.

Source: https://github.com/bowang-lab/Transformer-GCN-QA/pull/32 ("we had a second, erroneous softmax at the output of
our model"; rebuilt with a tagger).
Why it hurts: a share between 0 and 1 as score keeps the loss above 1.04 and makes the gradient weak where it is wrong.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from programs.data_p import finnish

FAMILY = "finnish-tagger"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "slow")


class LSTMTagger(nn.Module):
    def __init__(self, embedding_dim, hidden_dim, vocab_size, tagset_size, scores=False):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, batch_first=True, bidirectional=True)
        self.hidden2tag = nn.Linear(2 * hidden_dim, tagset_size)
        self.scores = scores

    def forward(self, sentence):
        lstm_out, _ = self.lstm(self.word_embeddings(sentence))
        tag_space = self.hidden2tag(lstm_out)
        return tag_space if self.scores else F.softmax(tag_space, dim=-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    tagger = LSTMTagger(16, 20, 50, 6, scores=fixed)
    words, cases = finnish(1600, seed)
    batches = list(zip(words.split(32), cases.split(32), strict=True))
    sgd = torch.optim.SGD(tagger.parameters(), lr=0.3, momentum=0.9)
    return dict(model=tagger, optimizer=sgd, loss_fn=nn.CrossEntropyLoss(),
                train=batches, val=finnish(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    tagger, optimizer, loss_function = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _epoch in range(6):
        for k in torch.randperm(len(setup["train"])).tolist():
            sentence, tags = setup["train"][k]
            tagger.zero_grad()
            tag_scores = tagger(sentence)
            loss = loss_function(tag_scores.reshape(-1, 6), tags.reshape(-1))
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    words, cases = setup["val"]
    out = setup["model"](words)
    log_share = F.log_softmax(out, -1) if setup["fixed"] else out.clamp(min=1e-12).log()
    return F.nll_loss(log_share.reshape(-1, 6), cases.reshape(-1)).item()
