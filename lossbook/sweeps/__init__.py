"""Many runs: one experiment with several values of a setting, and a learning rate that grows until it breaks."""

from lossbook.sweeps.many import SweepError, sweep
from lossbook.sweeps.range_test import RangeTest, lr_range_test

__all__ = ["RangeTest", "SweepError", "lr_range_test", "sweep"]
