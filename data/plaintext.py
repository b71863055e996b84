"""Bytes of a text file into characters: encodings of Korean offices, within bounds of size."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import UnreadableFile

MAX_FILE_BYTES = 256 * 2**20
MAX_LINE_BYTES = 8 * 2**20
_CHUNK = 2**20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 BOM"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_HANGUL = re.compile("[가-힣ㄱ-ㅣ]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
# Of the letters beyond ASCII in a Korean office file; Chinese or Vietnamese bytes read as CP949
# give rare Hanja and symbols instead.
_MIN_HANGUL_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class PlainText:
    """A file's characters, line ends all `\\n`, and the encoding they were in."""

    text: str
    encoding: str


def read_text(path: Path, *, keep_broken: bool = False) -> PlainText:
    """Read a text file; raises UnreadableFile where it is empty, binary, too long or undecodable.

    keep_broken: bytes that are no UTF-8 come back as lone surrogates, for who judges line by line.
    """
    _check_bounds(path)
    data = path.read_bytes()
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile(
            f"'{path.name}'은(는) 빈 파일입니다. 내용이 있는 파일을 골라 주세요.", file=path.name
        )
    try:
        text, encoding = _decode(path, data)
    except UnreadableFile:
        if not keep_broken:
            raise
        text, encoding = data.decode("utf-8", "surrogateescape"), "UTF-8"
    if "\x00" in text:
        raise UnreadableFile(
            f"'{path.name}'에 글자가 아닌 값(NUL)이 있어 텍스트 파일로 읽을 수 없습니다."
            " 원래 프로그램에서 CSV UTF-8로 다시 저장해 주세요.",
            file=path.name,
        )
    return PlainText(text.replace("\r\n", "\n").replace("\r", "\n"), encoding)


def _check_bounds(path: Path) -> None:
    """Refuse what would fill the memory, before it is read as a whole."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise UnreadableFile(
            f"'{path.name}'이(가) 너무 큽니다({path.stat().st_size // 2**20:,} MB)."
            f" {MAX_FILE_BYTES // 2**20} MB 이하의 파일로 나누어 주세요.",
            file=path.name,
        )
    line_bytes, line = 0, 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            first, *others = re.split(rb"[\r\n]", chunk)
            longest = max((line_bytes + len(first), *map(len, others)))
            if longest > MAX_LINE_BYTES:
                raise UnreadableFile(
                    f"'{path.name}'의 {line}번째 줄 부근에 {MAX_LINE_BYTES // 2**20} MB가 넘는 줄이"
                    " 있어 읽지 않았습니다. 줄바꿈이 빠지지 않았는지 확인해 주세요.",
                    file=path.name,
                )
            line_bytes = len(others[-1]) if others else line_bytes + len(first)
            line += chunk.count(b"\n")


def _decode(path: Path, data: bytes) -> tuple[str, str]:
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(codec), name
            except UnicodeDecodeError as error:
                raise _undecodable(path, data, error.start, name) from None
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        broken_at = error.start
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        raise _undecodable(path, data, broken_at, "UTF-8, CP949") from None
    beyond_ascii = len(_NOT_ASCII.findall(text))
    if len(_HANGUL.findall(text)) < _MIN_HANGUL_SHARE * beyond_ascii:
        raise _undecodable(path, data, broken_at, "UTF-8, CP949")
    return text, "CP949"


def _undecodable(path: Path, data: bytes, position: int, tried: str) -> UnreadableFile:
    line = data.count(b"\n", 0, position) + 1
    return UnreadableFile(
        f"'{path.name}'의 글자 인코딩을 알 수 없습니다({tried}로 읽어 보았고 {line}번째 줄에서 막혔습니다)."
        " 엑셀에서 'CSV UTF-8(쉼표로 분리)'로 다시 저장해 주세요.",
        file=path.name,
        line=line,
    )
