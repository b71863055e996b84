"""Korean particles that follow how a word ends when it is read aloud: 빗물이, 설비가, ‘BEMS’가, 30을.

A word in quotes or with brackets behind it is judged by the word itself: ‘정수 설비’(소형)가.
"""

import re
import unicodedata

_FORMS = {  # name of the pair: after a consonant, after a vowel
    "은/는": ("은", "는"),
    "이/가": ("이", "가"),
    "을/를": ("을", "를"),
    "와/과": ("과", "와"),
    "으로/로": ("으로", "로"),
}
_CLOSING = "\"'”’」』》〉.,!?。…"
_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_NUMBER = re.compile(r"[\d,]*\d(\.\d+)?$")
_LATIN = re.compile(r"[A-Za-z]+$")
_LETTERS_WITH_FINAL = "LMNR"  # 엘 엠 엔 알
_WORDS_WITH_FINAL = (
    re.compile(  # 패널, 모듈, 시스템, 프레임, 온라인, 펌핑, 블록, 플라스틱, 칩, 유닛
        r"([lmn]e?|ng|ck|(?:^|[^aeiou])[aeiou][cpt])$"
    )
)
_WORDS_WITHOUT = ("kit",)  # 키트
_SIGNS = {"": "㎡㎥㎞㎜㎝²³℃%㎾㎿", "ㅇ": "㎏"}  # 미터, 도, 퍼센트, 와트; 그램
_DIGIT_FINALS = "ㅇㄹ-ㅁ--ㄱㄹㄹ-"  # 영 일 이 삼 사 오 육 칠 팔 구
_RIEUL = 8  # ㄹ among the 28 endings of a syllable


def with_particle(word: str, pair: str) -> str:
    """Return the word with the one of a pair of particles that fits it.

    Where nobody can say how the word is read (水, ماء), both stand: 水은(는).

    >>> with_particle("빗물", "이/가"), with_particle("‘BEMS’", "을/를")
    ('빗물이', '‘BEMS’를')
    >>> with_particle("서울", "으로/로"), with_particle("제주(성산)", "와/과")
    ('서울로', '제주(성산)와')
    """
    after_consonant, after_vowel = _FORMS[pair]
    final = _final(word)
    if final is None:
        return f"{word}{pair.replace('/', '(')})"
    is_open = not final or (pair == "으로/로" and final == "ㄹ")
    return word + (after_vowel if is_open else after_consonant)


def _final(word: str) -> str | None:
    """Return what consonant a word ends in ("ㄹ", "ㅇ" for any other), "" for none, None if unknown."""
    core = _without_brackets(word.rstrip().rstrip(_CLOSING))
    for final, signs in _SIGNS.items():
        if core and core[-1] in signs:
            return final
    core = _without_brackets(unicodedata.normalize("NFKC", core))  # ㈜ is (주)
    if not core:
        return None
    if "가" <= core[-1] <= "힣":
        ending = (ord(core[-1]) - ord("가")) % 28
        return "ㄹ" if ending == _RIEUL else "ㅇ" if ending else ""
    if number := _NUMBER.search(core):
        return _final_of_number(number[0].replace(",", ""))
    plain = "".join(c for c in unicodedata.normalize("NFKD", core) if not unicodedata.combining(c))
    if letters := _LATIN.search(plain):
        return _final_of_letters(letters[0])
    return None


def _without_brackets(text: str) -> str:
    while (shorter := _BRACKETS.sub("", text).rstrip(_CLOSING)) not in (text, ""):
        text = shorter
    return text


def _final_of_number(number: str) -> str:
    whole, _, decimals = number.partition(".")
    zeros = len(whole) - len(whole.rstrip("0"))
    if decimals or not zeros or zeros == len(whole):
        final = _DIGIT_FINALS[int(number[-1])]
        return {"-": "", "ㄹ": "ㄹ"}.get(final, "ㅇ")
    return "" if zeros >= 12 else "ㅇ"  # 십 백 천 만 억, and 조


def _final_of_letters(letters: str) -> str:
    last = letters[-1]
    if last.isupper() or len(letters) == 1:
        has_final, is_rieul = last.upper() in _LETTERS_WITH_FINAL, last.upper() in "LR"
    else:
        word = letters.casefold()
        has_final = bool(_WORDS_WITH_FINAL.search(word)) and word not in _WORDS_WITHOUT
        is_rieul = word.endswith(("l", "le"))
    return "ㄹ" if has_final and is_rieul else "ㅇ" if has_final else ""
