"""Starting the server: only with a usable snapshot, and only for this computer unless told."""

import socket
import sys
from dataclasses import replace

import uvicorn

from matcher.errors import InvalidRequest
from matcher.progress import Progress, silent
from service.app import create_app
from service.door import is_loopback
from service.observing import logs_to_stderr
from service.screen import open_console, plain
from service.settings import Settings
from service.workbench import Workbench

SHORTEST_SECRET = 32
GRACE_SECONDS = 30
"""How long requests that run when the server is told to stop may go on."""


def run_server(
    settings: Settings,
    *,
    host: str | None = None,
    port: int | None = None,
    progress: Progress = silent,
) -> None:
    """Serve until stopped; the model is loaded before the first connection is accepted.

    Where nobody can sign in yet, an administrator is made and its one-time password shown, once.
    Raises InvalidRequest for an address outside of this computer without a secret of one's own,
    SnapshotMissing and SnapshotMismatch where there is nothing to answer from.
    """
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    console = open_console(stderr=True)
    if not is_loopback(settings.host) and len(settings.secret or "") < SHORTEST_SECRET:
        raise InvalidRequest(
            f"'{settings.host}'(으)로 열면 다른 컴퓨터에서도 들어올 수 있습니다. 먼저 "
            f"GREENMATCH_SECRET에 {SHORTEST_SECRET}자 이상의 비밀값을 정하거나(예: openssl rand -hex 32), "
            "127.0.0.1로 여십시오.",
            field="host",
        )
    listener = _bound(settings.host, settings.port)
    workbench = Workbench.open(settings, progress)
    try:
        desk = workbench.desk()
        if desk.stale:
            console.print(plain(f"알림: {desk.stale}", "yellow"))
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        console.print(plain(f"http://{shown}:{settings.port} 에서 엽니다. 문서: /docs"))
        if password := workbench.store.accounts.first_administrator():
            console.print(
                plain(f"처음 여는 서비스입니다. 이름 admin, 일회용 비밀번호 {password}", "bold")
            )
        sys.stderr.flush()
        app = create_app(settings, workbench)
        # uvicorn's own log settings would close the handlers of other libraries
        config = uvicorn.Config(
            app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
        )
        with logs_to_stderr(settings.log, settings.log_level):
            uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()
        workbench.close()


def _bound(host: str, port: int) -> socket.socket:
    """Take the address before the model is loaded for nothing; nobody is let in yet."""
    listener: socket.socket | None = None
    try:
        known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, proto, _, address = known[0]
        # With its protocol named: asyncio sends at once (TCP_NODELAY) only where it reads TCP there;
        # else every answer waits some 40 ms for the other side to acknowledge its first part.
        listener = socket.socket(family, kind, proto)
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
