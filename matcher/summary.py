"""A match in words that can be said on the phone."""

import re
from collections.abc import Sequence

from matcher.explanation import Reason, Span, shorten
from matcher.particles import with_particle
from matcher.records import Company, Need, Offering
from matcher.vocabulary import country_label, language_label

HANGUL = re.compile("[가-힣]")
LONGEST_TITLE = 50
LONGEST_QUOTE = 60
MOST_TERMS = 3
LIKELY, UNLIKELY = 0.5, 0.25
"""Probabilities from which a match is said to fit, and below which it is said hardly to fit."""


def say(
    need: Need,
    company: Company,
    offering: Offering | None,
    reasons: Sequence[Reason],
    missing: Sequence[str],
    *,
    probability: float | None = None,
) -> str:
    """Return one Korean sentence on who answers the need with what, and one on what is missing.

    missing: sentences, the first of which is said.
    probability: that the match is useful; where it is low, the sentence says so.

    A need in another language is named by the terms of the field that the offering names in Korean,
    else by its language: nothing is translated, nothing is made up.
    """
    company_words = company.name
    if offering:
        company_words += f"의 {_name_of(offering)}"
        if quote := _new_words(offering, reasons):
            company_words = f"“{quote}”라고 소개하는 {company_words}"
    subject = with_particle(company_words, "이/가")
    sentence = f"{_name_of_need(need, reasons)}에는 {subject} {_verdict(probability)}"
    return f"{sentence} 다만 {missing[0]}" if missing else sentence


def _verdict(probability: float | None) -> str:
    if probability is None or probability >= LIKELY:
        return "맞습니다."
    if probability >= UNLIKELY:
        return "맞을 수 있습니다."
    return "가깝지만 맞을 가능성은 낮습니다."


def _name_of(offering: Offering) -> str:
    return f"‘{shorten(offering.title or offering.description, LONGEST_TITLE)}’"


def _name_of_need(need: Need, reasons: Sequence[Reason]) -> str:
    country = country_label(need.country) if need.country else None
    place = " ".join(name for name in (country, need.city) if name)
    subject = _subject(need, reasons)
    said = [f"{place}의" if place else "", subject, "" if _says_need(subject) else "수요"]
    return " ".join(word for word in said if word) if place or subject else "이 수요"


def _subject(need: Need, reasons: Sequence[Reason]) -> str:
    title = need.title or need.description
    if HANGUL.search(title):
        return f"‘{shorten(title, LONGEST_TITLE)}’"
    terms = dict.fromkeys(
        span.quote
        for reason in reasons
        if reason.source == "concept"
        for span in reason.offering_spans
        if HANGUL.search(span.quote)
    )
    if terms:
        return "·".join(list(terms)[:MOST_TERMS])
    return language_label(need.language) if need.language else ""


def _says_need(subject: str) -> bool:
    return subject.rstrip("’").endswith("수요")


def _new_words(offering: Offering, reasons: Sequence[Reason]) -> str:
    """Return the offering's quote of the strongest reason, if it can be said and is news.

    Half a sentence can be read as a quote but not said as one; a piece of the title is no news.
    """
    for reason in reasons[:1]:
        for span in reason.offering_spans:
            is_in_title = span.quote in offering.title or offering.title in span.quote
            is_sayable = HANGUL.search(span.quote) and _ends_sentence(span, offering.text)
            if reason.source == "dense" and is_sayable and not is_in_title:
                return shorten(span.quote, LONGEST_QUOTE)
    return ""


def _ends_sentence(span: Span, text: str) -> bool:
    return text[span.end - 1] in ".!?。" or text[span.end : span.end + 1] in ("", ".", "\n")
