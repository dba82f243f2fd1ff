"""Figures: a history, a surface or digits onto matplotlib axes; tables of results. No training, no widgets here."""

from lossbook.curves import MEASURED, PALETTE, QUANTITIES, ROLES
from lossbook.plotting.pictures import plot_confusion, plot_surface, show_digits
from lossbook.plotting.runs import plot_history, plot_range_test, plot_sweep
from lossbook.plotting.style import use_style
from lossbook.plotting.tables import Table, table

__all__ = [
    "MEASURED",
    "PALETTE",
    "QUANTITIES",
    "ROLES",
    "Table",
    "plot_confusion",
    "plot_history",
    "plot_range_test",
    "plot_surface",
    "plot_sweep",
    "show_digits",
    "table",
    "use_style",
]
