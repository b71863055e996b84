import gzip
import re

import pytest
from fakes import space_analyzer

from indexing.material import Concept, Material, Pair, Passage, Siblings
from indexing.translations import SHIPPED, SMALLEST, Translations, read_translations
from indexing.word_alignment import align, main, parallel_terms, write_table
from matcher.synonyms import SynonymGroup, Synonyms

PAIRS = [
    (["waste", "incinerator"], ["폐기물", "소각로"]),
    (["waste", "collection"], ["폐기물", "수거"]),
    (["solar", "panel"], ["태양광", "모듈"]),
    (["solar", "lamp"], ["태양광", "등"]),
    (["rác", "collection"], ["폐기물", "수거"]),
]


def test_a_foreign_word_is_shared_out_and_a_korean_one_is_compared_with_its_likeliest():
    table = Translations(
        [("waste", "폐기물", 0.6), ("waste", "쓰레기", 0.2), ("rác", "폐기물", 0.3)]
    )

    assert table.of("waste") == pytest.approx({"폐기물": 0.75, "쓰레기": 0.25})
    assert table.of("폐기물") == pytest.approx({"waste": 1.0, "rác": 0.5})
    assert table.of("hydrogen") == {}
    assert len(table) == 4


def test_unlikely_translations_are_left_out():
    table = Translations([("waste", "폐기물", 1.0), ("waste", "장난감", SMALLEST / 2)])

    assert list(table.of("waste")) == ["폐기물"]


def test_another_table_has_another_digest():
    tables = [[], [("waste", "폐기물", 0.6)], [("waste", "폐기물", 0.5)]]

    assert len({Translations(rows).digest for rows in tables}) == len(tables)


def test_words_that_stand_together_everywhere_are_each_others_translation():
    rows = {(foreign, korean): strength for foreign, korean, strength in align(PAIRS)}

    for foreign, korean in (("waste", "폐기물"), ("solar", "태양광"), ("collection", "수거")):
        strongest = max((s, k) for (f, k), s in rows.items() if f == foreign)
        assert strongest[1] == korean
    assert rows["solar", "태양광"] > 0.9
    assert all(0 < strength <= 1 for strength in rows.values())
    assert align(PAIRS) == sorted(align(PAIRS))
    assert align([]) == align([([], ["폐기물"]), (["waste"], [])]) == []


def test_a_word_that_is_written_alike_needs_no_translation():
    assert all(foreign != korean for foreign, korean, _ in align([(["led"], ["led", "등"])]))


def test_pairs_of_texts_and_of_the_staffs_terms_are_learned_from():
    concept = Concept("1", "폐기물 소각로 10kW", (), (("ko", "쓰레기"), ("vi", "đốt rác 10kW")))
    passage = Passage("1", "글", ("등 값",), "lamp cost")
    member = Concept("2", "여과기", (), (("ko", "물 거르기"), ("fr", "filtre")))
    material = Material(
        (concept,),
        (passage,),
        {("terms", "en"): (Pair("태양광 등", "solar lamp"),)},
        (Siblings("2", (member,)),),
    )
    table = Synonyms(
        [SynonymGroup("waste", ("소각로",), ("incinerator",), (), (("vi", "lò đốt"),))]
    )

    found = parallel_terms(material, table, space_analyzer())

    assert found == [
        (["solar", "lamp"], ["태양광", "등"]),
        (["đốt", "rác"], ["폐기물", "소각로"]),
        (["filtr"], ["여과기"]),
        (["filtr"], ["물", "거르기"]),
        (["lamp", "cost"], ["등", "값"]),
        (["inciner"], ["소각로"]),
        (["lò", "đốt"], ["소각로"]),
    ]


def test_the_same_table_is_written_as_the_same_bytes(tmp_path):
    rows = align(PAIRS)
    for name in ("a", "b"):
        write_table(tmp_path / name / "table.tsv.gz", rows)

    first, second = ((tmp_path / name / "table.tsv.gz").read_bytes() for name in ("a", "b"))

    assert first == second
    assert gzip.decompress(first).decode().count("\n") == len(rows)


def test_the_command_learns_from_a_folder_and_says_how_much(tmp_path, capsys):
    material = tmp_path / "material"
    material.mkdir()
    languages = ("en", "vi", "id", "fr", "zh")
    head = "\t".join(("ko", *languages))
    row = "\t".join(("가상낱말", *(f"word{language}" for language in languages)))
    (material / "terms_1.tsv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    out = tmp_path / "table.tsv.gz"

    assert main(["--material", str(material), "--out", str(out)]) == 0

    assert "가상낱말" in gzip.decompress(out.read_bytes()).decode()
    assert "낱말 짝" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("foreign", "korean"),
    [
        ("waste", "폐기물"),
        ("rác", "쓰레기"),
        ("déchets", "폐기물"),
        ("sampah", "쓰레기"),
        ("废水", "폐수"),
    ],
)
def test_the_table_that_ships_knows_the_words_of_the_field(mecab, foreign, korean):
    table = read_translations()

    (term,) = mecab.terms(foreign)

    assert korean in table.of(term)
    assert term in table.of(korean)


def test_the_table_that_ships_holds_no_address_and_no_long_number():
    for line in gzip.decompress(SHIPPED.read_bytes()).decode().splitlines():
        foreign, korean, strength = line.split("\t")
        assert not re.search(r"@|\d{7}", foreign + " " + korean)
        assert 0 < float(strength) <= 1


def test_the_table_that_ships_holds_no_number():
    for line in gzip.decompress(SHIPPED.read_bytes()).decode().splitlines():
        assert all(word[0].isalpha() for word in line.split("\t")[:2])
