"""Every sentence of every page has its English, and no Korean stands in a template without a way to it."""

import re
from importlib import resources
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

from data.columns import KINDS, fields_of
from matcher.outcomes import STAGES as OUTCOME_STAGES
from matcher.requests import STAGES
from service.event_templates import TEMPLATES
from service.pages.board import VIEWS
from service.pages.frame import NAVIGATION, ROLE_LABELS, english
from service.pages.import_pages import FIELD_LABELS, KIND_LABELS
from service.pages.match_pages import VERDICTS
from service.reports import GROUPS
from service.store import GRADES
from service.store.releases import ATTENDANCE

TEMPLATE_FILES = sorted(Path(str(resources.files("service"))).glob("templates/*.html"))
CALL = re.compile(r"""_\((?:"[^"]*"|'[^']*')\)""")
HANGUL = re.compile("[가-힣]")


def _messages(path: Path) -> set[str]:
    options = {"trim_blocks": "true", "lstrip_blocks": "true"}
    with path.open("rb") as file:
        found = babel_extract(file, ("_", "gettext"), [], options)
        return {text for _, _, text, _ in found if isinstance(text, str)}


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=lambda path: path.name)
def test_each_sentence_of_a_template_has_its_english(path: Path) -> None:
    lacking = {m for m in _messages(path) if HANGUL.search(m) and m not in english()}
    bare = [line for line in CALL.sub("", path.read_text("utf-8")).splitlines() if _is_bare(line)]

    assert lacking == set()
    assert bare == []


def _is_bare(line: str) -> bool:
    """Tell whether Korean stands in a line that is neither translated nor a value that is, later."""
    loops = re.sub(
        r"{%.*?%}", "", line
    )  # labels in a loop's tuples go through _() where they are shown
    known = "한국어" in line or "하노이 사절단 2027" in line
    return bool(HANGUL.search(loops)) and not known


def test_labels_that_pages_look_up_have_their_english() -> None:
    labels = {
        *(label for _, label, _ in NAVIGATION),
        *ROLE_LABELS.values(),
        *VERDICTS.values(),
        *VIEWS.values(),
        *STAGES.values(),
        *OUTCOME_STAGES.values(),
        *ATTENDANCE.values(),
        *GRADES.values(),
        *GROUPS.values(),
        *KIND_LABELS.values(),
        *FIELD_LABELS.values(),
        *(template.label for template in TEMPLATES.values()),
    }

    assert {label for label in labels if label not in english()} == set()


def test_no_english_is_left_in_korean_or_forgotten() -> None:
    used = {text for path in TEMPLATE_FILES for text in _messages(path)}

    assert [text for text in english().values() if HANGUL.search(text)] == []
    assert len(english()) >= len(used) > 300


def test_each_field_of_a_sheet_has_a_name_on_the_screen() -> None:
    assert {field for kind in KINDS for field in fields_of(kind)} <= FIELD_LABELS.keys()
