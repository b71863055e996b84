"""`greenmatch doctor`: what is there, what is wrong, and what to do about it."""

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from matcher.errors import GreenMatchError
from service.settings import Settings

PACKAGES = (
    "sentence-transformers",
    "faiss-cpu",
    "torch",
    "openvino",
    "konlpy",
    "fastapi",
    "pandas",
)
LEAST_FREE_BYTES = 2 * 1024**3
State = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check-up; advice is empty where there is nothing to do."""

    name: str
    state: State
    detail: str
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "state": self.state,
            "detail": self.detail,
            "advice": self.advice,
        }


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything that answering needs; loads the model, changes nothing but migrations."""
    checks: tuple[tuple[str, Callable[[Settings], Finding]], ...] = (
        ("파이썬", _python),
        ("패키지", _packages),
        ("디스크", _disk),
        ("데이터베이스", _database),
        ("분석기", _analyzer),
        ("모델", _model),
        ("색인", _snapshot),
    )
    return tuple(_guarded(name, check, settings) for name, check in checks)


def _guarded(name: str, check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except GreenMatchError as error:
        return Finding(name, "error", error.sentence)
    except OSError as error:
        return Finding(name, "error", f"{error.strerror}: {error.filename}")


def _python(settings: Settings) -> Finding:
    return Finding("파이썬", "ok", f"{platform.python_version()} ({sys.executable})")


def _packages(settings: Settings) -> Finding:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing == ["openvino"]:
        return Finding(
            "패키지", "warning", ", ".join(found), "openvino가 없어 느린 백엔드(torch)를 씁니다."
        )
    if missing:
        return Finding(
            "패키지", "error", f"없음: {', '.join(missing)}", "`make install`을 실행하십시오."
        )
    return Finding("패키지", "ok", ", ".join(found))


def _disk(settings: Settings) -> Finding:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{settings.home}: {free / 1024**3:.1f} GB 남음"
    if free < LEAST_FREE_BYTES:
        return Finding("디스크", "warning", detail, "2 GB 넘게 비워 두십시오.")
    return Finding("디스크", "ok", detail)


def _database(settings: Settings) -> Finding:
    from sqlalchemy import make_url

    from service.store import Store

    store = Store.open(settings.database_url)
    try:
        counts = store.counts()
    finally:
        store.close()
    kind = make_url(settings.database_url).get_backend_name()
    detail = f"{kind}: 공급기업 {counts['companies']:,}, 수요 {counts['needs']:,}"
    if not counts["companies"] or not counts["needs"]:
        return Finding(
            "데이터베이스", "warning", detail, "`greenmatch import 파일`로 자료를 넣으십시오."
        )
    return Finding("데이터베이스", "ok", detail)


def _analyzer(settings: Settings) -> Finding:
    from indexing.analyzer import open_analyzer

    return Finding("분석기", "ok", open_analyzer(settings.analyzer).name)


def _model(settings: Settings) -> Finding:
    from indexing.encoder import open_encoder

    encoder = open_encoder(settings.model, settings.cache, settings.backend)
    return Finding("모델", "ok", f"{encoder.name} ({encoder.backend})")


def _snapshot(settings: Settings) -> Finding:
    from indexing.snapshot import read_manifest
    from service.building import compare_with_store
    from service.workbench import NO_SNAPSHOT

    manifest = read_manifest(settings.home)
    if manifest is None:
        return Finding("색인", "error", "없음", NO_SNAPSHOT)
    detail = f"{manifest.snapshot_id}: 공급기술 {manifest.counts['offerings']:,}"
    difference = compare_with_store(settings)
    if not difference.is_none:
        return Finding("색인", "warning", detail, difference.sentence)
    return Finding("색인", "ok", detail)
