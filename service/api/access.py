"""What every route needs: the live workbench, and how problems are described in OpenAPI."""

from typing import Annotated, Any

from fastapi import Depends, Request

from service.api.wire import ProblemBody
from service.problems import MEDIA_TYPE
from service.workbench import Workbench


def _workbench(request: Request) -> Workbench:
    workbench: Workbench = request.app.state.workbench
    return workbench


Bench = Annotated[Workbench, Depends(_workbench)]


def answers(**described: str) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI descriptions of problems: `s404="..."` for each status."""
    return {
        int(name[1:]): {
            "model": ProblemBody,
            "description": text,
            "content": {MEDIA_TYPE: {}},
        }
        for name, text in described.items()
    }


MALFORMED = "형식에 맞지 않는 요청"
NOT_READY = "색인이나 데이터베이스가 준비되지 않음"
