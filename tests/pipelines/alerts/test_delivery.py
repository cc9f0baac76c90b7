"""A message and a channel that is well, down, slow or busy: what arrives, what is certain, and what leaks nowhere."""

import logging
import smtplib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from pipelines.alerts.delivery import Channel, Outcome
from pipelines.alerts.transport import Wire
from pipelines.alerts.wording import plain
from pipelines.settings import AlertSettings

SETTINGS = AlertSettings(attempts=3, backoff_seconds=2.0, longest_wait_seconds=60.0)


class Sleeper:
    """Remembers how long it was to sleep."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.naps.append(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


def deliver(address: str | None, sleeper: Sleeper, title: str = "Title", text: str = "Text") -> Outcome:
    return Channel(address, SETTINGS, sleeper).deliver(title, text)


def test_a_channel_that_is_well_gets_the_message_once(hook: Any, sleeper: Sleeper) -> None:
    assert deliver(hook.json_url, sleeper) == Outcome("sent")

    assert [path for path, _ in hook.requests] == [f"/{hook.token}"]
    assert hook.texts == ["Title\nText"]
    assert not sleeper.naps


def test_a_slack_like_hook_gets_plain_text(hook: Any, sleeper: Sleeper) -> None:
    assert deliver(hook.slack_like_url, sleeper, "A <b> & \u05e9", "two\nlines") == Outcome("sent")

    path, body = hook.requests[0]
    assert path == f"/hooks/{hook.token}"
    assert body["text"] == "A <b> & \u05e9\r\ntwo\nlines"
    assert "github" not in str(body)


def test_slack_gets_text_that_calls_nobody(hook: Any, sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", hook.base_url)
    text = plain("<!channel> @everyone <b> & [x](http://example.com)")

    assert deliver("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", sleeper, text, text) == Outcome("sent")

    (_, body), expected = hook.requests[0], "&lt;\u200b!channel&gt; @\u200beveryone &lt;\u200bb&gt; &amp; [x]\u200b("
    assert body["mrkdwn"] is False
    assert body["attachments"][0]["title"].startswith(expected)
    assert body["attachments"][0]["text"].startswith(expected)


def test_an_error_that_passes_is_waited_for_longer_each_time(hook: Any, sleeper: Sleeper) -> None:
    hook.answer(500, 503)

    assert deliver(hook.json_url, sleeper) == Outcome("sent")
    assert len(hook.requests) == 3
    assert sleeper.naps == [2.0, 4.0]


def test_a_busy_channel_says_how_long_to_wait(hook: Any, sleeper: Sleeper) -> None:
    hook.answer(429, headers={"Retry-After": "7"})

    assert deliver(hook.json_url, sleeper) == Outcome("sent")
    assert sleeper.naps == [7.0]


def test_it_may_say_so_by_a_date(hook: Any, sleeper: Sleeper) -> None:
    hook.answer(429, headers={"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)})

    assert deliver(hook.json_url, sleeper) == Outcome("sent")
    assert 0 < sleeper.naps[0] <= 40


def test_one_that_asks_for_too_much_patience_is_left_to_the_next_run(hook: Any, sleeper: Sleeper) -> None:
    hook.answer(429, headers={"Retry-After": "3600"})

    assert deliver(hook.json_url, sleeper) == Outcome("failed", "answered 429, and asked to wait 3600 s")
    assert len(hook.requests) == 1
    assert not sleeper.naps


def test_attempts_are_bounded(hook: Any, sleeper: Sleeper) -> None:
    hook.answer(*[503] * 9)

    assert deliver(hook.json_url, sleeper) == Outcome("failed", "answered 503")
    assert len(hook.requests) == SETTINGS.attempts


@pytest.mark.parametrize("status", [400, 401, 404, 302])
def test_a_refusal_is_not_repeated(hook: Any, sleeper: Sleeper, status: int) -> None:
    hook.answer(status, headers={"Location": "http://127.0.0.1:9/elsewhere"})

    assert deliver(hook.json_url, sleeper) == Outcome("failed", f"answered {status}")
    assert len(hook.requests) == 1


def test_a_channel_that_is_down_certainly_has_nothing(sleeper: Sleeper, unused_port: int) -> None:
    outcome = deliver(f"json://127.0.0.1:{unused_port}/x?rto=0.5", sleeper)

    assert outcome == Outcome("failed", "no connection (ConnectionError)")
    assert sleeper.naps == [2.0, 4.0]


def test_a_slow_channel_may_have_it_and_is_not_asked_again(hook: Any, sleeper: Sleeper) -> None:
    hook.answer(200, delay=1.0)

    assert deliver(hook.json_url, sleeper) == Outcome("unknown", "no answer (ReadTimeout)")
    assert len(hook.requests) == 1


@pytest.mark.parametrize(("status", "detail"), [(0, "no answer (ConnectionError)"), (504, "answered 504")])
def test_nor_is_one_that_hangs_up_or_a_gateway_that_does_not_know(
    hook: Any, sleeper: Sleeper, status: int, detail: str
) -> None:
    hook.answer(status)

    assert deliver(hook.json_url, sleeper) == Outcome("unknown", detail)
    assert len(hook.requests) == 1


@pytest.mark.parametrize("address", [None, "", "no address", "nosuchscheme://host", "json://"])
def test_an_address_that_is_none_fails_and_is_not_repeated(sleeper: Sleeper, address: str | None) -> None:
    outcome = deliver(address, sleeper)

    assert outcome == Outcome("failed", "the address is missing or is not one that Apprise understands")


def test_a_fault_inside_apprise_ends_nothing(sleeper: Sleeper, hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import apprise

    def broken(*_arguments: object, **_options: object) -> bool:
        raise RuntimeError(f"could not reach {hook.json_url}")

    monkeypatch.setattr(apprise.Apprise, "notify", broken)
    outcome = deliver(hook.json_url, sleeper)

    assert outcome == Outcome("unknown", "Apprise broke (RuntimeError)")


def test_no_address_reaches_a_log(hook: Any, sleeper: Sleeper, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("apprise", "urllib3", "urllib3.connectionpool", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    caplog.set_level(logging.DEBUG)
    hook.answer(503, 404)

    deliver(hook.json_url, sleeper)
    deliver(f"json://user:{hook.token}@127.0.0.1:1/{hook.token}", sleeper)
    deliver(f"nosuchscheme://{hook.token}", sleeper)

    assert hook.token not in caplog.text
    logging.getLogger("apprise").warning("and afterwards it speaks again")
    assert "speaks again" in caplog.text


def test_what_others_send_passes_untouched(hook: Any, sleeper: Sleeper) -> None:
    before = requests.Session.send, smtplib.SMTP.sendmail, smtplib.SMTP.connect
    hook.answer(503, 503)

    deliver(hook.json_url, sleeper)

    assert (requests.Session.send, smtplib.SMTP.sendmail, smtplib.SMTP.connect) == before


def wire() -> Wire:
    return Wire(attempts=2, backoff_seconds=1.0, longest_wait_seconds=1.0, sleep=lambda _seconds: None)


def test_trouble_that_passed_is_not_told() -> None:
    responses = [requests.Response(), requests.Response()]
    responses[0].status_code, responses[1].status_code = 429, 200
    left = iter(responses)
    seen = wire()

    assert seen.request(lambda: next(left)) is responses[1]

    assert (seen.trouble, seen.may_have_arrived) == ("", True)


def test_a_way_that_cannot_be_watched_leaves_it_open(sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch) -> None:
    import apprise

    monkeypatch.setattr(apprise.Apprise, "notify", lambda *_arguments, **_options: False)

    outcome = deliver("syslog://", sleeper)

    assert (outcome.state, outcome.detail) == ("unknown", "Apprise says that it failed, how far it came cannot be seen")


@pytest.mark.parametrize(
    ("error", "may_have_arrived"),
    [
        (smtplib.SMTPRecipientsRefused({}), False),
        (smtplib.SMTPDataError(451, b"try later"), False),
        (smtplib.SMTPServerDisconnected("gone"), True),
        (TimeoutError(), True),
    ],
)
def test_a_mail_server_that_refuses_has_nothing_and_one_that_falls_silent_may(
    error: Exception, may_have_arrived: bool
) -> None:
    def send() -> dict[str, Any]:
        raise error

    seen = wire()
    with pytest.raises(type(error)):
        seen.mail(send)

    assert seen.may_have_arrived == may_have_arrived


def test_a_mail_server_that_is_down_certainly_has_nothing(sleeper: Sleeper, unused_port: int) -> None:
    address = f"mailto://user:{'pass'}@127.0.0.1:{unused_port}?from=a@example.com&to=kim@example.com&cto=0.5"

    assert deliver(address, sleeper) == Outcome("failed", "the mail server could not be used")
