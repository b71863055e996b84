"""History, undoing, expiry and decisions over HTTP."""

from fastapi.testclient import TestClient

from service.api.history_wire import (
    ChangesBody,
    DecisionBody,
    DecisionsBody,
    ExpiriesBody,
    ImportsBody,
    LogBody,
)
from tests.test_api import _problem, analyzer, bench, client, settings, store  # noqa: F401


def test_a_change_over_http_is_logged_told_and_taken_back(client: TestClient) -> None:  # noqa: F811
    company = client.get("/api/v1/companies/C-1").json()
    client.put("/api/v1/companies/C-1", json={**company, "region": "제주특별자치도"})

    log = ImportsBody.model_validate(client.get("/api/v1/imports?limit=1").json(), strict=True)
    told = client.get("/api/v1/history/companies/C-1").json()
    undone = client.post(f"/api/v1/imports/{log.items[0].import_id}/undo")

    (change, *_) = ChangesBody.model_validate(told, strict=True).items
    assert change.fields.keys() == {"region"}
    assert (change.action, change.fields["region"].after) == ("changed", "제주특별자치도")
    LogBody.model_validate(undone.json(), strict=True)
    assert client.get("/api/v1/companies/C-1").json() == company


def test_what_cannot_be_undone_or_told_is_a_problem(client: TestClient) -> None:  # noqa: F811
    client.put(
        "/api/v1/needs/N-1", json={"need_id": "N-1", "title": "새 제목", "description": "글"}
    )
    first = client.get("/api/v1/imports").json()["items"][-1]["import_id"]

    _problem(client.post(f"/api/v1/imports/{first}/undo"), 400, "invalid_request")
    _problem(client.post("/api/v1/imports/9999/undo"), 404, "unknown_id")
    _problem(client.get("/api/v1/history/needs/N-404"), 404, "unknown_id")


def test_what_runs_out_is_listed(client: TestClient) -> None:  # noqa: F811
    answer = client.get("/api/v1/expiring?days=3650").json()

    assert ExpiriesBody.model_validate(answer, strict=True)


def test_a_vetoed_pair_leaves_the_matches_until_the_veto_is_taken_back(
    client: TestClient,  # noqa: F811
) -> None:
    def matched() -> list[str]:
        answer = client.post("/api/v1/matches", json={"need_id": "N-1"}).json()
        return [m["company_id"] for m in (*answer["matches"], *answer["nearest"])]

    pair = {"need_id": "N-1", "company_id": "C-1"}
    before = matched()

    put = client.post("/api/v1/decisions", json={**pair, "verdict": "veto", "note": "불발"})
    without = matched()
    listed = client.get("/api/v1/decisions").json()
    gone = client.delete("/api/v1/decisions", params=pair)

    assert "C-1" in before
    DecisionBody.model_validate(put.json(), strict=True)
    assert without == [id for id in before if id != "C-1"]
    assert len(DecisionsBody.model_validate(listed, strict=True).items) == 1
    assert gone.status_code == 204
    assert matched() == before
    _problem(client.delete("/api/v1/decisions", params=pair), 404, "unknown_id")
