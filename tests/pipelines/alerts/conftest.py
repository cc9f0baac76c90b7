"""A channel that speaks the webhook on this machine, and published tables made of a few rows."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data_contracts.contract import output_contracts
from pipelines.manifest import publish
from pipelines.tables import write_output
from pipelines.workspace import Workspace


@dataclass
class Answer:
    """What the channel does with one request.

    Attributes:
        status: HTTP status; 0 hangs up without an answer.
        headers: Headers of the answer.
        delay: Seconds before it.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass
class Hook:
    """A local webhook: answers as told, 200 when nothing is said, and keeps what it took.

    Attributes:
        answers: Answers to come, in order.
        requests: Path and body of every request, answered or not.
    """

    answers: list[Answer] = field(default_factory=list)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    port: int = 0
    token: str = "s3cr3t-t0k3n"  # noqa: S105 - of nothing

    def answer(self, *statuses: int, headers: dict[str, str] | None = None, delay: float = 0.0) -> None:
        """Answer the coming requests with these, one each."""
        self.answers += [Answer(status, headers or {}, delay) for status in statuses]

    @property
    def json_url(self) -> str:
        """As Apprise speaks to any webhook; short of patience, so that no test has to wait."""
        return f"json://127.0.0.1:{self.port}/{self.token}?rto=0.5&cto=0.5"

    @property
    def slack_like_url(self) -> str:
        """Mattermost, whose incoming hooks are those of Slack on a host of one's own."""
        return f"mmost://127.0.0.1:{self.port}/{self.token}"

    @property
    def texts(self) -> list[str]:
        """Everything that was said, one text per request."""
        return [body.get("text") or f"{body['title']}\n{body['message']}" for _, body in self.requests]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def hook() -> Iterator[Hook]:
    channel = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            channel.requests.append((self.path, json.loads(body)))
            answer = channel.answers.pop(0) if channel.answers else Answer()
            time.sleep(answer.delay)
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": "2", **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *arguments: object) -> None:
            pass

        def handle(self) -> None:
            # The other side need not wait for the answer.
            with suppress(ConnectionError, ValueError):
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    channel.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield channel
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def unused_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Desk:
    """A workspace in which tables are published by hand, and a clock that stands where a test says.

    Attributes:
        workspace: The workspace.
        now: What the clock says; on the second of two days, in the morning.
    """

    workspace: Workspace
    now: datetime = datetime(2026, 6, 30, 5, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def plant(self, table: str, day: date, frame: pd.DataFrame) -> str:
        """Publish a table as of a date; returns the run."""
        run = f"{day}-{table}-{len(list(self.workspace.runs.glob('*')))}"
        write_output(frame.assign(as_of=day), output_contracts()[table], self.workspace.table_file(run, table))
        publish(self.workspace, day, run, [table])
        return run

    def plant_signals(self, day: date, *starts: tuple[str, date], **columns: object) -> str:
        """One episode per account and start, of severity high and still on; columns replace values in every row."""
        same: dict[str, object] = {
            "csm_id": "C1",
            "csm_name": "Kim Lee",
            "renewal_id": None,
            "signal": "champion_left",
            "last_seen_on": day,
            "ended_on": None,
            "evidence": "left on 2026-06-20",
            "evidence_at_start": "left on 2026-06-20",
            "title": "Champion left",
            "severity": "high",
            "action": "Ask who took over",
            "stakeholder": "champion",
        }
        rows = [
            {**same, "account_id": name, "account_name": name, "started_on": start, **columns} for name, start in starts
        ]
        return self.plant(
            "signals", day, pd.DataFrame(rows, columns=["account_id", "account_name", "started_on", *same])
        )

    def plant_risk(self, day: date, *rows: tuple[str, str, str | None], **columns: object) -> str:
        """One renewal per account, status and tier; columns replace values in every row."""
        same: dict[str, object] = {
            "csm_id": "C1",
            "csm_name": "Kim Lee",
            "renewal_date": date(2026, 9, 1),
            "arr": Decimal("120000.00"),
            "currency": "USD",
            "churn_probability": 0.31,
            "top_reason": "The last pulse is red",
            "change_reason": None,
        }
        own = ["account_id", "account_name", "renewal_id", "status", "risk_tier"]
        records = [
            {**dict(zip(own, (name, name, f"R-{name}", *rest), strict=True)), **same, **columns} for name, *rest in rows
        ]
        return self.plant("account_risk", day, pd.DataFrame(records, columns=[*own, *same]))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Workspace(tmp_path / "workspace"))
