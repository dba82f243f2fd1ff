"""Figures: a history, a surface or digits onto matplotlib axes. No training and no widgets here."""

from lossbook.curves import MEASURED, PALETTE, QUANTITIES, ROLES
from lossbook.plotting.pictures import plot_confusion, plot_surface, show_digits
from lossbook.plotting.runs import plot_history, plot_range_test, plot_sweep
from lossbook.plotting.style import use_style

__all__ = [
    "MEASURED",
    "PALETTE",
    "QUANTITIES",
    "ROLES",
    "plot_confusion",
    "plot_history",
    "plot_range_test",
    "plot_surface",
    "plot_sweep",
    "show_digits",
    "use_style",
]
