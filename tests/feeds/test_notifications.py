"""Messages about a night: nothing is lost when a receiver is dead, nothing is sent twice, and secrets stay secret."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from feed_helpers import EARLIER, HOSTILE, NIGHT, finding
from night_helpers import put_into
from receivers import free_port, web_server

from pipeline.config import Settings
from pipeline.feeds import delivery, notifications
from pipeline.feeds.notifications import deliver_pending, notify_failure, notify_night, try_channels
from pipeline.warehouse.engine import Warehouse, WarehouseBusyError
from pipeline.warehouse.published import connect, publish

Configured = Callable[..., tuple[Settings, Warehouse]]
QUICK = {"attempts": 2, "retry_seconds": 0.01, "timeout_seconds": 5}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def configured(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configured]:
    """Settings with channels, and a warehouse with a finding of each severity.

    It is one file for all tests, held open during each: making and opening one takes longer than what is tested.
    """
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(notifications, "publish", lambda *_, **__: None)
    with ExitStack() as held:

        def build(
            *channels: dict[str, Any], findings: list[dict[str, Any]] | None = None
        ) -> tuple[Settings, Warehouse]:
            settings = Settings(home=home, notifications=[QUICK | channel for channel in channels])
            warehouse = Warehouse.of(settings)
            connection = held.enter_context(warehouse.connect())
            connection.execute("delete from report.suspicious_clusters")
            connection.execute("delete from report.outbox")
            rows = [finding(number) for number in (1, 2, 3)] if findings is None else findings
            put_into(warehouse)("report.suspicious_clusters", rows)
            return settings, warehouse

        yield build


def change(warehouse: Warehouse, sql: str) -> None:
    with warehouse.transaction() as connection:
        connection.execute(sql)


def states(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    with warehouse.connect() as connection:
        return connection.execute(
            "select state, attempts, fault from report.outbox order by created_at, edition"
        ).fetchall()


def test_a_webhook_is_told_of_the_findings_from_its_severity_on(configured: Configured) -> None:
    with web_server() as received:
        link = "https://soc.example/{night}/"
        settings, warehouse = configured({"name": "soc", "kind": "webhook", "url": received.url, "link": link})
        (outcome,) = notify_night(settings, warehouse, NIGHT)
    assert (outcome.arrived, outcome.fault, outcome.attempts) == (True, None, 1)
    (body,), (headers,) = received.bodies, received.headers
    assert [row["finding_id"] for row in body["findings"]] == ["f1", "f2"], "critical and high"
    assert [(row["size"], row["records"]) for row in body["findings"]] == [(2, 9), (2, 9)]
    assert body["title"] == f"Shoal {NIGHT}: 2 findings: 1 critical, 1 high"
    assert body["link"] == f"https://soc.example/{NIGHT}/"
    assert headers["Idempotency-Key"] == body["message_id"]
    assert states(warehouse) == [("delivered", 1, None)]


def test_a_night_that_did_not_change_is_told_once_and_a_change_once_more(configured: Configured) -> None:
    with web_server() as received:
        settings, warehouse = configured({"name": "soc", "kind": "webhook", "url": received.url})
        for _ in range(2):
            notify_night(settings, warehouse, NIGHT)
        for edit in ("explanation = 'other'", "explanation = 'other'", "explanation = '9 events of finding 2'"):
            change(warehouse, f"update report.suspicious_clusters set {edit} where finding_id = 'f2'")
            notify_night(settings, warehouse, NIGHT)
        change(warehouse, "delete from report.suspicious_clusters")
        notify_night(settings, warehouse, NIGHT)
    assert [body["edition"] for body in received.bodies] == [1, 2, 3, 4], "also that it is again as it was first"
    assert len({body["message_id"] for body in received.bodies}) == 4
    assert received.bodies[-1]["findings"] == []


def test_nights_without_findings_are_told_to_those_who_want_all(configured: Configured) -> None:
    with web_server() as received:
        channel = {"kind": "webhook", "url": received.url}
        settings, warehouse = configured(
            channel | {"name": "some"}, channel | {"name": "every", "nights": "all"}, findings=[finding(3)]
        )
        outcomes = notify_night(settings, warehouse, NIGHT)
    assert [outcome.channel for outcome in outcomes] == ["every"]
    assert received.bodies[0]["title"] == f"Shoal {NIGHT}: no findings"


def test_a_dead_receiver_loses_nothing(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "publish", publish)
    port = free_port()
    channel = {"name": "soc", "kind": "webhook", "url": f"http://127.0.0.1:{port}/secret-token"}
    settings, warehouse = configured(channel, findings=[finding(1), finding(1, log_date=EARLIER)])
    first = notify_night(settings, warehouse, EARLIER)
    second = notify_night(settings, warehouse, NIGHT)
    assert [outcome.attempts for outcome in (*first, *second)] == [2, 2, 0], "behind a dead one nobody waits in line"
    assert [state for state, *_ in states(warehouse)] == ["pending", "pending"]
    faults = {fault for *_, fault in states(warehouse)}
    assert not [fault for fault in faults if "secret" in fault], "an address may be a secret"
    with web_server(port) as received:
        outcomes = deliver_pending(settings, warehouse)
        assert deliver_pending(settings, warehouse) == []
    assert [outcome.night for outcome in outcomes] == [EARLIER, NIGHT]
    assert [body["night"] for body in received.bodies] == [EARLIER.isoformat(), NIGHT.isoformat()]
    with connect(settings.published_folder) as reader:
        assert reader.execute("select distinct state from report.outbox").fetchall() == [("delivered",)]


@pytest.mark.parametrize(
    ("answers", "arrived", "attempts", "fault"),
    [
        ([503, 200], True, 2, None),
        ([429, 429], False, 2, "answered 429"),
        ([404], False, 1, "answered 404"),
        ([302], False, 1, "answered 302"),
    ],
)
def test_what_asks_to_come_again_is_asked_again(
    configured: Configured, answers: list[int], arrived: bool, attempts: int, fault: str | None
) -> None:
    with web_server(answers=answers) as received:
        settings, warehouse = configured({"name": "soc", "kind": "webhook", "url": received.url})
        (outcome,) = notify_night(settings, warehouse, NIGHT)
    assert (outcome.arrived, outcome.attempts) == (arrived, attempts)
    assert (fault or "") in (outcome.fault or "")
    assert set(received.paths) == {"/secret-token"}, "a redirection is not followed: the token would go with it"


def test_a_refused_message_does_not_hold_up_those_behind_it(configured: Configured) -> None:
    with web_server(answers=[400]) as received:
        channel = {"name": "soc", "kind": "webhook", "url": received.url}
        settings, warehouse = configured(channel, findings=[finding(1), finding(1, log_date=EARLIER)])
        assert [outcome.arrived for outcome in notify_night(settings, warehouse, EARLIER)] == [False]
        received.answers[:] = [400]
        assert [outcome.arrived for outcome in notify_night(settings, warehouse, NIGHT)] == [False, True]


def test_a_crash_before_the_mark_sends_it_again_with_the_same_id(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object, **more: object) -> str:
        message = "the power went out"
        raise KeyboardInterrupt(message)

    whole = delivery.settle
    with web_server() as received:
        settings, warehouse = configured({"name": "soc", "kind": "webhook", "url": received.url})
        monkeypatch.setattr(delivery, "settle", crash)
        with pytest.raises(KeyboardInterrupt):
            notify_night(settings, warehouse, NIGHT)
        monkeypatch.setattr(delivery, "settle", whole)
        assert deliver_pending(settings, warehouse) == [], "somebody may still be delivering it"
        change(warehouse, "update report.outbox set claimed_until = claimed_until - interval 10 minutes")
        (outcome,) = deliver_pending(settings, warehouse)
    assert outcome.arrived
    assert len(received.bodies) == 2
    assert len({headers["Idempotency-Key"] for headers in received.headers}) == 1


def test_what_nobody_takes_is_given_up_in_the_end(configured: Configured) -> None:
    channel = {"name": "soc", "kind": "webhook", "url": f"http://127.0.0.1:{free_port()}/", "keep_days": 2}
    settings, warehouse = configured(channel)
    notify_night(settings, warehouse, NIGHT)
    change(warehouse, "update report.outbox set created_at = created_at - interval 3 days")
    deliver_pending(settings, warehouse)
    assert [state for state, *_ in states(warehouse)] == ["given up"]
    assert deliver_pending(settings, warehouse) == []


def test_slack_gets_blocks_in_which_nothing_acts(configured: Configured) -> None:
    with web_server() as received:
        settings, warehouse = configured(
            {"name": "soc", "kind": "slack", "url": received.url},
            findings=[finding(1), finding(2, explanation=HOSTILE)],
        )
        notify_night(settings, warehouse, NIGHT)
    (body,) = received.bodies
    texts = [block["text"]["text"] for block in body["blocks"]]
    assert texts[0] == body["text"] == f"Shoal {NIGHT}: 2 findings: 1 critical, 1 high"
    assert "brute_force (T1110.001)" in texts[1]
    assert "&lt;!channel&gt;" in texts[2]
    assert "<!channel>" not in texts[2]
    assert "@everyone" not in texts[2]
    assert "\x1b" not in texts[2]
    assert "\\u202e" in texts[2]


class Mails:
    """Keeps what a mail server takes; refuses one recipient."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 OK"


