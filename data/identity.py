"""The same company twice: candidates with reasons, for staff to decide; automatic on one ground only.

Pairs are compared only where they share something (registration number, a folded name, the
beginning or end of a name, a homepage, an address), so a registry of 100,000 stays quick. What the
similarity of two strings is, rapidfuzz says (Jaro-Winkler, token set ratio).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from data.cells import is_registration_no
from matcher.progress import Progress, silent
from matcher.records import Company

LIKELY = 0.5
"""Pairs from this score on are shown to staff."""
LARGEST_BLOCK = 200
"""A key that more companies share (a city's name, a common word) tells nobody apart."""
SAME_NAME = 0.6
"""How alike names must be for an equal registration number to decide alone."""
ALIKE_NAME = 0.88
TEXT_ALIKE = 0.6

_LEGAL_FORM = re.compile(
    r"주식회사|유한책임회사|유한회사|합자회사|합명회사|농업회사법인|어업회사법인|영농조합법인|사회적협동조합|협동조합"
    r"|사단법인|재단법인|의료법인|학교법인|㈜|㈔|\((?:주|유|합|사|재|株)\)|（(?:주|유|사|재)）"
)
_ENGLISH_FORM = re.compile(
    r"\b(?:co|company|corp|corporation|inc|incorporated|ltd|limited|llc|plc|gmbh|jsc|holdings?|group|the)\b\.?",
    re.IGNORECASE,
)
_PLACE_NAMES = {
    "서울특별시": "서울", "부산광역시": "부산", "대구광역시": "대구", "인천광역시": "인천",
    "광주광역시": "광주", "대전광역시": "대전", "울산광역시": "울산", "세종특별자치시": "세종",
    "경기도": "경기", "강원특별자치도": "강원", "강원도": "강원", "충청북도": "충북",
    "충청남도": "충남", "전북특별자치도": "전북", "전라북도": "전북", "전라남도": "전남",
    "경상북도": "경북", "경상남도": "경남", "제주특별자치도": "제주", "제주도": "제주",
}  # fmt: skip
_ADDRESS_FIELDS = ("address", "주소", "소재지", "본사주소", "본사 주소", "사업장 소재지")
_HOMEPAGE_FIELDS = ("homepage", "website", "url", "홈페이지", "누리집", "웹사이트", "홈페이지 주소")


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for or against: its weight in the score and one Korean phrase."""

    name: str
    weight: float
    label: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"name": self.name, "weight": self.weight, "label": self.label}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one company; `first` has the smaller id.

    score: 0..1, the sum of the grounds cut to that range. is_certain: an equal, valid registration
    number and names that do not contradict it; only such pairs may be merged without asking.
    """

    first: Company
    second: Company
    score: float
    grounds: tuple[Ground, ...]
    is_certain: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "first": {"company_id": self.first.company_id, "name": self.first.name},
            "second": {"company_id": self.second.company_id, "name": self.second.name},
            "score": self.score,
            "is_certain": self.is_certain,
            "grounds": [ground.to_dict() for ground in self.grounds],
        }


