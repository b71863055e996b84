"""Plots as SVG text, drawn by matplotlib; the only module that imports it, late.

Words stay words in the SVG (the reader's own fonts draw them), nothing is fetched from elsewhere,
and the same figures give the same bytes.
"""

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.calibration import AbstentionRow, ReliabilityRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCH_ROW = 0.14
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#7F7F7F",
    "#000000",
    "#8C564B",
)
"""Okabe and Ito: told apart also by colour-blind readers."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot; `name` is its file's name, `label` says in words what it shows."""

    name: str
    label: str
    svg: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A mean with its interval, for one row and one series of a dot plot."""

    row: str
    series: str
    mean: float
    low: float
    high: float


def draw_dots(name: str, label: str, dots: Sequence[Dot]) -> Figure:
    """Draw means with intervals: a band for each row, a coloured dot for each series in it."""
    rows = list(dict.fromkeys(dot.row for dot in dots))
    series = list(dict.fromkeys(dot.series for dot in dots))
    height = 0.9 + INCH_ROW * len(rows) * (len(series) + 1)
    with _axes(name, label, (8.0, height)) as (axes, finished):
        for place, one in enumerate(series):
            mine = [dot for dot in dots if dot.series == one]
            heights = [rows.index(dot.row) + (place + 1) / (len(series) + 1) - 0.5 for dot in mine]
            axes.errorbar(
                [dot.mean for dot in mine],
                heights,
                xerr=(
                    [max(0.0, dot.mean - dot.low) for dot in mine],
                    [max(0.0, dot.high - dot.mean) for dot in mine],
                ),
                fmt="o",
                markersize=3.5,
                linewidth=1,
                color=COLOURS[place % len(COLOURS)],
                label=one,
            )
        for edge in range(len(rows) + 1):
            axes.axhline(edge - 0.5, color="#dddddd", linewidth=0.6)
        axes.set_yticks(range(len(rows)), labels=rows)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    return finished[0]


def draw_lines(
    name: str,
    label: str,
    lines: Mapping[str, Sequence[tuple[float, float]]],
    axis_names: tuple[str, str],
    *,
    diagonal: bool = False,
) -> Figure:
    """Draw one line for each name over 0..1 both ways; `diagonal` adds the line x = y."""
    with _axes(name, label, (5.2, 4.0)) as (axes, finished):
        if diagonal:
            axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, linestyle="--")
        for place, (one, points) in enumerate(lines.items()):
            axes.plot(
                [x for x, _ in points],
                [y for _, y in points],
                color=COLOURS[place % len(COLOURS)],
                linewidth=1.3,
                label=one,
            )
        axes.set_xlabel(axis_names[0])
        axes.set_ylabel(axis_names[1])
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    return finished[0]


def draw_reliability(name: str, label: str, rows: Sequence[ReliabilityRow]) -> Figure:
    """Draw the share judged useful over the stated probability; dots grow with their count."""
    most = max(row.count for row in rows)
    with _axes(name, label, (4.4, 4.0)) as (axes, finished):
        axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, linestyle="--")
        axes.plot(
            [row.stated for row in rows], [row.true for row in rows], color=COLOURS[0], linewidth=1
        )
        axes.scatter(
            [row.stated for row in rows],
            [row.true for row in rows],
            s=[12 + 100 * row.count / most for row in rows],
            color=COLOURS[0],
        )
        axes.set_xlabel("말한 확률")
        axes.set_ylabel("2등급 이상의 비율")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
    return finished[0]


def draw_abstention(name: str, label: str, rows: Sequence[AbstentionRow]) -> Figure:
    """Draw what is answered and refused over the line below which nobody is named."""
    shares = {
        "답한 수요": [row.answered for row in rows],
        "맞는 기업이 있는데 거절": [row.refused_answerable for row in rows],
        "맞는 기업이 없어 거절": [row.refused_unanswerable for row in rows],
    }
    lines = {
        one: [(min(row.threshold, 1.0), share) for row, share in zip(rows, values, strict=True)]
        for one, values in shares.items()
        if any(values)  # the last row refuses all: a line of zeros speaks of nobody
    }
    return draw_lines(name, label, lines, ("기준 확률", "비율"))


@contextmanager
def _axes(
    name: str, label: str, size: tuple[float, float]
) -> Iterator[tuple["Axes", list[Figure]]]:
    """Yield axes to draw on and a list that holds the finished figure afterwards."""
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    style: Any = {"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 8}
    finished: list[Figure] = []
    with matplotlib.rc_context(style), warnings.catch_warnings():
        # matplotlib's own font has no Hangul: it only measures with it, the reader's font draws
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        canvas = Canvas(figsize=size)
        axes = canvas.add_subplot()
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        yield axes, finished
        stream = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        # room for Hangul, which is wider than the box that it is measured with
        canvas.savefig(stream, format="svg", bbox_inches="tight", pad_inches=0.4, metadata=nothing)
    finished.append(Figure(name, label, _plain(stream.getvalue(), name)))


def _plain(svg: str, name: str) -> str:
    """Return the element alone, its inner names made its own: several stand on one page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    return re.sub(r'href="#', f'href="#{name}-', svg).strip() + "\n"
