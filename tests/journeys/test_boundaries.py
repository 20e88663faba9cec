"""Journeys of a boundary: what a person sets on their phone holds before, while and after something is given.

Goal: nothing leaves the phone that the boundary holds back; what is open follows a boundary that becomes stricter;
taking no part costs nothing and is honoured; the way out works at any time.
Method: a real browser sets it on the page, and the city is asked what it holds of this very phone.
Failure: something held that should not be, something lost from the journal, or a page that is worse for who keeps all.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import HOUR_S, OpenTown, Visitor, visiting
from tests.journeys.test_every_page import check_access
from tests.journeys.test_giving import FEEL, give, touch, voices

MINE = "/me/boundaries"
TOKEN = """() => new Promise((done) => {
  const asked = indexedDB.open('nexus');
  asked.onsuccess = () => {
    const read = asked.result.transaction('keep').objectStore('keep').get('token');
    read.onsuccess = () => done(read.result ?? null);
  };
})"""
CONTROL = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"


def held(page: Page) -> Any:
    """Return what the city holds of this phone; nothing where it does not know it."""
    token = page.evaluate(TOKEN)
    if token is None:
        return []
    origin = page.evaluate("location.origin")
    answer = page.request.get(f"{origin}/v1/me/check-ins", headers=bearer(token)).json()
    return [each for each in answer["check_ins"] if each["state"] == "open"]


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def choose(page: Page, preset: str) -> None:
    """Take a preset and keep it."""
    page.get_by_role("button", name=preset, exact=True).click()
    page.get_by_role("button", name="Keep this boundary").click()
    expect(page.locator(".act [role=status]")).to_contain_text("Kept")


def journal(visitor: Visitor) -> str:
    page = visitor.open("/me")
    expect(page.locator("main")).to_contain_text("The Square")
    text: str = page.locator("main").inner_text()
    page.close()
    return text


def test_what_is_open_is_made_less_when_the_boundary_becomes_stricter(open_town: OpenTown, visitor: Visitor) -> None:
    """Cell, then some area of its quarter, then presence, then nothing: each held by the city at once."""
    page = visitor.open(FEEL)
    touch(page, 0.8, 0.2)  # pleasant and lively: row 6, column 6
    give(page)
    assert [each["cell"] for each in held(page)] == [54]

    mine = visitor.open(MINE)
    choose(mine, "The city, roughly")
    (roughly,) = held(mine)
    assert (roughly["cell"] // 8 >= 4, roughly["cell"] % 8 >= 4, roughly["audience"]) == (True, True, "city")

    choose(mine, "This place, that I am here")
    (present,) = held(mine)
    assert (present["cell"], present["audience"]) == (None, "place")

    choose(mine, "The city, as I am")  # opening it gives nothing away that was held back
    assert held(mine) == [present]

    choose(mine, "Only me")
    assert held(mine) == []
    open_town.pass_time(HOUR_S + 10)
    assert open_town.run(voices(open_town)) == 0
    assert "Only you" in journal(visitor)
    assert visitor.complaints == []


def test_a_stricter_boundary_that_is_set_offline_holds_as_soon_as_there_is_a_network(
    open_town: OpenTown, visitor: Visitor
) -> None:
    page = visitor.open(FEEL)
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    touch(page)
    give(page)
    mine = visitor.open(MINE)
    expect(mine.get_by_role("group", name="A place learns")).to_be_visible()
    mine.wait_for_timeout(1000)
    visitor.context.set_offline(True)
    choose(mine, "Only me")
    expect(mine.locator(".act [role=status]")).to_contain_text("as soon as there is a network")
    visitor.context.set_offline(False)
    mine.evaluate("dispatchEvent(new Event('online'))")
    wait_until(mine, lambda: held(mine) == [])
    open_town.pass_time(HOUR_S + 10)
    assert open_town.run(voices(open_town)) == 0


def test_the_check_in_obeys_the_boundary_and_says_what_left(visitor: Visitor) -> None:
    choose(visitor.open(MINE), "This place, roughly")
    page = visitor.open(FEEL)
    touch(page, 0.8, 0.2)
    expect(page.locator("input[type=radio][value=city]")).to_be_disabled()
    expect(page.locator("input[type=radio][value=place]")).to_be_checked()
    degrees = page.locator("form select option").evaluate_all("(all) => all.map((each) => each.value)")
    assert degrees == ["quadrant", "presence"]
    give(page)
    expect(page.locator("section.receipt dl")).to_contain_text("drawn at random from one quarter")
    (given,) = held(page)
    assert (given["audience"], given["cell"] // 8 >= 4, given["cell"] % 8 >= 4) == ("place", True, True)


def test_a_single_check_in_may_be_given_more_narrowly(open_town: OpenTown, visitor: Visitor) -> None:
    page = visitor.open(FEEL)
    touch(page)
    page.locator("form select").select_option("presence")
    give(page)
    expect(page.locator("section.receipt dl")).to_contain_text("Only that somebody was here")
    assert [each["cell"] for each in held(page)] == [None]
    open_town.pass_time(HOUR_S + 10)
    assert open_town.run(voices(open_town)) == 1


def test_taking_no_part_keeps_the_journal_and_the_places_and_the_city_is_told(
    open_town: OpenTown, visitor: Visitor
) -> None:
    first = visitor.open(FEEL)
    touch(first)
    give(first)
    token = first.evaluate(TOKEN)
    choose(visitor.open(MINE), "Only me")

    page = visitor.open(FEEL)
    touch(page)
    give(page)
    expect(page.locator("section.receipt h2")).to_have_text("Kept, only for you")
    assert journal(visitor).count("Only you") == 2
    refused = page.request.post(
        f"{open_town.url}/v1/places/square/check-ins",
        headers=bearer(token),
        data={"key": "of-some-other-program-01", "cell": 3, "audience": "city", "chosen": True},
    ).json()
    assert (refused["state"], refused["reason"]) == ("kept", "opted-out")
    expect(visitor.open("/").locator("main")).to_contain_text("The Square")
    expect(visitor.open("/wall/square").locator("main")).to_be_visible()

    choose(visitor.open(MINE), "The city, as I am")  # and back in, whenever one likes
    again = visitor.open(FEEL)
    touch(again)
    again.locator("input[type=radio][value=city]").check(force=True)
    give(again)
    assert len(held(again)) == 1


def test_who_takes_no_part_from_the_start_is_never_known_to_the_city(visitor: Visitor) -> None:
    sent: list[str] = []
    mine = visitor.open(MINE)
    choose(mine, "Only me")
    page = visitor.open("/p/gallery/feel")
    page.on("request", lambda request: sent.append(request.url) if request.method != "GET" else None)
    touch(page)
    give(page)
    assert mine.evaluate(TOKEN) is None
    assert sent == []


@pytest.fixture
def controlled(browser: Browser, open_town: OpenTown) -> Any:
    """A browser that asks every site to share nothing."""

    def asking(context: BrowserContext) -> None:
        context.add_init_script(CONTROL)

    with visiting(browser, open_town.url, extra_http_headers={"Sec-GPC": "1"}) as visitor:
        asking(visitor.context)
        yield visitor


def test_global_privacy_control_means_only_me_until_the_person_says_otherwise(
    open_town: OpenTown, controlled: Visitor
) -> None:
    page = controlled.open(FEEL)
    touch(page)
    expect(page.locator("form")).to_contain_text("Global Privacy Control")
    expect(page.locator("input[type=radio][value=me]")).to_be_checked()
    give(page)
    assert held(page) == []

    mine = controlled.open(MINE)
    expect(mine.locator("header")).to_contain_text("Global Privacy Control")
    choose(mine, "The city, as I am")
    page = controlled.open(FEEL)
    touch(page)
    give(page)
    assert len(held(page)) == 1
    assert page.request.get(f"{open_town.url}/.well-known/gpc.json").json()["gpc"] is True


def test_everything_that_is_open_can_be_withdrawn_at_once(open_town: OpenTown, visitor: Visitor) -> None:
    page = visitor.open(FEEL)
    touch(page)
    give(page)
    open_town.pass_time(HOUR_S + 10)  # this one is spoken
    page = visitor.open(FEEL)
    touch(page)
    give(page)
    assert len(held(page)) == 1

    mine = visitor.open(MINE)
    section = mine.get_by_role("region", name="Take back what can be taken back")
    expect(section).to_contain_text("One moment is still open")
    expect(section).to_contain_text("One has been spoken")
    section.get_by_label("take no part").check()
    section.get_by_role("button").click()
    expect(section.get_by_role("status")).to_contain_text("Done")
    expect(mine.locator(".act [role=status]")).to_contain_text("Kept")
    assert held(mine) == []
    open_town.pass_time(HOUR_S + 10)
    assert open_town.run(voices(open_town)) == 1
    refused = mine.request.post(
        f"{open_town.url}/v1/places/square/check-ins",
        headers=bearer(mine.evaluate(TOKEN)),
        data={"key": "of-some-other-program-02", "cell": 3, "audience": "city"},
    ).json()
    assert refused["reason"] == "opted-out"


def test_a_rule_for_a_place_and_some_hours_shows_in_the_preview(visitor: Visitor) -> None:
    page = visitor.open(MINE)
    seen = page.get_by_role("region", name="What each would see")
    seen.get_by_role("combobox").select_option("square")
    page.get_by_role("combobox", name="Where").select_option("east")
    page.get_by_label("Only at some hours").check()
    page.get_by_role("button", name="Add").click()
    expect(page.locator("ul.standing")).to_contain_text("At East, from 22:00 to 06:00: everybody else learns nothing")
    time = seen.get_by_label("at", exact=True)
    for clock, expected in (
        ("21:59", "One area of 64"),
        ("23:00", "Nothing"),
        ("05:59", "Nothing"),
        ("06:00", "One area"),
    ):
        time.fill(clock)
        time.blur()
        expect(seen.get_by_role("listitem").nth(1)).to_contain_text(expected)


def test_the_whole_boundary_can_be_set_by_keyboard(visitor: Visitor) -> None:
    page = visitor.open(MINE)
    page.get_by_role("group", name="The city learns").get_by_label("how I am").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("group", name="The city learns").get_by_label("that I am here")).to_be_checked()
    expect(page.get_by_role("group", name="A place learns").get_by_label("how I am")).to_be_checked()
    page.get_by_role("button", name="Keep this boundary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".act [role=status]")).to_contain_text("Kept")
    page.reload()
    expect(page.get_by_role("group", name="The city learns").get_by_label("that I am here")).to_be_checked()
    check_access(page)


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait, for ten seconds at most, until something holds."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come to hold")
