"""Where countries lie on the map of demand."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

WIDTH, HEIGHT = 720, 300
"""The map in its own units: two for each degree, from 90° north to 60° south."""


@cache
def land() -> str:
    """Return the outline of the land as an SVG path in the map's units."""
    return resources.files("service.geography").joinpath("land.txt").read_text("utf-8").strip()


@cache
def places() -> Mapping[str, tuple[float, float]]:
    """Return the place (x, y) of each country (ISO 3166-1 alpha-2) in the map's units."""
    text = resources.files("service.geography").joinpath("countries.tsv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {
        row["code"]: (2 * (float(row["longitude"]) + 180), 2 * (90 - float(row["latitude"])))
        for row in csv.DictReader(lines, delimiter="\t")
    }
