"""Agreement of judges against worked examples, grades taken together, and pictures of vectors."""

from datetime import UTC, datetime

import numpy as np
import pytest

from indexing.analyzer import Analyzer
from indexing.collection import build_collection
from indexing.projection import NEIGHBOURS, Projection, project
from service.judging import LEAST_SHARED, agreements, consensus
from service.store import Judgement
from tests.worlds import BigramEncoder


def _judged(judge: str, grades: list[int]) -> list[Judgement]:
    now = datetime.now(UTC)
    return [Judgement("n", f"c{place}", judge, grade, now) for place, grade in enumerate(grades)]


def test_kappa_is_cohens() -> None:
    # Cohen 1960: of 10 pairs 7 agree; by chance 0.4*0.5 + 0.6*0.5 = 0.5; (0.7 - 0.5) / 0.5 = 0.4
    left = [0, 0, 0, 0, 3, 3, 3, 3, 3, 3]
    right = [0, 0, 0, 3, 3, 3, 3, 3, 0, 0]
    (found,) = agreements([*_judged("a", left), *_judged("b", right)])

    assert found.judges == ("a", "b")
    assert found.pairs == 10
    assert found.kappa == pytest.approx(0.4)


def test_kappa_is_not_told_of_a_few_pairs_or_of_one_grade_alone() -> None:
    few = agreements([*_judged("a", [0] * (LEAST_SHARED - 1)), *_judged("b", [1] * 9)])
    same = agreements([*_judged("a", [2] * 9), *_judged("b", [2] * 9)])

    assert few[0].kappa is None
    assert same[0].kappa is None
    assert agreements(_judged("a", [1, 2, 3])) == ()


def test_the_grade_of_several_is_the_median_and_the_lower_of_two() -> None:
    judged = [*_judged("a", [3, 0]), *_judged("b", [1, 0]), *_judged("c", [2])]

    assert consensus(judged) == {("n", "c0"): (2, 3), ("n", "c1"): (0, 2)}


def test_likes_stand_together_in_the_picture(mecab: Analyzer) -> None:
    water = {f"w{n}": f"빗물 저류 시설 정수 처리 {n}" for n in range(12)}
    light = {f"l{n}": f"LED 가로등 도로 조명 교체 {n}" for n in range(12)}
    collection = build_collection({**water, **light}, BigramEncoder(), mecab)
    picture = project(collection)
    places = {key: np.asarray(place) for key, place in picture.places.items()}

    def nearest(key: str) -> str:
        others = [other for other in places if other != key]
        return min(others, key=lambda other: float(np.linalg.norm(places[key] - places[other])))

    assert picture.total == 24
    assert all(0 <= value <= 1 for place in picture.places.values() for value in place)
    assert sum(nearest(key)[0] == key[0] for key in places) >= 22
    assert project(collection).places == picture.places


def test_a_text_stands_among_its_nearest_and_one_far_off_moves_it_not() -> None:
    near = {f"n{k}": (0.1 + 0.01 * k, 0.2) for k in range(NEIGHBOURS - 1)}
    picture = Projection({**near, "far": (0.9, 0.9), "other": (1.0, 1.0)}, 7)
    x, y = picture.place_of({**dict.fromkeys(near, 0.8), "far": 0.9, "other": 0.1}) or (9, 9)

    assert x < 0.2
    assert y == pytest.approx(0.2)
    assert picture.place_of({"unknown": 1.0}) is None


@pytest.mark.parametrize("n", [0, 1, 2, 4, 5, 9])
def test_a_picture_of_few_has_a_place_for_each(n: int, mecab: Analyzer) -> None:
    collection = build_collection(
        {str(k): f"기술 {k} 가나{k}" for k in range(n)}, BigramEncoder(), mecab
    )

    assert len(project(collection).places) == n
