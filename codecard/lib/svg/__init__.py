"""Geometry of the pictures. Pure: numbers in, coordinates out; the marks are in templates/_charts/.

Horizontal positions are percentages of the box, so a picture follows its width without script and text is never
stretched; vertical positions are pixels. Lines live in a nested ``viewBox="0 0 1000 h"`` with non-scaling strokes.
"""

from codecard.lib.svg.bars import BarChart, BarPlot, Column, Series, ShareBar, Slice, bar_plot, share_bar
from codecard.lib.svg.lines import Annotation, LineChart, LinePlot, Point, line_plot
from codecard.lib.svg.ruler import Ruler, ruler
from codecard.lib.svg.scale import percent
from codecard.lib.svg.spark import Spark, spark

__all__ = [
    "Annotation",
    "BarChart",
    "BarPlot",
    "Column",
    "LineChart",
    "LinePlot",
    "Point",
    "Ruler",
    "Series",
    "ShareBar",
    "Slice",
    "Spark",
    "bar_plot",
    "line_plot",
    "percent",
    "ruler",
    "share_bar",
    "spark",
]
