import numpy as np
import pytest
from fakes import FakeEncoder

from evaluation.crowd import brief, composing, crowd_of
from indexing.gate import Gate, GatedEncoder
from matcher.errors import InvalidRequest


def test_a_crowd_offers_texts_of_the_sets_and_is_the_same_every_time(tmp_path):
    (tmp_path / "corpus.jsonl").write_text(
        "".join(f'{{"_id": "{n}", "text": "글 {n}"}}\n' for n in range(5)), encoding="utf-8"
    )
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "글"}\n', encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\t1\t1\n", encoding="utf-8")

    crowd = crowd_of([tmp_path], 30)

    assert crowd == crowd_of([tmp_path], 30)
    assert len({company.company_id for company in crowd}) == 30
    texts = {f"글 {n}" for n in range(5)}
    for company in crowd:
        (offering,) = company.offerings
        assert {offering.title, offering.description} <= texts
        assert offering.title != offering.description


def test_a_crowd_of_nobody_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="--crowd"):
        crowd_of([], 5)


@pytest.fixture
def crowds(tmp_path):
    """Twice the same texts: a crowd to fit on, and a larger one that begins with it."""
    words = [f"낱말{n}" for n in range(40)]
    texts = [" ".join(words[n : n + 4]) for n in range(30)]
    texts.append(" ".join(words))
    (tmp_path / "corpus.jsonl").write_text(
        "".join(f'{{"_id": "{n}", "text": "{text}"}}\n' for n, text in enumerate(texts)),
        encoding="utf-8",
    )
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "글"}\n', encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\t1\t1\n", encoding="utf-8")
    return crowd_of([tmp_path], 400), crowd_of([tmp_path], 700)


@pytest.fixture
def short(crowds):
    return tuple(brief(crowd, FakeEncoder()) for crowd in crowds)


@pytest.fixture
def gate():
    return Gate(np.zeros(64, dtype=np.float32), 0.0)


def offerings_of(companies):
    return [offering.text for company in companies for offering in company.offerings]


def test_a_smaller_crowd_is_the_beginning_of_a_larger_one(crowds):
    known, many = crowds

    assert known == many[:400]


def test_brief_strangers_have_one_passage_each(crowds):
    encoder = FakeEncoder()
    kept = brief(crowds[0], encoder)

    assert 0 < len(kept) < len(crowds[0])
    assert all(len(encoder.passages(text)) == 1 for text in offerings_of(kept))


def test_composed_vectors_are_near_the_true_ones_and_scatter_as_much(short):
    known, many = short
    encoder = FakeEncoder()

    composed, truth = composing(encoder, known, many)

    new = offerings_of(many[len(known) :])
    found, true = composed.encode(new, "passage"), encoder.encode(new, "passage")
    assert truth > 0.9
    assert float((found * true).sum(axis=1).mean()) > 0.8
    assert not np.allclose(found, true)
    spread, true_spread = (
        np.linalg.norm(rows - rows.mean(axis=0), axis=1) for rows in (found, true)
    )
    assert spread.mean() == pytest.approx(true_spread.mean(), rel=0.05)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)


def test_questions_and_other_texts_are_encoded_truly_and_in_order(short):
    known, many = short
    encoder = FakeEncoder()
    composed, _ = composing(encoder, known, many)
    stranger = offerings_of(many)[0]
    mixed = ["다른 글", stranger, "또 다른 글"]

    found = composed.encode(mixed, "passage")

    assert np.array_equal(found[[0, 2]], encoder.encode([mixed[0], mixed[2]], "passage"))
    assert np.array_equal(found[1:2], composed.encode([stranger], "passage"))
    assert np.array_equal(composed.encode(mixed, "query"), encoder.encode(mixed, "query"))
    assert composed.passages(stranger) == encoder.passages(stranger)
    assert (composed.name, composed.dimension) == (encoder.name, encoder.dimension)


def test_both_models_of_a_gated_encoder_are_composed(short, gate):
    known, many = short
    gated = GatedEncoder("both", FakeEncoder("a@1"), FakeEncoder("b@1"), gate)

    composed, truth = composing(gated, known, many)

    texts = offerings_of(many)
    assert composed.name == gated.name
    assert 0.9 < truth <= 1
    found, true = composed.encode(texts, "passage"), gated.encode(texts, "passage")
    assert float((found * true).sum(axis=1).mean()) > 0.8
