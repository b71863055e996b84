"""Project types inside a match: what a need asks for, what an offering is, and the reason between."""

from functools import lru_cache

from matcher.explanation import Reason, Span
from matcher.project_types import ProjectTypes, need_types, offering_types
from matcher.records import Need, Offering
from matcher.vocabulary import project_type_label

REMEMBERED_TEXTS = 50_000

_need_types = lru_cache(REMEMBERED_TEXTS)(need_types)
_offering_types = lru_cache(REMEMBERED_TEXTS)(offering_types)


def asked_kind(need: Need, text: str) -> ProjectTypes:
    """Return what a need asks for, or what one part of it (`text`) asks for."""
    stated = need.cooperation_type if text == need.text else None
    return _need_types(text, language=need.language, cooperation_type=stated)


def offered_kind(offering: Offering) -> ProjectTypes:
    """Return what an offering is."""
    return _offering_types(offering.text)


def kind_reason(points: float, need_text: str, asked: ProjectTypes, offering: Offering) -> Reason:
    """Return the reason of the term of project types, with the words that gave them away."""
    offered = offered_kind(offering)
    verdict = "서로 맞습니다" if points > 0 else "서로 다릅니다"
    return Reason(
        "kind",
        points,
        f"사업유형: 수요 ‘{_label(asked)}’, 공급 ‘{_label(offered)}’. {verdict}.",
        offering.offering_id,
        _spans(need_text, asked),
        _spans(offering.text, offered),
    )


def _label(types: ProjectTypes) -> str:
    return ", ".join(project_type_label(code) for code in types.codes) or "알 수 없음"


def _spans(text: str, types: ProjectTypes) -> tuple[Span, ...]:
    if types.main is None:
        return ()
    return tuple(Span.of(text, cue.start, cue.end) for cue in types.cues(types.main)[:1])
