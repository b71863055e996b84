"""Where demand comes from, on a map; and the offerings in a plane, with a need among its neighbours."""

import math
from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from matcher.errors import GreenMatchError
from matcher.records import offering_key, split_key
from matcher.sectors import offering_sectors
from service.api.access import Bench
from service.gate import Asking
from service.geography import HEIGHT, WIDTH, land, places
from service.pages.frame import render
from service.questions import need_from_text
from service.workbench import Desk

router = APIRouter(include_in_schema=False)
SIZE = 600
LARGEST = 22.0
"""Radius of the country with the most needs, in the map's units."""
NAMED = 10
MOST_NAMES = 12
NAME_WIDTH, NAME_HEIGHT = 55, 11
"""What a country's name takes on the map, in its units."""
OTHER = "기타"
COLOURS = ("#17663a", "#1f5f99", "#b35900", "#8a3a8f", "#7a6a00", "#b0243c", "#00717a", "#555f66")
"""One for each sector and one for the rest, told apart by name beside them too."""


@router.get("/map")
def demand_map(
    request: Request, bench: Bench, who: Asking, sector: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """Show how many needs come from each country, and how many companies export there or want to."""
    error = None
    needs: Counter[str] = Counter()
    companies: Counter[str] = Counter()
    nowhere = 0
    try:
        catalogue = bench.desk().catalogue
        for need in catalogue.needs.values():
            if sector and sector not in (need.sector or ""):
                continue
            if need.country:
                needs[need.country] += 1
            else:
                nowhere += 1
        for company in catalogue.companies.values():
            companies.update({*company.export_countries, *company.target_countries})
    except GreenMatchError as caught:
        error = caught
    most = max(needs.values(), default=1)
    rows = [
        {
            "code": code,
            "needs": n,
            "companies": companies[code],
            "place": places().get(code),
            "radius": round(LARGEST * math.sqrt(n / most), 1),
        }
        for code, n in sorted(needs.items(), key=lambda item: (-item[1], item[0]))
    ]
    _name_apart(rows)
    values = {
        "rows": rows,
        "nowhere": nowhere,
        "land": land(),
        "width": WIDTH,
        "height": HEIGHT,
        "sector": sector,
    }
    return render(request, who, "map.html", values, error=error, status=200)


@router.get("/picture")
def picture(
    request: Request,
    bench: Bench,
    who: Asking,
    need: Annotated[str, Query(max_length=200)] = "",
    text: Annotated[str, Query(max_length=2_000)] = "",
) -> HTMLResponse:
    """Show the offerings in a plane; a need (stored, or a text) drops among its neighbours."""
    error = None
    values: dict[str, Any] = {
        "drawn": None,
        "need_id": need,
        "text": text,
        "star": None,
        "named": [],
    }
    try:
        desk = bench.desk()
        projection = bench.picture()
        values["drawn"] = projection
        if projection is not None:
            values |= _layers(desk, projection.places)
            values["total"] = projection.total
            if need or text.strip():
                asked = desk.need(need) if need else need_from_text(text)
                matches = desk.matchmaker.find(asked, NAMED)
                keys = [
                    offering_key(m.company.company_id, m.offerings[0].offering_id) for m in matches
                ]
                near = {
                    key: found.points.dense
                    for key, found in zip(keys, matches, strict=True)
                    if key in projection.places
                }
                star = projection.place_of(near)
                values["star"] = _scaled(star) if star else None
                values["star_label"] = asked.title or asked.text[:60]
                values["named"] = [
                    {
                        "place": _scaled(projection.places[key]),
                        "company": desk.catalogue.companies[split_key(key)[0]],
                        "title": desk.catalogue.offerings[key].title,
                    }
                    for key in list(near)[:NAMED]
                ]
    except GreenMatchError as caught:
        error = caught
    values |= {"size": SIZE, "colours": COLOURS}
    return render(request, who, "picture.html", values, error=error)


def _name_apart(rows: list[dict[str, Any]]) -> None:
    """Mark the countries whose names can be written on the map without lying over a larger one's."""
    written: list[tuple[float, float]] = []
    for row in rows:
        place = row["place"]
        row["is_named"] = bool(place) and len(written) < MOST_NAMES
        if not row["is_named"]:
            continue
        x, y = place[0], place[1] - row["radius"]
        row["is_named"] = all(
            abs(x - u) > NAME_WIDTH or abs(y - v) > NAME_HEIGHT for u, v in written
        )
        if row["is_named"]:
            written.append((x, y))


def _layers(desk: Desk, placed: Any) -> dict[str, Any]:
    """Return one path of dots for each sector, largest sector first."""
    by_sector: dict[str, list[str]] = {}
    for key, place in placed.items():
        offering = desk.catalogue.offerings.get(key)
        if offering is None:
            continue
        codes = offering_sectors(offering).declared
        x, y = _scaled(place)
        by_sector.setdefault(min(codes) if codes else "", []).append(f"M{x:.0f} {y:.0f}h0")
    order = sorted(by_sector, key=lambda code: (not code, -len(by_sector[code]), code))
    most = len(COLOURS) - 1
    named = [code for code in order if code][:most]
    rest = [dot for code in order if code not in named for dot in by_sector[code]]
    layers = [
        {
            "code": code,
            "n": len(by_sector[code]),
            "path": "".join(by_sector[code]),
            "colour": colour,
        }
        for code, colour in zip(named, COLOURS, strict=False)
    ]
    if rest:
        layers.append({"code": "", "n": len(rest), "path": "".join(rest), "colour": COLOURS[-1]})
    return {"layers": layers}


def _scaled(place: tuple[float, float]) -> tuple[float, float]:
    margin = 20
    return (
        round(margin + place[0] * (SIZE - 2 * margin), 1),
        round(margin + place[1] * (SIZE - 2 * margin), 1),
    )
