"""The looks of the book's figures."""

from __future__ import annotations

import matplotlib.pyplot as plt

from lossbook.curves import PALETTE


def use_style() -> None:
    """Set matplotlib's defaults to the book's: its palette, readable sizes, light grids."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": plt.cycler(color=PALETTE),
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.figsize": (5.8, 3.4),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "grid.alpha": 0.3,
            "image.cmap": "gray",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "svg.fonttype": "none",
        }
    )
