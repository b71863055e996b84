"""What came of meetings: the funnel over groups, whom to ask again, a file in the agency's units."""

import csv
import io
import itertools
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from matcher.errors import GreenMatchError
from matcher.outcomes import QUIET_DAYS, STAGES, StageTotal, follow_ups
from service.api.access import Bench
from service.event_files import no_formula
from service.gate import Asking
from service.pages.frame import HEADERS, render
from service.reports import GROUPS, exposures_of_year, funnels

router = APIRouter(include_in_schema=False)
STEPS = ("consultation", "negotiation", "contract", "shipment")
"""The way from a meeting to a shipment, whose steps are set against each other."""
By = Annotated[str, Query(max_length=20)]
Year = Annotated[int | None, Query(ge=1990, le=2200)]


@router.get("/outcomes")
def outcomes(
    request: Request, bench: Bench, who: Asking, by: By = "year", year: Year = None
) -> HTMLResponse:
    """Show the funnel by event, year, country or sector, how it converts, and whom to ask again."""
    error: GreenMatchError | None = None
    groups: dict[str, tuple[StageTotal, ...]] = {}
    try:
        groups = funnels(bench.store, by, year)
    except GreenMatchError as caught:
        error = caught
    all_outcomes = [outcome for _, outcome in bench.store.events.outcomes()]
    today = date.today()
    values = {
        "by": by,
        "year": year,
        "groups": groups,
        "kinds": GROUPS,
        "conversions": {name: conversion(stages) for name, stages in groups.items()},
        "waiting": follow_ups(all_outcomes, today, QUIET_DAYS),
        "exposure": exposures_of_year(bench.store, year or today.year)[:20],
        "years": sorted({o.happened_on.year for o in all_outcomes}, reverse=True),
        "quiet": QUIET_DAYS,
    }
    return render(request, who, "outcomes.html", values, error=error)


@router.get("/outcomes.csv")
def outcomes_file(bench: Bench, by: By = "year", year: Year = None) -> Response:
    """Return the funnel as a sheet in the agency's units: 개사, 건, 만 달러, 백만 원."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([GROUPS.get(by, by), "단계", "개사", "건", "만 달러", "백만 원"])
    for name, stages in funnels(bench.store, by, year).items():
        for item in stages:
            money = (round(item.usd / 1e4, 2), round(item.krw / 1e6, 1)) if item.usd else ("", "")
            writer.writerow(
                [no_formula(name), STAGES[item.stage], item.companies, item.count, *money]
            )
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="outcomes.csv"'}
    return Response(text.getvalue().encode("utf-8-sig"), 200, headers, "text/csv; charset=utf-8")


def conversion(stages: tuple[StageTotal, ...]) -> dict[str, float]:
    """Return what share of the companies of one step is found at the next; steps nobody reached are out.

    Companies are counted at each stage apart, so a share above 1 says that a step was not written down.
    """
    counts = {item.stage: item.companies for item in stages}
    return {
        after: counts[after] / counts[before]
        for before, after in itertools.pairwise(STEPS)
        if counts.get(before) and counts.get(after)
    }
