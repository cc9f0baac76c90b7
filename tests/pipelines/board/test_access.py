"""Who may look at the board: names, origins and tokens, with a page behind it that says what it was told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from pipelines.board.access import Access
from pipelines.board.sessions import Sessions, sessions
from pipelines.recording.people import add_person, revoke_person
from pipelines.workspace import Workspace

BOARD = "board-token"
NOW = datetime(2026, 6, 3, tzinfo=UTC)


async def say_meta(request: Request) -> JSONResponse:
    return JSONResponse({"csm_id": request.scope["meta"]["csm_id"]})


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def client(workspace: Workspace, board_token: str | None = None, host: str = "localhost:8780") -> TestClient:
    pages = Starlette(routes=[Route("/risk/", say_meta), WebSocketRoute("/risk/ws", greet)])
    return TestClient(Access(pages, workspace, 8780, board_token), base_url=f"http://{host}", follow_redirects=False)


def test_on_the_machine_itself_everybody_may_look_as_nobody(workspace: Workspace) -> None:
    assert client(workspace).get("/risk/").json() == {"csm_id": None}


def test_a_name_that_somebody_else_has_pointed_here_is_not_answered(workspace: Workspace) -> None:
    assert client(workspace, host="evil.example.com").get("/risk/").status_code == 421


@pytest.mark.parametrize("path", ["/risk/", "/sign-in"])
def test_another_sites_page_gets_nothing(workspace: Workspace, path: str) -> None:
    for origin in ("https://evil.example.com", "http://localhost:9999", "null"):
        assert client(workspace).get(path, headers={"origin": origin}).status_code == 403
    assert client(workspace).get("/risk/", headers={"origin": "http://localhost:8780"}).status_code == 200


def test_another_sites_page_cannot_open_a_session(workspace: Workspace) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client(workspace).websocket_connect(
            "ws://localhost:8780/risk/ws", headers={"origin": "https://evil.example.com"}
        ),
    ):
        pass
    with client(workspace).websocket_connect(
        "ws://localhost:8780/risk/ws", headers={"origin": "http://localhost:8780"}
    ) as socket:
        assert socket.receive_text() == "hello"


def test_signing_in_says_who_records_until_the_token_is_revoked(workspace: Workspace) -> None:
    token = add_person(workspace, "C1", {}, NOW)
    browser = client(workspace)
    answer = browser.post("/sign-in?next=pulse", data={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "pulse/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert browser.get("/risk/").json() == {"csm_id": "C1"}
    revoke_person(workspace, "C1", NOW)
    assert browser.get("/risk/").json() == {"csm_id": None}


def test_a_wrong_token_is_refused_in_words(workspace: Workspace) -> None:
    answer = client(workspace).post("/sign-in", data={"token": "guess"})
    assert answer.status_code == 401
    assert "not on record here" in answer.text
    assert "set-cookie" not in answer.headers


def test_nobody_is_sent_elsewhere_after_signing_in(workspace: Workspace) -> None:
    token = add_person(workspace, "C1", {}, NOW)
    answer = client(workspace).post("/sign-in?next=//evil.example.com", data={"token": token})
    assert answer.headers["location"] == "risk/"


def test_signing_out_forgets(workspace: Workspace) -> None:
    browser = client(workspace)
    browser.post("/sign-in", data={"token": add_person(workspace, "C1", {}, NOW)})
    assert browser.get("/sign-out").status_code == 303
    assert browser.get("/risk/").json() == {"csm_id": None}


def test_signing_out_ends_the_session_wherever_it_is_open(workspace: Workspace) -> None:
    token, browser = add_person(workspace, "C1", {}, NOW), client(workspace)
    browser.post("/sign-in", data={"token": token})
    session = browser.cookies["falsegreen_8780"]
    assert session != token
    assert sessions.token(session) == token
    browser.get("/sign-out")
    assert sessions.token(session) == ""


def test_what_a_page_was_asked_about_is_asked_again_after_signing_in(workspace: Workspace) -> None:
    browser = client(workspace, BOARD, "board.internal:8780")
    asked = browser.get("/pulse/?account=A%26B&seen=1&other=2").headers["location"]
    assert asked == "/sign-in?next=pulse&account=A%26B&seen=1"
    assert 'action="sign-in?next=pulse&amp;account=A%26B&amp;seen=1"' in browser.get(asked).text
    assert browser.post(asked, data={"token": BOARD}).headers["location"] == "pulse/?account=A%26B&seen=1"


def test_whose_score_was_shown_is_kept_in_mind(workspace: Workspace) -> None:
    mind = Sessions()
    assert mind.was_shown(workspace, "C1", "A1") == "no"
    mind.note_shown(workspace, None, "A1")
    mind.note_shown(workspace, "C2", "A1")
    assert mind.was_shown(workspace, "C1", "A1") == "no"
    mind.note_shown(workspace, "C1")
    assert mind.was_shown(workspace, "C1", "A1") == "unknown"
    mind.note_shown(workspace, "C1", "A1")
    assert mind.was_shown(workspace, "C1", "A1") == "yes"
    assert mind.was_shown(workspace, "C1", "A2") == "unknown"


def test_beyond_the_machine_a_token_is_asked_for(workspace: Workspace) -> None:
    browser = client(workspace, BOARD, "board.internal:8780")
    answer = browser.get("/risk/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=risk")
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("ws://board.internal:8780/risk/ws"):
        pass
    assert "asks for a token" in browser.get("/sign-in").text
    assert browser.post("/sign-in", data={"token": "guess"}).status_code == 401
    assert browser.post("/sign-in", data={"token": BOARD}).status_code == 303
    # With the board's own token one looks; it is nobody's word.
    assert browser.get("/risk/").json() == {"csm_id": "reader"}
    with browser.websocket_connect("ws://board.internal:8780/risk/ws") as socket:
        assert socket.receive_text() == "hello"


def test_beyond_the_machine_ones_own_token_will_do(workspace: Workspace) -> None:
    browser = client(workspace, BOARD, "board.internal:8780")
    browser.post("/sign-in", data={"token": add_person(workspace, "C1", {}, NOW)})
    assert browser.get("/risk/").json() == {"csm_id": "C1"}


def test_the_browser_is_told_to_ask_no_other_machine(workspace: Workspace) -> None:
    policy = client(workspace).get("/risk/").headers["content-security-policy"]
    assert policy.startswith("default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:;")
    assert "http" not in policy
