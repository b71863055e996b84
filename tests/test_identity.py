"""The same company twice: folding, grounds, the labelled pairs, merging and parting."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.identity import Face, compare, find_pairs, fold_address, fold_homepage, fold_name
from evaluation.identity import measure, read_pairs
from matcher.errors import InvalidRequest, UnknownId
from matcher.records import Company, Offering
from service.store import Source, Store

PAIRS = Path(__file__).parent.parent / "data" / "duplicates" / "pairs.jsonl"
SOURCE = Source("tester")
NUMBER = next(p.first.registration_no for p in read_pairs(PAIRS) if p.first.registration_no)


@pytest.mark.parametrize(
    "name",
    [
        "주식회사 물결이엔씨",
        "㈜물결이엔씨",
        "(주) 물결 이엔씨",
        "물결이엔씨(주)",
        "물결ＥＮＣ"[:2] + "이엔씨 주식회사",
    ],
)
def test_legal_forms_spaces_and_width_do_not_count(name: str) -> None:
    assert fold_name(name) == "물결이엔씨"


def test_english_names_lose_their_legal_form() -> None:
    assert fold_name("Mulgyeol ENC Co., Ltd.") == fold_name("MULGYEOL ENC CORP") == "mulgyeolenc"


def test_addresses_are_compared_up_to_the_house_number() -> None:
    one = fold_address("경기도 안산시 단원구 산단로 112, 3층 (원시동)")

    assert one == fold_address("경기 안산시 단원구 산단로 112")
    assert one != fold_address("경기 안산시 단원구 산단로 113")


def test_homepages_that_many_share_say_nothing() -> None:
    assert fold_homepage("https://www.mulgyeol.example/ko/") == "mulgyeol.example"
    assert fold_homepage("blog.naver.com/mulgyeol") == ""
    assert fold_homepage("없음") == ""
    assert fold_homepage("http://[") == ""


def test_the_labelled_pairs_are_found_and_what_is_certain_is_right() -> None:
    measured = measure(read_pairs(PAIRS))

    assert measured.pairs >= 300
    assert measured.certain >= 50
    assert measured.certain_precision >= 0.99, measured.wrong
    assert measured.recall >= 0.9, measured.missed
    assert measured.shown_precision >= 0.9


def test_an_equal_number_alone_is_not_certain_where_the_names_contradict() -> None:
    one = Company("A", "물결이엔씨", registration_no=NUMBER)
    other = Company("B", "바람터에너지", registration_no=NUMBER)

    pair = compare(Face.of(one), Face.of(other))

    assert not pair.is_certain
    assert {ground.name for ground in pair.grounds} >= {"number", "name"}


def test_grounds_sum_to_the_score_within_its_range() -> None:
    for item in read_pairs(PAIRS):
        pair = compare(Face.of(item.first), Face.of(item.second))
        total = sum(ground.weight for ground in pair.grounds)
        assert pair.score == pytest.approx(max(0.0, min(1.0, total)), abs=1e-3)


def test_order_and_direction_do_not_matter() -> None:
    companies = [side for item in read_pairs(PAIRS)[:40] for side in (item.first, item.second)]
    unique = list({company.company_id: company for company in companies}.values())

    assert find_pairs(unique) == find_pairs(reversed(unique))


# -- merging


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store.open(database_url)
    store.save([ONE, OTHER, Company("C", "다른 곳")], [], SOURCE)
    yield store
    store.close()


ONE = Company(
    "A",
    "물결이엔씨",
    region="경기도",
    languages=("ko",),
    offerings=(Offering("1", "막여과 정수"), Offering("2", "이동식 정수")),
    extra={"대표번호": "가"},
)
OTHER = Company(
    "B",
    "(주)물결이엔씨",
    name_en="Mulgyeol",
    region="서울특별시",
    languages=("ko", "vi"),
    offerings=(Offering("1", "탁도 센서"), Offering("9", "막여과 정수")),
    extra={"대표번호": "나", "상담": "예"},
)


def test_a_merged_company_has_what_both_had(store: Store) -> None:
    store.merge("A", "B", SOURCE)

    merged = store.company("A")
    assert [c.company_id for c in store.companies()] == ["A", "C"]
    assert (merged.name_ko, merged.name_en, merged.region) == ("물결이엔씨", "Mulgyeol", "경기도")
    assert merged.languages == ("ko", "vi")
    assert [o.title for o in merged.offerings] == ["막여과 정수", "이동식 정수", "탁도 센서"]
    assert merged.extra == {"대표번호": "가", "상담": "예"}
    assert store.merges() == {"A": ("A", "B")}


def test_parting_brings_back_both_exactly(store: Store) -> None:
    store.merge("A", "B", SOURCE)
    store.split("A", SOURCE)

    assert (store.company("A"), store.company("B")) == (ONE, OTHER)
    assert store.merges() == {}
    assert [change.to_dict()["action"] for change in store.history("company", "B")] == [
        "added",
        "deleted",
        "added",
    ]


def test_files_may_go_on_naming_either_and_parting_puts_news_where_it_belongs(store: Store) -> None:
    store.merge("A", "B", SOURCE)
    renewed = replace(OTHER, offerings=(Offering("1", "염소 센서"),))

    first = store.save([renewed], [], SOURCE)
    again = store.save([renewed, ONE], [], SOURCE)

    assert (first.changed, again.changed, again.added) == (1, 0, 0)
    assert [o.title for o in store.company("A").offerings][-1] == "염소 센서"
    with pytest.raises(UnknownId):
        store.company("B")
    store.split("A", SOURCE)
    assert (store.company("A"), store.company("B")) == (ONE, renewed)


def test_three_may_be_one(store: Store) -> None:
    store.merge("B", "C", SOURCE)
    store.merge("A", "B", SOURCE)

    assert store.merges() == {"A": ("A", "B", "C")}
    store.split("A", SOURCE)
    assert [c.company_id for c in store.companies()] == ["A", "B", "C"]


def test_what_makes_no_sense_is_refused_and_changes_nothing(store: Store) -> None:
    before = store.contents()

    for call, error in (
        (lambda: store.merge("A", "A", SOURCE), InvalidRequest),
        (lambda: store.merge("A", "X", SOURCE), UnknownId),
        (lambda: store.split("A", SOURCE), InvalidRequest),
    ):
        with pytest.raises(error):
            call()

    assert store.contents() == before


def test_an_import_with_a_merged_company_is_not_undone(store: Store) -> None:
    store.merge("A", "B", SOURCE)

    with pytest.raises(InvalidRequest, match="split"):
        store.undo(store.imports()[0].import_id, SOURCE)


def test_deleting_a_merged_company_forgets_the_group(store: Store) -> None:
    store.merge("A", "B", SOURCE)
    store.delete_company("A", SOURCE)

    store.save([OTHER], [], SOURCE)

    assert store.company("B") == OTHER
