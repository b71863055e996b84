"""A sheet before anybody knows what its columns mean: cells by row number, and what was odd."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from data.cells import Fault
from data.problems import Problem, Source


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet as a frame of cells.

    frame: index is the row number as Excel shows it, columns are column numbers; blank is None or
        NaN. faults: (row, column) of cells that hold no usable value. filled: (row, column) of
        cells that a merge from above filled. remarks: said once a sheet.
    """

    source: Source
    frame: pd.DataFrame
    faults: Mapping[tuple[int, int], Fault] = field(default_factory=dict)
    filled: frozenset[tuple[int, int]] = frozenset()
    remarks: tuple[Problem, ...] = ()
    encoding: str | None = None