@dataclass(frozen=True, slots=True)
class Face:
    """A company as it is compared: folded names, number, homepage and address; empty where unknown."""

    company: Company
    korean: str
    english: str
    number: str
    homepage: str
    address: str
    region: str
    text: str

    @classmethod
    def of(cls, company: Company) -> "Face":
        """Fold a record."""
        digits = re.sub(r"\D", "", company.registration_no or "")
        address = fold_address(_extra(company, _ADDRESS_FIELDS))
        region = _PLACE_NAMES.get((company.region or "").strip(), (company.region or "").strip())
        return cls(
            company,
            fold_name(company.name_ko),
            fold_name(company.name_en or ""),
            digits if is_registration_no(digits) else "",
            fold_homepage(_extra(company, _HOMEPAGE_FIELDS)),
            address,
            region or address[:2],
            " ".join(offering.text for offering in company.offerings),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The folded names that there are."""
        return tuple(name for name in (self.korean, self.english) if name)

    def keys(self) -> Iterator[str]:
        """Yield what a pair must share to be compared at all."""
        if self.number:
            yield f"number {self.number}"
        if self.homepage:
            yield f"homepage {self.homepage}"
        if len(self.address) >= 8:
            yield f"address {self.address}"
        for name in self.names:
            yield f"name {name}"
            if len(name) >= 3:
                cut = 2 if "가" <= name[0] <= "힣" else 4
                yield f"begin {name[:cut]}"
                yield f"end {name[-cut:]}"
                yield f"inner {''.join(sorted(name))}"  # syllables swapped


def fold_name(name: str) -> str:
    """Return a name without legal form, spaces, signs, width and case."""
    name = unicodedata.normalize("NFKC", _LEGAL_FORM.sub(" ", name))
    name = _ENGLISH_FORM.sub(" ", _LEGAL_FORM.sub(" ", name)).casefold()
    return "".join(char for char in name if char.isalnum())


def fold_homepage(value: str) -> str:
    """Return the host without www, or empty for none and for hosts that many share."""
    text = value.strip().casefold()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:  # such as a lone bracket: no address
        return ""
    host = host.removeprefix("www.")
    shared = (
        "blog.naver.com",
        "smartstore.naver.com",
        "cafe.naver.com",
        "modoo.at",
        "instagram.com",
    )
    return "" if host.endswith(shared) or "." not in host else host


def fold_address(value: str) -> str:
    """Return an address up to its house number, short names of provinces, no spaces and signs."""
    text = unicodedata.normalize("NFKC", re.sub(r"\([^)]*\)", " ", value))
    for long, short in _PLACE_NAMES.items():
        text = text.replace(long, short)
    text = re.sub(r"^(서울|부산|대구|인천|광주|대전|울산|세종)시", r"\1", text.strip())
    if found := re.match(r".*?(?:로|길|동|읍|면|리|가)\s*\d+(?:-\d+)?", text):
        text = found.group()
    return "".join(char for char in text if char.isalnum() or char == "-")


def compare(one: Face, other: Face) -> Pair:
    """Score one pair, with every ground that speaks for it or against."""
    grounds = list(_grounds(one, other))
    names = _likeness(one, other)
    score = max(0.0, min(1.0, sum(ground.weight for ground in grounds)))
    same_number = bool(one.number) and one.number == other.number
    is_certain = same_number and names >= SAME_NAME
    first, second = sorted((one.company, other.company), key=lambda company: company.company_id)
    order = sorted(grounds, key=lambda ground: -abs(ground.weight))
    return Pair(first, second, round(score, 3), tuple(order), is_certain)


def find_pairs(companies: Iterable[Company], progress: Progress = silent) -> tuple[Pair, ...]:
    """Return the pairs that staff should look at, the likeliest first."""
    faces = [Face.of(company) for company in companies]
    blocks: dict[str, list[int]] = defaultdict(list)
    for place, face in enumerate(faces):
        for key in dict.fromkeys(face.keys()):
            blocks[key].append(place)
    candidates = {
        pair
        for members in blocks.values()
        if 1 < len(members) <= LARGEST_BLOCK
        for pair in combinations(members, 2)
    }
    found = []
    for done, (one, other) in enumerate(sorted(candidates), start=1):
        pair = compare(faces[one], faces[other])
        if pair.score >= LIKELY:
            found.append(pair)
        if done % 5_000 == 0 or done == len(candidates):
            progress("같은 기업 찾기", done, len(candidates))
    return tuple(sorted(found, key=_order))


def _order(pair: Pair) -> tuple[float, str, str]:
    return (-pair.score, pair.first.company_id, pair.second.company_id)


def _grounds(one: Face, other: Face) -> Iterator[Ground]:
    if one.number and other.number:
        if one.number == other.number:
            yield Ground("number", 0.7, "사업자등록번호가 같습니다")
        else:
            yield Ground("number", -0.45, "사업자등록번호가 다릅니다")
    likeness = _likeness(one, other)
    if likeness == 1.0:
        yield Ground("name", 0.55, "이름이 같습니다(법인 표시와 띄어쓰기를 빼고)")
    elif likeness >= ALIKE_NAME:
        yield Ground("name", 0.4, f"이름이 비슷합니다({likeness:.0%})")
    elif likeness < SAME_NAME:
        yield Ground("name", -0.2, "이름이 다릅니다")
    if one.homepage and other.homepage:
        same = one.homepage == other.homepage
        yield Ground(
            "homepage",
            0.4 if same else -0.1,
            "홈페이지가 같습니다" if same else "홈페이지가 다릅니다",
        )
    if one.address and other.address:
        same = one.address == other.address
        label = "주소가 같습니다" if same else "주소가 다릅니다"
        yield Ground("address", 0.25 if same else -0.1, label)
    if one.region and other.region and one.region != other.region:
        yield Ground("region", -0.15, f"지역이 다릅니다({one.region}, {other.region})")
    if one.text and other.text:
        alike = fuzz.token_set_ratio(one.text, other.text) / 100
        if alike >= TEXT_ALIKE:
            yield Ground("text", 0.15, "공급기술의 글이 비슷합니다")
        elif alike < TEXT_ALIKE / 2:
            yield Ground("text", -0.1, "공급기술의 글이 다릅니다")


def _likeness(one: Face, other: Face) -> float:
    """Return how alike the names are, 0..1; a part that is a branch's or a brand's name counts."""
    best = 0.0
    for left, right in ((one.korean, other.korean), (one.english, other.english)):
        if not left or not right:
            continue
        if left == right:
            return 1.0
        short, long = sorted((left, right), key=len)
        if len(short) >= 3 and (long.startswith(short) or long.endswith(short)):
            best = max(best, 0.9)
        best = max(best, JaroWinkler.similarity(left, right))
    if not best and set(one.names) & set(
        other.names
    ):  # one writes in Korean what the other did not
        return 1.0
    return best


def _extra(company: Company, names: Sequence[str]) -> str:
    for name in names:
        if value := company.extra.get(name):
            return str(value)
    return ""
