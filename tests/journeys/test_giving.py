"""Journeys of a feeling: from a finger on a phone to a light on a wall.

Goal: what a person does on the page is what the city counts, once and exactly, or not at all.
Method: a real browser on a real server whose clock and noise the test holds. With a noise of zero, a release is the
count; with a recorded tape, two releases can be compared byte for byte.
Failure: a feeling that is lost, counted twice, counted against the person's will, or shown wrongly.
"""

import secrets
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.conftest import Town
from tests.journeys.conftest import HOUR_S, OpenTown, Visitor, visiting

FEEL = "/p/square/feel"


def touch(page: Page, x: float = 0.8, y: float = 0.2) -> None:
    """Put a finger on the plane: fractions of its width and height, from the upper left."""
    plane = page.get_by_role("slider").first
    box = plane.bounding_box()
    assert box is not None
    plane.click(position={"x": box["width"] * x, "y": box["height"] * y})


def give(page: Page, *, leaves: bool = False) -> None:
    """Press the one primary act, and wait for what became of it; if it `leaves` the phone, until the city has answered.

    A receipt is shown before: on a busy machine the window could be over by the time that a check-in arrives.
    """
    with page.expect_response("**/check-ins") if leaves else nullcontext():
        page.locator("form .primary").click()
    expect(page.locator("section.receipt h2")).to_be_visible()


def mixture(town: OpenTown) -> Any:
    """Return what the square released last, from the append-only table."""
    room = town.nexus.room
    return room.latest.get("square")


def test_a_newcomer_gives_in_two_acts_and_the_next_release_carries_it_exactly(
    open_town: OpenTown, visitor: Visitor
) -> None:
    """Two acts after the page has opened; 400 others make the square loud enough to speak."""
    open_town.crowd(400, cell=9)
    page = visitor.open(FEEL)
    touch(page, 0.8, 0.2)  # act one: pleasant and lively
    give(page, leaves=True)  # act two
    receipt = page.locator("section.receipt")
    expect(receipt.locator("h2")).to_be_focused()
    told = receipt.inner_text()
    assert "The Square" in told
    assert "ε" in told or "epsilon" in told.lower()

    open_town.pass_time(HOUR_S + 10)
    climate = mixture(open_town)
    assert climate.people == 401
    cell = int((1 - 0.2) * climate.grid) * climate.grid + int(0.8 * climate.grid)
    assert round(climate.mixture[cell] * 401) == 1
    assert visitor.foreign == []
    assert visitor.complaints == []


def test_the_wall_repaints_when_the_square_speaks(open_town: OpenTown, browser: Browser) -> None:
    """The wall is open while the window closes: its caption and its picture follow without a reload."""
    with visiting(browser, open_town.url, viewport={"width": 640, "height": 360}, reduced_motion="reduce") as visitor:
        wall = visitor.open("/wall/square")
        wall.wait_for_timeout(2000)
        before = wall.screenshot(clip={"x": 0, "y": 0, "width": 640, "height": 160})
        open_town.crowd(150, cell=9)
        open_town.crowd(150, cell=54)
        open_town.pass_time(HOUR_S + 10)
        expect(wall.locator("main")).to_contain_text("300")
        wall.wait_for_timeout(2000)
        assert wall.screenshot(clip={"x": 0, "y": 0, "width": 640, "height": 160}) != before


def test_an_offline_check_in_waits_and_arrives_once(open_town: OpenTown, visitor: Visitor) -> None:
    page = visitor.open(FEEL)
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    page.get_by_role("slider").first.wait_for()
    visitor.context.set_offline(True)
    touch(page)
    give(page)
    assert open_town.nexus.room.latest.get("square") is None
    visitor.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("section.receipt dl")).to_contain_text("ε", timeout=20_000)
    page.reload()  # and whatever a second page would send again
    page.wait_for_timeout(1500)

    open_town.pass_time(HOUR_S + 10)
    assert open_town.run(voices(open_town)) == 1


def test_the_page_opens_without_a_network_once_it_has_been_here(open_town: OpenTown, visitor: Visitor) -> None:
    first = visitor.open(FEEL)
    first.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    first.wait_for_function(
        "navigator.serviceWorker.controller !== null || caches.keys().then((all) => all.length > 1)"
    )
    first.wait_for_timeout(1000)
    visitor.context.set_offline(True)
    again = visitor.open(FEEL)
    expect(again.get_by_role("slider").first).to_be_visible()
    expect(again.locator("h1")).to_have_text("The Square")
    assert open_town.url in again.url


def test_what_only_i_shall_know_never_leaves_the_phone(open_town: OpenTown, visitor: Visitor) -> None:
    sent: list[str] = []
    page = visitor.open(FEEL)
    page.on("request", lambda request: sent.append(request.url) if request.method != "GET" else None)
    page.locator("input[type=radio][value=me]").check(force=True)
    touch(page)
    give(page)
    assert [url for url in sent if "check-ins" in url] == []
    open_town.pass_time(HOUR_S + 10)
    assert open_town.run(voices(open_town)) == 0

    journal = visitor.open("/me")
    expect(journal.locator("main")).to_contain_text("The Square")


def test_taken_back_on_the_page_is_as_if_never_given(tmp_path: Path, browser: Browser) -> None:
    """Two towns on one noise tape; in one of them somebody gives and takes back before the window closes."""
    tape = secrets.token_bytes(4096)

    def an_hour(folder: Path, regretful: bool) -> list[tuple[Any, ...]]:
        town = OpenTown(folder, tape)
        town.crowd(40, cell=27)
        if regretful:
            with visiting(browser, town.url) as visitor:
                page = visitor.open(FEEL)
                touch(page)
                give(page, leaves=True)
                page.locator("button.undo").click()
                expect(page.get_by_role("slider").first).to_be_visible()
        town.pass_time(HOUR_S + 10)
        released = town.released()
        town.close()
        assert released
        return released

    assert an_hour(tmp_path / "regret", True) == an_hour(tmp_path / "never", False)


def test_everything_can_be_done_with_a_keyboard(open_town: OpenTown, visitor: Visitor) -> None:
    page = visitor.open(FEEL)
    slider = page.get_by_role("slider").first
    slider.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert slider.get_attribute("aria-valuetext")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.matches('form .primary') ?? false"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("section.receipt h2")).to_be_focused()
    open_town.pass_time(HOUR_S + 10)
    assert open_town.run(voices(open_town)) == 1


def test_a_place_that_asks_for_presence_takes_the_code_from_its_wall(open_town: OpenTown, visitor: Visitor) -> None:
    key = open_town.nexus.tokens.display_key("gallery")
    wall = visitor.open(f"/wall/gallery#key={key}")
    shown = wall.request.get(f"{open_town.url}/v1/places/gallery/code", headers={"x-display-key": key}).json()
    page = visitor.open(shown["url"].replace(open_town.url, ""))
    touch(page)
    give(page, leaves=True)
    open_town.pass_time(HOUR_S + 10)
    assert open_town.run(voices(open_town, "gallery")) == 1


def test_without_the_code_one_can_still_keep_it_for_oneself(open_town: OpenTown, visitor: Visitor) -> None:
    page = visitor.open("/p/gallery/feel")
    touch(page)
    give(page)
    open_town.pass_time(HOUR_S + 10)
    assert open_town.run(voices(open_town, "gallery")) == 0


async def voices(town: OpenTown, place: str = "square") -> int:
    """Return how many voices `place` released so far; with a noise of zero these are the true ones."""
    tables = await town.nexus.database.read(Town.tables)
    return sum(int(table.released.counts.sum()) for table in tables if table.place == place)
