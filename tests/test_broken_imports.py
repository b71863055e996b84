"""Every broken file of test_broken_files, through the command line into a store that has records."""

import re
import sys
from pathlib import Path

import pytest

from data.intake import read_files
from matcher.errors import UnreadableFile
from service.cli import main
from service.settings import Settings
from service.store import Source, Store
from tests.test_broken_files import PROBLEMS, UNREADABLE
from tests.worlds import companies, needs

KOREAN_SENTENCE = re.compile("[가-힣].*[.다요]")
FILES = {name: case[:2] for name, case in (UNREADABLE | PROBLEMS).items()}


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_ends_in_a_sentence_and_leaves_the_store_as_it_was_but_for_good_rows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, content = FILES[name]
    path = tmp_path / file
    path.write_bytes(content)
    monkeypatch.setenv("GREENMATCH_HOME", str(tmp_path / "home"))
    store = Store.open(Settings.from_environment().database_url)
    store.save(companies(), needs(), Source("test", ("before",), 0))
    before = {record.company_id: record for record in store.companies()}

    for command in ("check", "import"):
        monkeypatch.setattr(sys, "argv", ["greenmatch", command, str(path)])
        with pytest.raises(SystemExit) as exited:
            main()

        printed = capsys.readouterr()
        assert exited.value.code in (1, 2)
        assert KOREAN_SENTENCE.search(printed.err or printed.out)
        assert "Traceback" not in printed.err + printed.out

    after = {record.company_id: record for record in store.companies()}
    assert after == before | good_companies(path)
    assert store.needs() == tuple(sorted(needs(), key=lambda need: need.need_id))


def good_companies(path: Path) -> dict[str, object]:
    try:
        return {company.company_id: company for company in read_files([path]).companies}
    except UnreadableFile:
        return {}
