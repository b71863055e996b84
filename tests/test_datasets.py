import json

import pytest

from evaluation.datasets import read_dataset, read_matching, read_retrieval
from matcher.errors import InvalidRequest, UnreadableFile

COMPANIES = [
    {"company_id": "C-1", "name_ko": "가상수처리", "offerings": [{"title": "빗물 저류조"}]},
    {"company_id": "C-2", "name_ko": "가상소각", "offerings": [{"title": "Incinerator"}]},
]
NEEDS = [
    {"need_id": "N-1", "title": "빗물", "description": "빗물 저류 시설", "language": "ko"},
    {"need_id": "N-2", "title": "Waste", "description": "Waste to energy"},
]


def write_jsonl(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def write_retrieval(
    folder, corpus=None, queries=None, qrels="query-id\tcorpus-id\tscore\nq1\td1\t1\n"
):
    write_jsonl(folder / "corpus.jsonl", corpus or [{"_id": "d1", "text": "본문"}])
    write_jsonl(folder / "queries.jsonl", queries or [{"_id": "q1", "text": "질의"}])
    (folder / "qrels.tsv").write_text(qrels, "utf-8")
    return folder


def write_matching(folder, qrels="need_id\tcompany_id\tgrade\nN-1\tC-1\t3\nN-2\tC-1\t0\n"):
    write_jsonl(folder / "companies.jsonl", COMPANIES)
    write_jsonl(folder / "needs.jsonl", NEEDS)
    (folder / "qrels.tsv").write_text(qrels, "utf-8")
    return folder


def test_a_retrieval_set_joins_title_and_text_and_keeps_languages(tmp_path):
    folder = write_retrieval(
        tmp_path / "tiny",
        corpus=[{"_id": "d1", "title": "제목", "text": "본문"}, {"_id": 2, "text": "수"}],
        queries=[{"_id": "q1", "text": "nước", "language": "vi"}, {"_id": "q2", "text": "물"}],
        qrels="query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\t2\t1.0\n",
    )

    dataset = read_retrieval(folder)

    assert dataset.name == "tiny"
    assert dataset.corpus == {"d1": "제목\n본문", "2": "수"}
    assert [(q.id, q.text, q.language) for q in dataset.queries] == [
        ("q1", "nước", "vi"),
        ("q2", "물", "und"),
    ]
    assert dataset.qrels == {"q1": {"d1": 1}, "q2": {"2": 1}}
    assert dataset.useful_grade == 1


def test_an_id_may_hold_spaces(tmp_path):
    folder = write_retrieval(
        tmp_path,
        corpus=[{"_id": "가이드.pdf - 4", "text": "본문"}],
        qrels="query-id\tcorpus-id\tscore\r\nq1\t가이드.pdf - 4\t1\r\n",
    )

    assert read_retrieval(folder).qrels == {"q1": {"가이드.pdf - 4": 1}}


def test_judged_documents_that_are_not_in_the_corpus_are_kept_and_noted(tmp_path):
    folder = write_retrieval(tmp_path, qrels="query-id\tcorpus-id\tscore\nq1\tgone\t1\n")

    dataset = read_retrieval(folder)

    assert dataset.qrels == {"q1": {"gone": 1}}
    assert len(dataset.notes) == 1
    assert "corpus.jsonl에 없습니다" in dataset.notes[0]
    assert "gone" in dataset.notes[0]


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_missing_file_is_named(tmp_path, name):
    folder = write_retrieval(tmp_path)
    (folder / name).unlink()

    with pytest.raises(UnreadableFile, match=f"{name}: 파일이 없습니다"):
        read_retrieval(folder)


@pytest.mark.parametrize(
    ("qrels", "sentence"),
    [
        ("query-id\tdoc\tscore\nq1\td1\t1\n", "corpus-id 열이 없습니다"),
        ("q1\td1\t1\n", "query-id, corpus-id, score 열이 없습니다"),
        ("query-id\tcorpus-id\tscore\n", "판정이 하나도 없습니다"),
        ("query-id\tcorpus-id\tscore\nq1\td1\n", "2행: 빈 칸"),
        ("query-id\tcorpus-id\tscore\nq1\td1\thigh\n", "2행: 판정 'high'"),
        ("query-id\tcorpus-id\tscore\nq1\td1\t-1\n", "2행: 판정 '-1'"),
        ("query-id\tcorpus-id\tscore\nq1\td1\tnan\n", "2행: 판정 'nan'"),
        ("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t0\n", "3행: .* 다릅니다"),
        ("query-id\tcorpus-id\tscore\nq9\td1\t1\n", "queries.jsonl에 없는 ID.*q9"),
        ("", "열이 없습니다"),
    ],
)
def test_broken_judgements_end_in_a_sentence_that_names_the_place(tmp_path, qrels, sentence):
    folder = write_retrieval(tmp_path, qrels=qrels)

    with pytest.raises(UnreadableFile, match=sentence):
        read_retrieval(folder)


@pytest.mark.parametrize(
    ("corpus", "sentence"),
    [
        ("", "비어 있습니다"),
        ("{'_id': 1}\n", "1행: JSON으로"),
        ("[1]\n", "1행: JSON 객체"),
        ('{"text": "a"}\n', "1행: _id가 없습니다"),
        ('{"_id": "a", "text": "x"}\n\n{"_id": "a", "text": "y"}\n', "3행: ID 'a'가 두 번"),
    ],
)
def test_a_broken_corpus_ends_in_a_sentence_that_names_the_line(tmp_path, corpus, sentence):
    folder = write_retrieval(tmp_path)
    (folder / "corpus.jsonl").write_text(corpus, "utf-8")

    with pytest.raises(UnreadableFile, match=sentence):
        read_retrieval(folder)


def test_a_file_in_another_encoding_is_refused_in_words(tmp_path):
    folder = write_retrieval(tmp_path)
    (folder / "queries.jsonl").write_bytes('{"_id": "q1", "text": "질의"}\n'.encode("cp949"))

    with pytest.raises(UnreadableFile, match="UTF-8"):
        read_retrieval(folder)


def test_a_matching_set_has_its_needs_as_queries(tmp_path):
    dataset = read_matching(write_matching(tmp_path))

    assert [(q.id, q.language) for q in dataset.queries] == [("N-1", "ko"), ("N-2", "und")]
    assert dataset.qrels == {"N-1": {"C-1": 3}, "N-2": {"C-1": 0}}
    assert list(dataset.companies) == ["C-1", "C-2"]
    assert dataset.useful_grade == 2


def test_columns_of_judgements_are_found_by_name_in_any_order(tmp_path):
    folder = write_matching(tmp_path, "grade\tcompany_id\tnote\tneed_id\n3\tC-1\t설명\tN-1\n")

    assert read_matching(folder).qrels == {"N-1": {"C-1": 3}}


def test_the_other_direction_turns_the_same_judgements_round(tmp_path):
    dataset = read_matching(write_matching(tmp_path), "company-to-need")

    assert dataset.qrels == {"C-1": {"N-1": 3, "N-2": 0}}
    assert [(q.id, q.language) for q in dataset.queries] == [("C-1", "ko"), ("C-2", "und")]


def test_the_other_direction_prefers_judgements_of_its_own(tmp_path):
    folder = write_matching(tmp_path)
    (folder / "qrels_reverse.tsv").write_text("company_id\tneed_id\tgrade\nC-2\tN-2\t2\n", "utf-8")

    assert read_matching(folder, "company-to-need").qrels == {"C-2": {"N-2": 2}}
    assert read_matching(folder, "need-to-company").qrels["N-1"] == {"C-1": 3}


def test_judged_companies_that_do_not_exist_are_kept_and_noted(tmp_path):
    folder = write_matching(tmp_path, "need_id\tcompany_id\tgrade\nN-1\tC-9\t2\n")

    dataset = read_matching(folder)

    assert dataset.qrels == {"N-1": {"C-9": 2}}
    assert "companies.jsonl에 없습니다" in dataset.notes[0]


def test_a_grade_above_three_is_refused(tmp_path):
    folder = write_matching(tmp_path, "need_id\tcompany_id\tgrade\nN-1\tC-1\t4\n")

    with pytest.raises(UnreadableFile, match="0부터 3까지"):
        read_matching(folder)


def test_a_record_that_cannot_be_built_is_named_with_its_line(tmp_path):
    folder = write_matching(tmp_path)
    write_jsonl(folder / "needs.jsonl", [NEEDS[0], {"need_id": "N-2", "title": ""}])

    with pytest.raises(UnreadableFile, match=r"needs.jsonl 2행: 수요의 제목이나 설명"):
        read_matching(folder)


def test_an_unknown_direction_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="sideways"):
        read_matching(write_matching(tmp_path), "sideways")


def test_either_kind_of_directory_is_told_by_its_files(tmp_path):
    assert read_dataset(write_retrieval(tmp_path / "r")).name == "r"
    assert read_dataset(write_matching(tmp_path / "m")).name == "m"
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableFile, match="평가 자료가 아닙니다"):
        read_dataset(tmp_path / "empty")