def mail_channel(port: int, **more: Any) -> dict[str, Any]:
    own = {"name": "mail", "kind": "smtp", "url": f"smtp://127.0.0.1:{port}", "sender": "shoal@example.org"}
    return own | {"recipients": ["soc@example.org"]} | more


def test_mail_reaches_a_real_server_and_a_dead_one_loses_nothing(configured: Configured) -> None:
    keeper, port = Mails(), free_port()
    settings, warehouse = configured(
        mail_channel(port, recipients=["soc@example.org", "nobody@example.org"]),
        findings=[finding(2, explanation=HOSTILE)],
    )
    (dead,) = notify_night(settings, warehouse, NIGHT)
    assert (dead.arrived, dead.attempts, dead.fault) == (
        False, 2, "the mail server cannot be reached (ConnectionRefusedError)"
    )  # fmt: skip
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        (alive,) = deliver_pending(settings, warehouse)
        assert deliver_pending(settings, warehouse) == []
    finally:
        controller.stop()
    assert (alive.arrived, alive.fault) == (True, "the mail server refused 1 of the recipients")
    (mail,) = keeper.mails
    assert mail.rcpt_tos == ["soc@example.org"]
    content = mail.content.decode()
    assert f"Subject: Shoal {NIGHT}: 1 finding: 1 high" in content
    assert "Message-ID: <" in content
    assert "\x1b" not in content
    assert content.isascii()


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"recipients": ["nobody@example.org"]}, "answered 550"),
        ({"user": "shoal", "password_env": "MAIL_PASSWORD"}, "offers no TLS"),
    ],
)
def test_a_mail_that_cannot_be_taken_is_not_tried_again_at_once(
    configured: Configured, more: dict[str, Any], fault: str
) -> None:
    controller = Controller(Mails(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        settings, warehouse = configured(mail_channel(controller.port, **more))
        (outcome,) = notify_night(settings, warehouse, NIGHT)
    finally:
        controller.stop()
    assert (outcome.arrived, outcome.attempts) == (False, 1)
    assert fault in (outcome.fault or "")


def test_a_file_gets_a_line_per_message(configured: Configured, home: Path) -> None:
    settings, warehouse = configured(
        {"name": "log", "kind": "file", "path": "{home}/told/lines.jsonl", "severity": "low"}
    )
    for _ in range(2):
        notify_night(settings, warehouse, NIGHT)
    (line,) = (home / "told" / "lines.jsonl").read_text().splitlines()
    assert [row["finding_id"] for row in json.loads(line)["findings"]] == ["f1", "f2", "f3"]


def test_a_secret_that_is_missing_or_wrong_is_a_sentence(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, warehouse = configured({"name": "soc", "kind": "webhook", "url_env": "SOC_URL"})
    (outcome,) = notify_night(settings, warehouse, NIGHT)
    assert outcome.fault == "the environment variable SOC_URL is not set where Shoal runs"
    monkeypatch.setenv("SOC_URL", "file:///secret")
    (outcome,) = deliver_pending(settings, warehouse)
    assert outcome.fault == "the address in the environment variable SOC_URL is none of https://host or http://host"
    with web_server() as received:
        monkeypatch.setenv("SOC_URL", received.url)
        monkeypatch.setenv("SOC_TOKEN", "t0ken")
        token = settings.notifications[0].model_copy(update={"token_env": "SOC_TOKEN"})
        deliver_pending(settings.model_copy(update={"notifications": [token]}), warehouse)
    assert received.headers[0]["Authorization"] == "Bearer t0ken"


def test_a_failed_run_is_told_once_per_run(configured: Configured) -> None:
    with web_server() as received:
        channel = {"kind": "webhook", "url": received.url}
        settings, _ = configured(channel | {"name": "soc"}, channel | {"name": "quiet", "failures": False})
        for run in ("run1", "run1", "run2", "run1"):
            notify_failure(settings, NIGHT, f"it broke: {HOSTILE}", run)
    assert [body["run_id"] for body in received.bodies] == ["run1", "run2"]
    assert "\x1b" not in received.bodies[0]["fault"]


def test_a_failed_run_is_told_while_another_process_holds_the_warehouse(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def busy(self: Warehouse) -> Iterator[None]:
        message = "another process holds it"
        raise WarehouseBusyError(message)
        yield

    with web_server() as received:
        settings, _ = configured({"name": "soc", "kind": "slack", "url": received.url})
        monkeypatch.setattr(Warehouse, "transaction", busy)
        (outcome,) = notify_failure(settings, NIGHT, "it broke")
    assert outcome.arrived
    assert received.bodies[0]["text"] == f"Shoal {NIGHT}: the run failed"


def test_a_trial_reaches_every_channel_and_is_not_stored(configured: Configured) -> None:
    with web_server() as received:
        channel = {"kind": "webhook", "url": received.url}
        settings, warehouse = configured(channel | {"name": "one"}, channel | {"name": "two"})
        assert [outcome.arrived for outcome in try_channels(settings)] == [True, True]
    assert "a trial" in received.bodies[0]["title"]
    assert states(warehouse) == []


def test_without_channels_nothing_is_said(configured: Configured) -> None:
    settings, _ = configured()
    assert notify_failure(settings, date(2026, 1, 5), "it broke") == []
