"""Judged test sets on disk: what is searched, what is asked, and what people judged useful.

Two kinds of directory (contracts.md): `corpus.jsonl`, `queries.jsonl`, `qrels.tsv` for plain
retrieval; `companies.jsonl`, `needs.jsonl`, `qrels.tsv` (and, where the other direction was judged
on its own, `qrels_reverse.tsv`) for matching.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from matcher.errors import InvalidRecord, InvalidRequest, UnreadableFile
from matcher.records import Company, Need, join_text

Direction = Literal["need-to-company", "company-to-need"]
DIRECTIONS: tuple[Direction, ...] = ("need-to-company", "company-to-need")
UNKNOWN_LANGUAGE = "und"
Qrels = Mapping[str, Mapping[str, int]]
"""Query id to document id to grade; higher is more useful, 0 is judged and useless."""

R = TypeVar("R")

_HIGHEST_MATCHING_GRADE = 3


@dataclass(frozen=True, slots=True)
class Query:
    """One question of a test set; language "und" (ISO 639-2) where the set does not say."""

    id: str
    text: str
    language: str = UNKNOWN_LANGUAGE


@dataclass(frozen=True, slots=True)
class RetrievalDataset:
    """A plain retrieval set: a document of grade 1 or more is relevant.

    notes: Korean sentences on what a reader of the figures should know of the files.
    """

    name: str
    corpus: Mapping[str, str]
    queries: tuple[Query, ...]
    qrels: Qrels
    notes: tuple[str, ...] = ()

    @property
    def useful_grade(self) -> int:
        """The grade from which RR and R count a document."""
        return 1


@dataclass(frozen=True, slots=True)
class MatchingDataset:
    """Companies, needs and judgements 0-3; grade 2 (strong, or a part) or more is useful.

    A query is a need, or a company in the direction company-to-need.
    """

    name: str
    direction: Direction
    companies: Mapping[str, Company]
    needs: Mapping[str, Need]
    queries: tuple[Query, ...]
    qrels: Qrels
    notes: tuple[str, ...] = ()

    @property
    def useful_grade(self) -> int:
        """The grade from which RR and R count a company or need."""
        return 2


Dataset = RetrievalDataset | MatchingDataset


def read_dataset(folder: Path, direction: Direction = "need-to-company") -> Dataset:
    """Read either kind of directory, told apart by the files in it."""
    if (folder / "corpus.jsonl").is_file():
        return read_retrieval(folder)
    if (folder / "companies.jsonl").is_file():
        return read_matching(folder, direction)
    raise UnreadableFile(
        f"{folder}: 평가 자료가 아닙니다. corpus.jsonl·queries.jsonl·qrels.tsv 또는 "
        "companies.jsonl·needs.jsonl·qrels.tsv가 있는 폴더를 지정하십시오.",
        path=str(folder),
    )


def read_retrieval(folder: Path) -> RetrievalDataset:
    """Read a retrieval directory; raises UnreadableFile naming file and line."""
    corpus: dict[str, str] = {}
    for place, row in _lines(folder / "corpus.jsonl"):
        _keep_once(corpus, _id(row, place), _text(row), place)
    queries: dict[str, Query] = {}
    for place, row in _lines(folder / "queries.jsonl"):
        query_id = _id(row, place)
        language = str(row.get("language") or UNKNOWN_LANGUAGE).lower()
        _keep_once(queries, query_id, Query(query_id, _text(row), language), place)
    path = folder / "qrels.tsv"
    qrels = _read_qrels(path, ("query-id", "corpus-id", "score"))
    _require_known(qrels, queries, path, "queries.jsonl")
    return RetrievalDataset(
        name=_name(folder),
        corpus=corpus,
        queries=tuple(queries.values()),
        qrels=qrels,
        notes=_notes(qrels, corpus, "corpus.jsonl"),
    )


def read_matching(folder: Path, direction: Direction = "need-to-company") -> MatchingDataset:
    """Read a matching directory; raises UnreadableFile naming file and line.

    The columns of the judgements are found by the header's names, in any order. In the direction
    company-to-need, `qrels_reverse.tsv` is used where it stands, else `qrels.tsv` turned round.
    """
    if direction not in DIRECTIONS:
        raise InvalidRequest(
            f"방향 '{direction}'을(를) 알 수 없습니다. {' 또는 '.join(DIRECTIONS)}만 됩니다.",
            direction=direction,
        )
    companies = _records(folder / "companies.jsonl", Company.from_dict, lambda c: c.company_id)
    needs = _records(folder / "needs.jsonl", Need.from_dict, lambda n: n.need_id)
    if direction == "need-to-company":
        path = folder / "qrels.tsv"
        qrels = _read_qrels(path, ("need_id", "company_id", "grade"), _HIGHEST_MATCHING_GRADE)
        queries = tuple(_need_query(need) for need in needs.values())
        _require_known(qrels, needs, path, "needs.jsonl")
        notes = _notes(qrels, companies, "companies.jsonl")
    else:
        path = folder / "qrels_reverse.tsv"
        path = path if path.is_file() else folder / "qrels.tsv"
        qrels = _read_qrels(path, ("company_id", "need_id", "grade"), _HIGHEST_MATCHING_GRADE)
        queries = tuple(_company_query(company) for company in companies.values())
        _require_known(qrels, companies, path, "companies.jsonl")
        notes = _notes(qrels, needs, "needs.jsonl")
    return MatchingDataset(_name(folder), direction, companies, needs, queries, qrels, notes)


def _need_query(need: Need) -> Query:
    return Query(need.need_id, need.text, need.language or UNKNOWN_LANGUAGE)


def _company_query(company: Company) -> Query:
    """Records do not say in which language a company's offerings are written: Hangul tells."""
    text = "\n".join(offering.text for offering in company.offerings)
    is_korean = any("가" <= character <= "힣" for character in text)
    return Query(company.company_id, text, "ko" if is_korean else UNKNOWN_LANGUAGE)


