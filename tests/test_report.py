import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from evaluation.compare import Missing
from evaluation.comparison_sections import by_set_table, macro_table
from evaluation.datasets import Query, read_matching, read_retrieval
from evaluation.figures import Dot, Figure, draw_dots, draw_lines
from evaluation.matching_sections import (
    calibration_section,
    worst_section,
)
from evaluation.measures import MAIN_MEASURE
from evaluation.pages import Report, Section, to_html, to_markdown
from evaluation.report import build_report, comparison_notes
from evaluation.runs import Run
from evaluation.tables import Table
from matcher.ranking import Hit
from tests.eval_worlds import (
    compared,
    run_of,
    tried,
    write_matching_world,
    write_retrieval_world,
)

VOID = {"meta", "path", "use", "br"}


@pytest.fixture
def firms(tmp_path):
    return read_matching(write_matching_world(tmp_path / "firms"))


@pytest.fixture
def docs(tmp_path):
    return read_retrieval(write_retrieval_world(tmp_path / "docs"))


# -- how it is written


class Balanced(HTMLParser):
    """Notes every tag that is not closed where it should be, and everything that is fetched."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.fetched = [], [], []

    def handle_starttag(self, tag, attrs):
        self.fetched += [v for k, v in attrs if k in ("src", "href", "xlink:href") and v[0] != "#"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def whole_report(firms, docs):
    firm_runs = [
        run_of("hybrid", N_ko=["C-rain", "C-burn"], N_en=["C-burn"], N_id=["C-sun"]),
        run_of("bm25", N_ko=["C-burn"], N_en=[], N_id=[]),
        run_of("sector", N_ko=["C-burn"], N_en=["C-rain"], N_id=["C-sun"]),
    ]
    doc_runs = [run_of("hybrid", q_en=["burn"]), run_of("bm25", q_en=["sun"])]
    trials = [*tried(firms, *firm_runs), *tried(docs, *doc_runs)]
    missing = [Missing("docs", "sector", "분야가 없어 잴 수 없습니다.")]
    comparison = compared(trials, missing)
    return comparison, build_report(comparison, trials)


def test_the_page_needs_nothing_from_elsewhere_and_every_tag_is_closed(firms, docs):
    page = to_html(whole_report(firms, docs)[1])

    reader = Balanced()
    reader.feed(page)
    assert (reader.open, reader.wrong, reader.fetched) == ([], [], [])
    assert set(re.findall(r"https?://[^\s\"'<)]+", page)) <= {
        "http://www.w3.org/1999/xlink",
        "http://www.w3.org/2000/svg",
    }
    assert "<script" not in page
    assert '<html lang="ko">' in page


def test_no_name_stands_twice_on_a_page(firms, docs):
    names = re.findall(r'\bid="([^"]+)"', to_html(whole_report(firms, docs)[1]))

    assert len(names) == len(set(names))


def test_both_forms_say_the_same_sections_tables_and_cells(firms, docs):
    report = whole_report(firms, docs)[1]

    page, markdown = to_html(report), to_markdown(report)

    for section in report.sections:
        assert f"## {section.title}\n" in markdown
        for table in section.tables:
            cells = [cell for row in table.rows for cell in row]
            assert cells
            for cell in cells:
                assert cell.split("\n")[0].replace("|", r"\|").replace("<", "&lt;") in markdown
                assert cell.split("\n")[0].replace("<", "&lt;") in page
    assert [section.title for section in report.sections][:2] == ["출처", "nDCG@10, 자료별"]


def test_what_people_typed_is_escaped_in_both_forms():
    table = Table("", ("이름", "값"), (("<b>&|", "1"),))
    figure = Figure("f", 'A "<u>" 회사', "<svg></svg>")
    section = Section("가 & 나", ("`a<b`",), ("<i>",), (table,), (figure,))
    report = Report("제목 <x>", (section,))

    page, markdown = to_html(report), to_markdown(report)

    assert "<b>" not in page
    assert 'aria-label="A &quot;&lt;u&gt;&quot; 회사"' in page
    assert "<code>a&lt;b</code>" in page
    assert "<li>&lt;i&gt;</li>" in page
    assert r"| &lt;b>&\| | 1 |" in markdown


def test_a_cell_of_several_lines_keeps_them():
    table = Table("", ("가", "나"), (("1\n2", "3"),))

    assert "1<br>2" in table.to_html()
    assert "| 1<br>2 | 3 |" in table.to_markdown()


def test_the_same_figures_give_the_same_picture_in_words_that_can_be_read():
    dots = [Dot("표본", "hybrid", 0.7, 0.6, 0.8), Dot("표본", "bm25", 0.3, 0.2, 0.4)]

    first, second = (draw_dots("sets", "그림", dots) for _ in range(2))

    assert first == second
    assert ">표본</text>" in first.svg
    assert ">hybrid</text>" in first.svg
    assert first.svg.startswith("<svg")


def test_a_line_drawing_names_its_axes():
    figure = draw_lines("l", "그림", {"선": [(0.0, 0.0), (1.0, 1.0)]}, ("가로", "세로"))

    assert ">가로</text>" in figure.svg
    assert ">세로</text>" in figure.svg


# -- means over sets


def test_a_system_that_could_not_be_run_is_left_blank_and_explained(firms, docs):
    comparison, report = whole_report(firms, docs)

    row = next(row for row in by_set_table(comparison).rows if row[0] == "docs")
    assert row[-2] == "–"
    assert "docs: 분야가 없어 잴 수 없습니다." in comparison_notes(comparison)
    assert "docs: 분야가 없어 잴 수 없습니다." in report.sections[-1].points


def test_the_mean_over_sets_weighs_every_set_alike(firms, docs):
    perfect = run_of("hybrid", N_ko=["C-rain", "C-rain2"], N_en=["C-burn"], N_id=["C-sun"])
    trials = [
        *tried(firms, perfect, run_of("bm25", N_en=["C-burn"])),
        *tried(docs, run_of("hybrid", q_en=["burn"]), run_of("bm25")),
    ]

    rows = {row[0]: row[1:] for row in macro_table(compared(trials), trials).rows}

    # firms: 3 of its 4 needs right, and 1 of 4; docs: 1 of its 3 queries right, and none
    hybrid, bm25 = (3 / 4 + 1 / 3) / 2, (1 / 4 + 0) / 2
    lead = f"{hybrid - bm25:+.3f} (bm25)"
    assert rows["모든 질의"] == ("2", f"{hybrid:.3f}", f"{bm25:.3f}", lead)
    # Korean needs: N-ko right and q-ko wrong; across languages: 2 of 3 needs, 1 of 2 queries
    assert rows["한국어→한국어"][1] == f"{(1 / 1 + 0 / 1) / 2:.3f}"
    assert rows["언어 간"][1] == f"{(2 / 3 + 1 / 2) / 2:.3f}"


def test_a_mean_over_sets_that_lacks_a_set_is_not_given(firms, docs):
    comparison, _ = whole_report(firms, docs)
    trials = [*tried(firms, run_of("sector")), *tried(docs, run_of("hybrid"))]

    rows = macro_table(compared(trials), trials).rows

    assert rows[0][2:] == ("–", "–", "–")
    assert comparison.systems() == ("hybrid", "bm25", "sector")


def test_letters_and_the_star_stand_beside_the_means(docs):
    many = tuple(Query(f"q{i}", "빗물", "ko") for i in range(12))
    docs = replace(docs, queries=many, qrels={q.id: {"burn": 1} for q in many})
    right = Run("hybrid", {q.id: (Hit("burn", 1.0),) for q in many})
    trials = tried(docs, right, Run("bm25", {}))

    (row,) = by_set_table(compared(trials), brief=True).rows

    assert row == ("docs", "12", "1.000 a★", "0.000 b")


# -- worst lists


def test_the_worst_needs_come_first_with_their_lists_and_what_was_wanted(firms):
    run = run_of(
        "hybrid",
        N_ko=["C-rain", "C-rain2"],
        N_en=["C-sun", "C-rain", "C-burn"],
        N_id=["C-sun"],
    )

    section = worst_section(firms, tried(firms, run)[0])

    rows = section.tables[0].rows
    assert [row[0].split()[0] for row in rows] == ["N-cert", "N-en", "N-id", "N-ko"]
    assert rows[0][3:] == ("답 없음", "C-rain 가상빗물 (3) 순위 밖")
    assert rows[1] == (
        "N-en waste incinerator",
        "en",
        "0.500",
        "1. C-sun 가상태양 (미판정)\n2. C-rain 가상빗물 (미판정)\n3. C-burn 가상소각 (3)",
        "C-burn 가상소각 (3) 3위",
    )


# -- probabilities


def test_probabilities_are_judged_where_answers_carry_them(firms):
    run = replace(
        run_of("hybrid", N_ko=["C-rain", "C-burn"], N_none=["C-sun"]),
        probabilities={"N-ko": {"C-rain": 0.9, "C-burn": 0.1}, "N-none": {"C-sun": 0.2}},
    )

    section = calibration_section(firms, tried(firms, run), "trust")

    (table,) = section.tables
    assert table.rows == (
        ("0.1–0.2", "1", "0.100", "0.000"),
        ("0.2–0.3", "1", "0.200", "0.000"),
        ("0.9–1.0", "1", "0.900", "1.000"),
    )
    assert f"ECE) {(0.1 + 0.2 + 0.1) / 3:.3f}" in section.points[0]
    assert "3건" in section.points[0]
    assert [figure.name for figure in section.figures] == ["trust-reliability", "trust-abstention"]


def test_the_line_is_the_highest_that_refuses_at_most_one_answerable_need_in_twenty(firms):
    # one of four answerable needs lies below the need that has no answer: a line above both would
    # refuse a quarter of the answerable ones, so nobody can be refused
    stated = {"N-ko": 0.8, "N-en": 0.8, "N-id": 0.8, "N-cert": 0.1, "N-none": 0.2}
    answers = run_of("hybrid", **{query.replace("-", "_"): ["C-sun"] for query in firms.needs})

    def said(probabilities):
        run = replace(answers, probabilities={q: {"C-sun": p} for q, p in probabilities.items()})
        return calibration_section(firms, tried(firms, run), "trust").points[-1]

    assert "없는 질의의 0%를 거절합니다" in said(stated)
    assert "없는 질의의 100%를 거절합니다" in said({**stated, "N-cert": 0.8})


def test_whom_the_product_refuses_is_counted_by_whether_anybody_fits(firms):
    run = replace(
        run_of("hybrid", N_ko=["C-rain"]),
        probabilities={"N-ko": {"C-rain": 0.9}},
        nobody_fits=frozenset({"N-none", "N-id"}),
    )

    points = calibration_section(firms, tried(firms, run), "trust").points

    assert "맞는 상대가 있는 질의 4개 가운데 1개(25%)에" in points[1]
    assert "맞는 상대가 없는 질의 1개 가운데 1개(100%)에" in points[2]


def test_without_probabilities_the_section_is_left_out(firms):
    trials = tried(firms, run_of("hybrid", N_ko=["C-rain"]))

    assert calibration_section(firms, trials, "trust") is None
    assert "확률" not in to_markdown(build_report(compared(trials), trials))


def test_a_report_with_probabilities_has_their_figures(firms):
    run = replace(run_of("hybrid", N_ko=["C-rain"]), probabilities={"N-ko": {"C-rain": 0.9}})
    trials = tried(firms, run)

    report = build_report(compared(trials), trials)

    assert {"trust-1-reliability", "trust-1-abstention"} <= {f.name for f in report.figures()}
    assert "figures/trust-1-reliability.svg" in to_markdown(report)
    assert MAIN_MEASURE in to_markdown(report)
