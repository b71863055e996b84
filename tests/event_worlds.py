"""Generated events with the structure of real meeting days; all names are invented."""

import random
from datetime import datetime, timedelta
from typing import Any

LANGUAGES = ("en", "zh", "ja", "vi", "es", "ru", "id", "fr", "ar")


def meeting_day(
    buyers: int,
    companies: int,
    *,
    days: int = 1,
    slots: int = 8,
    tables: int = 5,
    interpreters: int = 3,
    requests: int = 40,
    seed: int = 1,
) -> dict[str, Any]:
    """Return an event file's content: one in five is there for a part of the time only."""
    draw = random.Random(seed)
    starts = [
        datetime(2026, 7, 8 + day, 9) + timedelta(minutes=30 * n)
        for day in range(days)
        for n in range(slots)
    ]
    slot_ids = [f"d{start.day - 7}-{start:%H%M}" for start in starts]
    languages = LANGUAGES[: max(2, min(len(LANGUAGES), interpreters))]

    def hours() -> list[str] | None:
        if draw.random() < 0.8:
            return None
        half = len(slot_ids) // 2
        return slot_ids[:half] if draw.random() < 0.5 else slot_ids[half:]

    pairs = {
        (draw.randrange(buyers), min(companies - 1, int(draw.random() ** 1.5 * companies)))
        for _ in range(requests)
    }
    return {
        "event_id": "made-up",
        "timezone": "Asia/Seoul",
        "tables": tables,
        "slots": [
            {"slot_id": id, "start": f"{start.isoformat()}+09:00", "minutes": 30}
            for id, start in zip(slot_ids, starts, strict=True)
        ],
        "buyers": [
            {
                "buyer_id": f"B{n:04}",
                "languages": [draw.choice(languages)],
                "available_slots": hours(),
                "max_meetings": draw.randint(min(2, len(slot_ids)), len(slot_ids)),
            }
            for n in range(buyers)
        ],
        "companies": [
            {
                "company_id": f"C{n:04}",
                "languages": ["ko", "en"] if draw.random() < 0.4 else ["ko"],
                "available_slots": hours(),
                "min_meetings": draw.choice([0, 1]),
                "max_meetings": draw.randint(1, len(slot_ids)),
            }
            for n in range(companies)
        ],
        "interpreters": [
            {"interpreter_id": f"I{n:03}", "languages": ["ko", languages[n % len(languages)]]}
            for n in range(interpreters)
        ],
        "pairs": [
            {
                "buyer_id": f"B{b:04}",
                "company_id": f"C{c:04}",
                "score": round(draw.betavariate(4, 2), 4),
                "preference": draw.choices(("must", "want", None, "veto"), (2, 20, 77, 1))[0],
            }
            for b, c in sorted(pairs)
        ],
    }
