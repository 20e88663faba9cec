"""A journey of those who tend a city: a passkey, codes, sessions, an invitation, and a door that stays shut.

The passkey is made and shown by Chromium's own virtual authenticator, at `localhost`, where browsers allow it. Failure:
whatever a person would have to ask somebody about; an error on the console; anything that axe-core finds on the way.
"""

import base64
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from nexus_city.access.staff.factors import STEP_S, totp
from tests.journeys.conftest import OpenTown, Visitor, visiting
from tests.journeys.test_every_page import check_access

PASSWORD = "four unrelated words"
LOCK = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
"""The lock of a phone: it keeps passkeys, and knows its person."""
REFUSED = re.compile(r"status of 40[13]")
"""What Chromium writes on the console for a refusal that the page expects."""


@pytest.fixture
def kira(browser: Browser, open_town: OpenTown) -> Iterator[Visitor]:
    """The first architect, signed in with a password."""
    with visiting(browser, open_town.url.replace("127.0.0.1", "localhost"), color_scheme="dark") as visitor:
        founding = {"code": open_town.setup_code, "name": "Kira", "password": PASSWORD}
        assert visitor.context.request.post(f"{visitor.url}/v1/setup", data=founding).ok
        yield visitor


def with_lock(page: Page) -> CDPSession:
    """Give the device of a page a lock."""
    lock = page.context.new_cdp_session(page)
    lock.send("WebAuthn.enable")
    lock.send("WebAuthn.addVirtualAuthenticator", {"options": LOCK})
    return lock


def part(page: Page, title: str) -> Any:
    """Return the part of a page under a heading."""
    return page.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True))


def surprises(visitor: Visitor) -> list[str]:
    """Return what the browser complained about, but for refusals."""
    return [each for each in visitor.complaints if not REFUSED.search(each)]


def test_a_passkey_is_made_and_signs_its_owner_in(kira: Visitor) -> None:
    page = kira.open("/account")
    lock = with_lock(page)
    keys = part(page, "Passkeys")
    keys.get_by_label("Name for the new one").fill("my phone")
    keys.get_by_role("button", name="Add a passkey").click()
    expect(keys.get_by_role("listitem")).to_contain_text("my phone")
    check_access(page)

    page.goto(f"{kira.url}/sign-in")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Signed in as Kira, architect")).to_be_visible()
    check_access(page)
    lock.detach()
    assert kira.foreign == []
    assert surprises(kira) == []


def test_somebody_who_puts_the_question_away_is_told_that_nothing_was_done(kira: Visitor) -> None:
    kira.context.request.delete(f"{kira.url}/v1/session")
    page = kira.open("/sign-in")
    lock = with_lock(page)  # a lock without any passkey
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was done")
    lock.detach()


def test_codes_are_set_up_and_asked_for(kira: Visitor) -> None:
    page = kira.open("/account")
    codes = part(page, "Codes beside the password")
    codes.get_by_role("button", name="Set up codes").click()
    expect(codes.get_by_alt_text("QR code for your authenticator app")).to_be_visible()
    check_access(page)
    secret = base64.b32decode((codes.locator(".secret").text_content() or "").replace(" ", ""))
    step = int(time.time() // STEP_S)
    codes.get_by_label("Six digits that the app shows now").fill(totp(secret, step))
    codes.get_by_role("button", name="Turn on").click()
    paper = codes.get_by_label("Codes for paper").input_value().split("\n")
    assert len(paper) == 8

    page.goto(f"{kira.url}/sign-in")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Name", exact=True).fill("Kira")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    code = page.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    code.fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("This code is wrong")).to_be_visible()
    code.fill(paper[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Signed in as Kira")).to_be_visible()
    assert surprises(kira) == []


def test_a_session_elsewhere_is_seen_and_ended(kira: Visitor, browser: Browser) -> None:
    with visiting(browser, kira.url) as other:
        assert other.context.request.post(f"{other.url}/v1/session", data={"name": "Kira", "password": PASSWORD}).ok
        page = kira.open("/account")
        sessions = part(page, "Where you are signed in")
        expect(sessions.get_by_role("listitem")).to_have_count(2)
        sessions.get_by_role("button", name=re.compile("^End")).click()
        expect(sessions.get_by_role("listitem")).to_have_count(1)
        there = other.open("/account")
        expect(there.get_by_text("Nobody is signed in here")).to_be_visible()
    assert surprises(kira) == []


def test_a_facilitator_is_invited_comes_in_and_finds_the_architects_door_shut(kira: Visitor, browser: Browser) -> None:
    page = kira.open("/console/people")
    page.get_by_role("radio", name=re.compile("^facilitator")).check()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("The link", exact=True).input_value()
    check_access(page)
    with visiting(browser, kira.url) as guest:
        there = guest.open(link.removeprefix(kira.url))
        expect(there.get_by_text("Kira invites you to be facilitator")).to_be_visible()
        check_access(there)
        there.get_by_label("Name").fill("Ben")
        there.get_by_label("Password").fill(PASSWORD)
        there.get_by_role("button", name="Join").click()
        expect(there.get_by_text("Signed in as Ben, facilitator")).to_be_visible()
        assert "invitation" not in there.url
        there.goto(f"{guest.url}/console/people")
        expect(there.get_by_text("This page is for architects and stewards")).to_be_visible()
        refused = guest.context.request.post(f"{guest.url}/v1/invitations", data={"role": "artist"})
        assert (refused.status, refused.json()["field"]) == (403, "role")
        assert surprises(guest) == []

    page.reload()
    expect(page.get_by_role("combobox", name="Role of Ben")).to_have_value("facilitator")
    page.get_by_role("button", name="Read the log").click()
    expect(page.get_by_text("Ben took an invitation.")).to_be_visible()
    expect(page.get_by_text("The log hangs together")).to_be_visible()
    check_access(page)


def test_a_grave_act_after_a_while_asks_whether_it_is_still_you(kira: Visitor, open_town: OpenTown) -> None:
    page = kira.open("/console/people")
    expect(page.get_by_role("heading", name="Invite somebody")).to_be_visible()

    async def age() -> None:
        for session in open_town.nexus.staff.sessions.of("Kira"):
            session.proved_s = 0

    open_town.run(age())
    page.get_by_role("button", name="Make a link").click()
    question = page.get_by_role("dialog", name="Is it still you?")
    expect(question).to_be_visible()
    check_access(page)
    question.get_by_label("Password").fill("not this one at all")
    question.get_by_role("button", name="Go on").click()
    expect(question.get_by_role("alert")).to_be_visible()
    question.get_by_label("Password").fill(PASSWORD)
    question.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("The link", exact=True)).to_be_visible()
    assert surprises(kira) == []


def test_what_was_done_to_a_place_can_be_read_by_anybody_there(kira: Visitor, browser: Browser) -> None:
    assert kira.context.request.patch(f"{kira.url}/v1/places/square/settings", data={"welcome": "Come in."}).ok
    with visiting(browser, kira.url) as visitor:
        page = visitor.open("/p/square/acts")
        expect(page.get_by_text("An architect changed the charter.")).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("Kira")
        check_access(page)
        assert surprises(visitor) == []
