"""Nothing raw leaves the house beside the door of release: a taint test.

Goal: what a person gives is in no log, no figure, no health answer and no problem document.
Method: people give things that occur nowhere else: a word that nobody says, a key, a token, a place that is not, a note
that should have stayed at home, in good and in bad requests, and against a database that fails. Then everything that
the server printed and everything that it tells about itself is searched for them, and for counts that would tell.
Failure: any of them is found.
"""

import asyncio
import io
import logging
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from tests.conftest import Phone, Town

NOTE = "xylophone-of-sorrow"
WORD = "flabbergastronomical"
KEY = "quetzalcoatlus-key-00001"
ELSEWHERE = "atlantis-under-the-sea"
SECRETS = (NOTE, WORD, KEY, ELSEWHERE)
OWN_PAGES = ("/health", "/metrics", "/v1/ledger", "/v1/places", "/v1/clock", "/v1/places/square/privacy")


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Write down all that is logged, by us and by the libraries, down to the last detail."""
    book = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(book), cache_logger_on_first_use=False)
    handler = logging.StreamHandler(book)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for chatty in ("httpx", "httpcore", "asyncio"):  # those of the test's own client, who may say what it asked
        logging.getLogger(chatty).setLevel(logging.WARNING)
    yield book
    root.removeHandler(handler)
    root.setLevel(logging.WARNING)
    structlog.reset_defaults()


async def send(phone: Phone, body: Any, place: str = "square", **more: Any) -> Any:
    return await phone.client.post(f"/v1/places/{place}/check-ins", json=body, headers=phone.headers, **more)


async def everything_wrong(phone: Phone) -> list[Any]:
    """Give good and bad things; return all answers that are problems."""
    good = {"key": KEY, "cell": 27, "audience": "city", "words": ["calm"]}
    answers = [
        await send(phone, good),
        await send(phone, {**good, "cell": 28}),
        await send(phone, {**good, "key": phone.key(), "note": NOTE}),
        await send(phone, {**good, "key": phone.key(), "cell": NOTE}),
        await send(phone, {**good, "key": phone.key(), "pass": NOTE * 20}),
        await send(phone, {**good, "key": NOTE + " "}),
        await send(phone, {NOTE: NOTE}),
        await send(phone, NOTE),
        await send(phone, {**good, "key": phone.key()}, ELSEWHERE),
        await phone.client.post(
            "/v1/places/square/check-ins",
            content=NOTE.encode(),
            headers={**phone.headers, "content-type": "text/plain"},
        ),
        await phone.client.delete(f"/v1/places/square/check-ins/{KEY}x", headers=phone.headers),
        await phone.client.get("/v1/places/square/climate", headers={"authorization": f"Bearer {NOTE}"}),
        await phone.client.post("/v1/places/gallery/presence", json={"code": NOTE}, headers=phone.headers),
        await phone.client.post("/v1/session", json={"name": NOTE, "password": NOTE}),
        await phone.client.get(f"/{ELSEWHERE}?{NOTE}"),
    ]
    assert answers[0].status_code == 202, answers[0].text
    assert sum(answer.status_code >= 400 for answer in answers) >= 11
    return [answer for answer in answers if answer.status_code >= 400]


async def test_no_problem_repeats_what_a_person_sent(town: Town) -> None:
    """But for the name of a field, or of a word or an audience, that there is not: else nobody could mend it."""
    for answer in await everything_wrong(await town.phone()):
        for secret in (NOTE, KEY, ELSEWHERE):
            repeats_a_field_name = answer.json().get("field") == secret
            assert secret not in answer.text or repeats_a_field_name, answer.text


async def test_logs_and_figures_hold_nothing_that_was_given(
    town: Town, logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    phone = await town.phone()
    token = phone.headers["authorization"].removeprefix("Bearer ")
    await everything_wrong(phone)
    await send(phone, {"key": phone.key(), "cell": 1, "audience": "city", "words": [WORD]})
    await town.pass_time(3700)
    told = "".join([(await town.client.get(path)).text for path in OWN_PAGES])
    said = logged.getvalue() + "".join(capfd.readouterr())
    for secret in (*SECRETS, token):
        assert secret not in told
        assert secret not in said


async def test_a_failing_database_is_logged_without_what_was_to_be_written(
    town: Town, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise sqlite3.IntegrityError(f"constraint failed: {NOTE}")

    monkeypatch.setattr("nexus_city.climate.intake.append_batch", broken)
    answer = await send(await town.phone(), {"key": KEY, "cell": 27, "audience": "city"})
    assert answer.status_code == 503
    assert NOTE not in answer.text
    assert "IntegrityError" in logged.getvalue()  # the host can see that something is wrong, and what kind of thing
    assert NOTE not in logged.getvalue()
    assert KEY not in logged.getvalue()


async def test_a_fault_of_ours_is_logged_without_what_was_sent(
    town: Town, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError(NOTE)

    monkeypatch.setattr(town.nexus.room, "receipt", broken)
    answer = await send(await town.phone(), {"key": KEY, "cell": 27, "audience": "city"})
    assert (answer.status_code, NOTE in answer.text) == (500, False)
    assert "RuntimeError" in logged.getvalue()
    assert NOTE not in logged.getvalue()
    assert "Traceback" not in logged.getvalue()


async def test_no_figure_moves_when_somebody_gives_something(town: Town) -> None:
    """A counter of requests would be a raw count: two scrapes around a check-in would tell that there was one."""
    phones = [await town.phone() for _ in range(5)]
    before = [figures((await town.client.get(path)).text) for path in OWN_PAGES]
    await asyncio.gather(*(phone.give() for phone in phones))
    after = [figures((await town.client.get(path)).text) for path in OWN_PAGES]
    assert before == after


def figures(text: str) -> list[str]:
    """Return the figures of a page, without those of the machine itself."""
    return [line for line in text.splitlines() if not re.match(r"(process|python)_", line)]


async def test_the_record_of_a_check_in_holds_only_what_is_said_of_it(town: Town) -> None:
    """56 bytes: a day pseudonym, where, which window, a turn, cell and audience, words, the key's fingerprint."""
    phone = await town.phone()
    token = phone.headers["authorization"].removeprefix("Bearer ")
    await send(phone, {"key": KEY, "cell": 27, "audience": "city", "words": ["calm"]})
    (batch,) = await town.nexus.database.read(lambda c: c.execute("select batch from intake_log").fetchone())
    assert len(batch) == 56
    stored = b"".join(path.read_bytes() for path in (town.folder / "data").iterdir())
    for secret in (KEY, token, "127.0.0.1", phone.client.headers["user-agent"]):
        assert secret.encode() not in stored
