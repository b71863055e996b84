"""What each ingredient of the score adds: the product with one of them taken away, set by set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluation.compare import Result, evaluate
from evaluation.datasets import MatchingDataset
from evaluation.measures import MAIN_MEASURE
from evaluation.significance import Difference, compare_paired
from evaluation.systems import Bench, Engine, MatchingBench, open_bench
from evaluation.tables import Table
from matcher.policy import Policy, SectorPolicy
from matcher.progress import Progress, silent

WHOLE = "전체"
TRANSLATIONS = "낱말 번역표"
RELATIVES = "뿌리·부분이 같은 낱말"
SOUNDS = "소리로 찾은 낱말"


@dataclass(frozen=True, slots=True)
class Ablation:
    """One set: the whole product, and what is lost without each ingredient (whole minus without)."""

    dataset: str
    whole: Result
    losses: tuple[tuple[str, Difference], ...]


def variants(policy: Policy) -> dict[str, Policy]:
    """Return the policy without each ingredient, by its Korean name."""
    nothing = SectorPolicy(0.0, 0.0, 0.0)
    return {
        "낱말(BM25)": replace(policy, coverage_weight=0.0, foreign_coverage_weight=0.0),
        "용어(동의어 표)": replace(policy, concept_weight=0.0),
        "사업유형": replace(policy, kind_weight=0.0),
        "분야": replace(policy, sector=nothing),
        "복합 수요의 전체 글": replace(policy, whole_weight=0.0),
        "의미 밖의 모두": replace(
            policy,
            coverage_weight=0.0,
            foreign_coverage_weight=0.0,
            concept_weight=0.0,
            kind_weight=0.0,
            sector=nothing,
        ),
    }


def ablate(dataset: MatchingDataset, engine: Engine, progress: Progress = silent) -> Ablation:
    """Run the product whole and without each ingredient over one set."""

    def judged(bench: Bench) -> Result:
        return evaluate(dataset, bench.run("hybrid", progress=progress), engine)

    with open_bench(dataset, engine, progress) as bench:
        assert isinstance(bench, MatchingBench)
        whole = judged(bench)
        results = {
            name: judged(bench.with_policy(policy))
            for name, policy in variants(engine.policy).items()
        }
    for name, analyzer in (
        (TRANSLATIONS, engine.analyzer.without_translations()),
        (RELATIVES, engine.analyzer.without_relatives()),
        (SOUNDS, engine.analyzer.without_sounds()),
    ):
        with open_bench(dataset, replace(engine, analyzer=analyzer), progress) as bench:
            results[name] = judged(bench)
    mine = whole.scores.values[MAIN_MEASURE]
    losses = {
        name: compare_paired(mine, without.scores.values[MAIN_MEASURE])
        for name, without in results.items()
    }
    return Ablation(dataset.name, whole, tuple(losses.items()))


def ablation_table(found: Sequence[Ablation]) -> Table:
    """Return what people read: the loss without each ingredient, with its 95 % interval."""
    names = [name for name, _ in found[0].losses] if found else []
    rows = [(WHOLE, *(f"{item.whole.scores.mean(MAIN_MEASURE):.3f}" for item in found))]
    for place, name in enumerate(names):
        cells = []
        for item in found:
            loss = item.losses[place][1]
            low, high = loss.interval.low, loss.interval.high
            cells.append(f"{-loss.mean:+.3f} [{-high:+.3f}, {-low:+.3f}]")
        rows.append((f"{name} 없이", *cells))
    head = ("재료", *(item.dataset for item in found))
    return Table(f"재료를 하나씩 뺀 {MAIN_MEASURE}", head, tuple(rows))