def _name(folder: Path) -> str:
    return folder.resolve().name


def _records(
    path: Path, build: Callable[[Mapping[str, Any]], R], id_of: Callable[[R], str]
) -> dict[str, R]:
    records: dict[str, R] = {}
    for place, row in _lines(path):
        try:
            record = build(row)
        except InvalidRecord as error:
            raise UnreadableFile(f"{place}: {error.sentence}", path=str(path)) from error
        _keep_once(records, id_of(record), record, place)
    return records


def _lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (place for messages, object) of each line that is not blank."""
    is_empty = True
    for number, line in enumerate(_read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path} {number}행"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UnreadableFile(
                f"{place}: JSON으로 읽을 수 없습니다. 한 줄에 JSON 객체 하나가 있어야 합니다.",
                path=str(path),
            ) from error
        if not isinstance(row, dict):
            raise UnreadableFile(f"{place}: JSON 객체({{...}})가 아닙니다.", path=str(path))
        is_empty = False
        yield place, row
    if is_empty:
        raise UnreadableFile(f"{path}: 내용이 비어 있습니다.", path=str(path))


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadableFile(f"{path}: 파일이 없습니다.", path=str(path)) from None
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path}: UTF-8로 저장된 파일이 아닙니다.", path=str(path)) from error
    except OSError as error:
        raise UnreadableFile(f"{path}: 파일을 읽을 수 없습니다.", path=str(path)) from error


def _id(row: Mapping[str, Any], place: str) -> str:
    value = row.get("_id")
    if value is None or not str(value).strip():
        raise UnreadableFile(f"{place}: _id가 없습니다.")
    return str(value).strip()


def _text(row: Mapping[str, Any]) -> str:
    return join_text(str(row.get("title") or ""), str(row.get("text") or ""))


def _keep_once(kept: dict[str, R], id: str, record: R, place: str) -> None:
    if id in kept:
        raise UnreadableFile(f"{place}: ID '{id}'가 두 번 나옵니다.", id=id)
    kept[id] = record


def _read_qrels(
    path: Path, columns: tuple[str, str, str], highest: int | None = None
) -> dict[str, dict[str, int]]:
    """Read judgements; `columns` are the names of query, document and grade, in any order."""
    lines = _read_text(path).split("\n")
    header = [name.strip() for name in lines[0].rstrip("\r").split("\t")]
    missing = [name for name in columns if name not in header]
    if missing:
        raise UnreadableFile(
            f"{path}: 머리글에 {', '.join(missing)} 열이 없습니다. 첫 줄은 탭으로 나눈 "
            f"{', '.join(columns)}이어야 합니다 (순서는 상관없음).",
            path=str(path),
        )
    qrels: dict[str, dict[str, int]] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        place = f"{path} {number}행"
        cells = dict(zip(header, line.rstrip("\r").split("\t"), strict=False))
        query, document, grade_cell = (cells.get(name, "").strip() for name in columns)
        if not (query and document and grade_cell):
            raise UnreadableFile(f"{place}: 빈 칸이 있습니다.", path=str(path))
        grade = _grade(grade_cell, highest, place)
        if qrels.setdefault(query, {}).setdefault(document, grade) != grade:
            raise UnreadableFile(
                f"{place}: '{query}'와 '{document}'의 판정이 위의 판정과 다릅니다.", path=str(path)
            )
    if not qrels:
        raise UnreadableFile(f"{path}: 판정이 하나도 없습니다.", path=str(path))
    return qrels


def _grade(cell: str, highest: int | None, place: str) -> int:
    whole = re.fullmatch(r"([0-9]+)(\.0+)?", cell)
    if whole is None or (highest is not None and int(whole[1]) > highest):
        span = f"0부터 {highest}까지의" if highest is not None else "0 이상의"
        raise UnreadableFile(f"{place}: 판정 '{cell}'이(가) {span} 정수가 아닙니다.")
    return int(whole[1])


def _require_known(qrels: Qrels, known: Mapping[str, object], path: Path, named_in: str) -> None:
    """A judged query that is not there can't be asked: zero for it would be a false figure."""
    unknown = [query for query in qrels if query not in known]
    if unknown:
        raise UnreadableFile(
            f"{path}: {named_in}에 없는 ID의 판정이 있습니다: {_some(unknown)}",
            path=str(path),
            ids=unknown,
        )


def _notes(qrels: Qrels, documents: Mapping[str, object], named_in: str) -> tuple[str, ...]:
    judged = {document for grades in qrels.values() for document in grades}
    absent = sorted(judged - documents.keys())
    if not absent:
        return ()
    return (
        f"판정된 ID {len(absent)}개가 {named_in}에 없습니다. 찾을 수 없지만 정답으로는 셉니다: "
        f"{_some(absent)}",
    )


def _some(ids: list[str]) -> str:
    shown = ", ".join(ids[:5])
    return f"{shown} 외 {len(ids) - 5}개" if len(ids) > 5 else shown
