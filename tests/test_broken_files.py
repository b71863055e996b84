"""Files as they should not be: each ends in one clear Korean sentence or a list of problems."""

import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest

from data.intake import read_files
from matcher.errors import UnreadableFile

HEADS = ["기업ID", "기업명", "기술명", "설립일"]
KOREAN_SENTENCE = re.compile(r"[가-힣].*(다|요)\.$")


def _book_bytes(*rows: Sequence[object]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _with_member(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            content = old.read(member)
            new.writestr(member.filename, change(content) if member.filename == name else content)
    return stream.getvalue()


def _huge_merge(content: bytes) -> bytes:
    merge = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells><pageMargins'
    return content.replace(b"<pageMargins", merge, 1)


def _zip(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def _zip_bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (200 * 2**20))
    return stream.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
SHEET = _book_bytes(HEADS, ["C-1", "그린", "정수기", "2006"])
LATIN = "기업명,기술명\n".encode() + "Société,épuration\n".encode("latin-1")
CHINESE = "企业名称,产品,说明\n绿色公司,净水器,过滤水的设备\n".encode("gb18030")

UNREADABLE: dict[str, tuple[str, bytes, str]] = {
    "an empty file": ("a.csv", b"", "빈 파일"),
    "a file of blanks": ("a.jsonl", b"\xef\xbb\xbf \r\n\r\n", "빈 파일"),
    "an empty workbook": ("a.xlsx", _book_bytes(), "내용이 없습니다"),
    "no header": ("a.csv", b"C-1,Green,Water\nC-2,Wind,Sail\n", "열 이름"),
    "a workbook without header": ("a.xlsx", _book_bytes(["C-1", "그린"]), "열 이름"),
    "a header too far down": ("a.csv", b"x,y\n" * 30 + "기업명,기술명\n".encode(), "열 이름"),
    "a picture renamed to xlsx": ("a.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(99), "PNG 그림"),
    "a picture renamed to csv": ("a.csv", b"\xff\xd8\xff\xe0" + bytes(99), "JPEG 그림"),
    "a PDF renamed to xlsx": ("a.xlsx", b"%PDF-1.7\n", "PDF 문서"),
    "a web page renamed to xlsx": ("a.xlsx", b"<html><table></table></html>", "HTML"),
    "a wrong encoding": ("a.csv", LATIN, "인코딩"),
    "a foreign encoding": ("a.csv", CHINESE, "인코딩"),
    "half a UTF-16 file": ("a.csv", "기업명,기술명".encode("utf-16")[:-1], "인코딩"),
    "zeros in a text": ("a.csv", "기업명,기술명\n\0\0".encode(), "NUL"),
    "an old xls": ("a.xls", OLE, ".xls"),
    "a locked xlsx": ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "암호"),
    "a HWP document": ("a.csv", OLE + b"HWP Document File", "한글(HWP)"),
    "an unknown extension": ("a.exe", b"MZ", ".xlsx"),
    "an archive that is no workbook": ("a.xlsx", _zip(word__document="x"), "통합 문서"),
    "a workbook renamed to csv": ("a.csv", SHEET, ".xlsx"),
    "half a workbook": ("a.xlsx", SHEET[: len(SHEET) // 2], "손상"),
    "a workbook with a broken sheet": (
        "a.xlsx",
        _with_member(SHEET, "xl/worksheets/sheet1.xml", lambda content: content[:200]),
        "손상",
    ),
    "a workbook whose insides are missing": (
        "a.xlsx",
        _zip(xl__workbook="x") + b"",
        "통합 문서",
    ),
    "a zip bomb": ("a.xlsx", _zip_bomb(), "압축을 풀면"),
    "a merge over the whole sheet": (
        "a.xlsx",
        _with_member(SHEET, "xl/worksheets/sheet1.xml", _huge_merge),
        "병합",
    ),
    "an open quote": ("a.csv", '기업명,기술명\n"그린,정수기\n'.encode(), "따옴표"),
    "a thousand columns": ("a.csv", "기업명,기술명\n".encode() + b"x," * 2_000, "칸이"),
    "no JSON at all": ("a.jsonl", b"hello\n" * 200, "JSONL"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_file_ends_in_one_korean_sentence(tmp_path: Path, name: str) -> None:
    file, content, word = UNREADABLE[name]
    (tmp_path / file).write_bytes(content)

    with pytest.raises(UnreadableFile) as caught:
        read_files([tmp_path / file])

    assert KOREAN_SENTENCE.search(caught.value.sentence)
    assert f"'{file}'" in caught.value.sentence
    assert word in caught.value.sentence
    assert "\n" not in caught.value.sentence
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.xlsx").mkdir()

    with pytest.raises(UnreadableFile, match="폴더"):
        read_files([tmp_path / "folder.xlsx"])
    with pytest.raises(UnreadableFile, match="찾을 수 없습니다"):
        read_files([tmp_path / "nothing.xlsx"])


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_fifty_megabytes_of_one_line_are_refused_in_little_memory(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"x," * (25 * 2**20))
    tracemalloc.start()

    with pytest.raises(UnreadableFile, match="8 MB가 넘는 줄"):
        read_files([path])

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 32 * 2**20


PROBLEMS: dict[str, tuple[str, bytes, list[tuple[str, int]], int]] = {
    "a date that no calendar has": (
        "a.xlsx",
        _book_bytes(HEADS, ["C-1", "그린", "정수기", "2026.2.30"]),
        [("warning", 2)],
        1,
    ),
    "ids that stand twice": (
        "a.xlsx",
        _book_bytes(HEADS, ["C-1", "그린", "정수기"], ["C-1", "바람", "풍력"]),
        [("error", 3)],
        1,
    ),
    "formulas without a value": (
        "a.xlsx",
        _book_bytes(HEADS, ["C-1", "그린", "=1+1"], ["C-2", "=A2", "풍력"]),
        [("warning", 2), ("warning", 2), ("warning", 3), ("error", 3)],
        1,
    ),
    "rows without a company": (
        "a.csv",
        "기업ID,기업명,기술명\n,,정수기\nC-1,그린,필터\n합계,,\n".encode("cp949"),
        [("error", 2), ("error", 4)],
        1,
    ),
    "rows with too many cells": (
        "a.csv",
        "기업ID,기업명,기술명\nC-1,그린,정수기,1,2\n".encode(),
        [("warning", 2), ("warning", 2)],
        1,
    ),
    "a line that is no JSON": (
        "a.jsonl",
        '{"company_id": "C-1", "name_ko": "그린"}\n{"company_id"\n'.encode(),
        [("error", 2)],
        1,
    ),
    "a line of another encoding": (
        "a.jsonl",
        '{"need_id": 1, "title": "é"}\n'.encode("latin-1")
        + '{"company_id": "C-1", "name_ko": "그린"}\n'.encode(),
        [("error", 1)],
        1,
    ),
    "lines of wrong types": (
        "a.jsonl",
        "\n".join(
            json.dumps(value)
            for value in (
                {"company_id": "C-1", "name_ko": "a", "offerings": 3, "languages": {"a": 1}},
                {"company_id": {"a": 1}, "name_ko": ["a", "b"], "employees": [1]},
                {"company_id": "C-3", "name_ko": "", "certifications": 5},
                {"company_id": "C\u0001", "name_ko": "a"},
            )
        ).encode(),
        [("warning", 1), ("error", 1), ("warning", 2), ("warning", 3), ("error", 3), ("error", 4)],
        2,
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_bad_rows_become_problems_and_good_rows_go_in(tmp_path: Path, name: str) -> None:
    file, content, told, companies = PROBLEMS[name]
    (tmp_path / file).write_bytes(content)

    intake = read_files([tmp_path / file])

    assert sorted((p.severity, p.row) for p in intake.problems) == sorted(told)
    assert len(intake.companies) == companies
    for problem in intake.problems:
        assert KOREAN_SENTENCE.search(problem.sentence), problem.sentence
        assert problem.file == file
