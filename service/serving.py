"""Starting the server: only with a usable snapshot, and only for this computer unless told."""

import ipaddress
import socket
import sys
from dataclasses import replace

import uvicorn

from matcher.errors import InvalidRequest
from matcher.progress import Progress, silent
from service.app import create_app
from service.screen import open_console, plain
from service.settings import Settings
from service.workbench import Workbench

WARNING = (
    "경고: 접근 제한 없이 열었습니다. 이 주소에 닿는 누구나 자료를 보고 바꾸고 지울 수 있습니다. "
    "믿을 수 있는 망 안에서만 쓰십시오."
)


def run_server(
    settings: Settings,
    *,
    host: str | None = None,
    port: int | None = None,
    insecure_open: bool = False,
    progress: Progress = silent,
) -> None:
    """Serve until stopped; the model is loaded before the first connection is accepted.

    Raises InvalidRequest for an open address without `insecure_open`, SnapshotMissing and
    SnapshotMismatch where there is nothing to answer from.
    """
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    console = open_console(stderr=True)
    if not is_loopback(settings.host):
        if not insecure_open:
            raise InvalidRequest(
                f"'{settings.host}'(으)로 열면 다른 컴퓨터에서도 들어올 수 있는데, 이 판에는 아직 "
                "로그인이 없습니다. 127.0.0.1로 열거나, 위험을 알고 열려면 --insecure-open을 "
                "붙이십시오.",
                field="host",
            )
        console.print(plain(WARNING, "bold red"))
    listener = _bound(settings.host, settings.port)
    workbench = Workbench.open(settings, progress)
    try:
        desk = workbench.desk()
        if desk.stale:
            console.print(plain(f"알림: {desk.stale}", "yellow"))
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        console.print(plain(f"http://{shown}:{settings.port} 에서 엽니다. 문서: /docs"))
        sys.stderr.flush()
        app = create_app(settings, workbench, is_open=insecure_open)
        # uvicorn's own log settings would close the handlers of other libraries
        config = uvicorn.Config(app, log_config=None, access_log=False)
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()
        workbench.close()


def _bound(host: str, port: int) -> socket.socket:
    """Take the address before the model is loaded for nothing; nobody is let in yet."""
    listener: socket.socket | None = None
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise InvalidRequest(
            f"{host}:{port}을(를) 쓸 수 없습니다({error.strerror}). 이미 떠 있는 서버를 멈추거나 "
            "--port로 다른 포트를 정하십시오.",
            field="port",
        ) from error
    return listener


def is_loopback(host: str) -> bool:
    """Tell whether only this computer can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
