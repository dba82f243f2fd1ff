"""A training as a probe sees it, whoever wrote its loop. It knows torch, and no experiment."""

from lossbook.evidence.case import Batch, Case, FirstBad, Log, Seen, Series, pair_loss
from lossbook.evidence.observe import Watch, watch
from lossbook.evidence.snapshot import Snapshot, unwrapped

__all__ = ["Batch", "Case", "FirstBad", "Log", "Seen", "Series", "Snapshot", "Watch", "pair_loss", "unwrapped", "watch"]
