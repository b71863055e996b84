"""Whatever comes in: no 5xx, nothing without a key, and answers as the OpenAPI describes them.

schemathesis makes the requests, valid and broken ones, for every operation, with and without a key.
GREENMATCH_TEST_CASES sets how many for each operation and key.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from indexing.analyzer import Analyzer
from indexing.snapshot import build_snapshot
from service.app import create_app
from service.security import ANYONE, PERMISSIONS
from service.store import Source, Store
from service.workbench import Tools, Workbench
from tests.test_api import staff
from tests.worlds import BigramEncoder, companies, needs, settings_in

CASES = int(os.environ.get("GREENMATCH_TEST_CASES", "20"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ROLES = ("administrator", "company", ANYONE)


@pytest.fixture
def world(
    tmp_path_factory: pytest.TempPathFactory, mecab: Analyzer
) -> Iterator[tuple[FastAPI, Workbench]]:
    home = settings_in(tmp_path_factory.mktemp("openapi"))
    store = Store.open(home.database_url)
    store.save(companies(), needs(), Source("test"))
    build_snapshot(home.home, companies(), needs(), BigramEncoder(), mecab)
    bench = Workbench(home, store, lambda: Tools(BigramEncoder(), mecab))
    bench.settings = home.__class__(**{**_fields(home), "rate": "1000000/minute"})
    yield create_app(bench.settings, bench), bench
    bench.close()


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("role", ROLES)
def test_any_request_is_answered_as_described(world: tuple[FastAPI, Workbench], role: str) -> None:
    app, bench = world
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    company_id = "C-1" if role == "company" else None
    headers = {} if role == ANYONE else staff(bench, role, company_id)
    seen: Counter[int] = Counter()
    asked: set[str] = set()
    open_to_anyone = {
        path.replace(":path}", "}") for (_, path), roles in PERMISSIONS.items() if ANYONE in roles
    }

    for found in schema.get_all_operations():
        operation = found.ok()
        asked.add(operation.label)
        valid = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        broken = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(valid, broken))
        def run(case: schemathesis.Case) -> None:
            case.headers.pop("Authorization", None)
            case.headers.pop("authorization", None)
            answer = case.call(headers=headers, base_url="http://127.0.0.1:8000")
            seen[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)
            if role == ANYONE and case.operation.path not in open_to_anyone:
                assert answer.status_code in (400, 401, 403, 404, 405, 413, 422), answer.text
                assert "company_id" not in answer.text

        run()

    print(f"{role}: {sum(seen.values())} cases, {dict(sorted(seen.items()))}")
    assert asked == set(_operations(app))
    assert sum(seen.values()) >= len(asked) * CASES // 2, seen
    assert seen[200], seen
    assert not [status for status in seen if status >= 500]


def _operations(app: FastAPI) -> Iterator[str]:
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            yield f"{method.upper()} {path}"
