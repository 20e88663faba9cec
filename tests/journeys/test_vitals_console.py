"""A journey of those who tend the mirror: a torn thread, the hour before it tore, why here, and what was tried.

Failure: a mirror that is broken and looks whole, or the other way round; an hour that cannot be reached by keyboard; a
note that is lost; a page that tells anything to somebody who is not signed in.
"""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from nexus_city.vitals.watching.explaining import Explained
from tests.journeys.conftest import HOUR_S, PHONE, OpenTown, Visitor, visiting
from tests.journeys.test_every_page import DESKTOP, check_access

NAME, PASSWORD = "kira", "four unrelated words"


@pytest.fixture
def torn_town(open_town: OpenTown) -> OpenTown:
    """A town that has spoken, and whose square shows for an hour already what was never released."""
    for cell in (9, 18, 45, 54):
        open_town.crowd(100, cell)
    open_town.pass_time(HOUR_S + 10)
    vitals = open_town.nexus.vitals
    vitals.echoes.hear("square", "display-1", 10**6, "0" * 64)
    vitals.echoes.hear("gallery", "display-2", None, "")
    began_s = time.time() - HOUR_S

    torn = Explained(("square",), ("echo-wrong",), 0.9)

    async def hang() -> None:
        for minute in range(2):
            await vitals.incidents.follow(began_s + minute * 60, {"echo-broken": torn})

    open_town.run(hang())
    return open_town


@pytest.fixture
def tending(browser: Browser, torn_town: OpenTown) -> Iterator[Visitor]:
    """The first architect, signed in at a desk."""
    with visiting(browser, torn_town.url, viewport=DESKTOP, reduced_motion="reduce") as visitor:
        founding = {"code": torn_town.setup_code, "name": NAME, "password": PASSWORD}
        assert visitor.context.request.post(f"{torn_town.url}/v1/setup", data=founding).ok
        yield visitor


def square(page: Page) -> str:
    """Return what the link of the square says of it."""
    link = page.get_by_role("navigation", name="The communities").get_by_role("link", name="The Square")
    return link.inner_text()


def troubles(visitor: Visitor) -> list[str]:
    """Return what the browser complained of; a city that is really served has no rehearsal, and says so with a 404."""
    return [each for each in visitor.complaints if "404" not in each]


def test_a_torn_mirror_is_seen_replayed_explained_and_noted(tending: Visitor) -> None:
    page = tending.open("/status")
    page.get_by_role("link", name="Play past hours").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The mirror, hour by hour")
    expect(page.get_by_text("One mirror is torn, of 2 that were heard of.")).to_be_visible()
    assert "never released" in square(page)
    expect(page.get_by_role("heading", name="Why here? The Square")).to_be_visible()
    expect(page.get_by_role("region", name="Why here?")).to_contain_text("shows something that was never released")

    hours = page.get_by_role("slider", name="Hour that is shown")
    hours.focus()
    for _ in range(3):
        hours.press("ArrowLeft")
    expect(page.get_by_text("Nothing is known to have been wrong with a mirror at that hour.")).to_be_visible()
    assert "never released" not in square(page)
    hours.press("End")
    expect(page.get_by_text("One mirror is torn")).to_be_visible()

    page.get_by_text("The mirror is broken").click()
    story = page.get_by_role("region", name="What happened lately")
    expect(story).to_contain_text("Seen: a display showed something that was never released.")
    expect(story.get_by_label("For the communities", exact=True)).to_have_value(
        f"Your mirror has not shown what was released, in The Square, since {_since(page)}. "
        "What the displays showed there was not what you said. "
        "Nothing about you changed, and nothing you gave was lost."
    )
    story.get_by_label("What was tried?").fill("Reloaded the wall.")
    story.get_by_role("button", name="Write it down").click()
    expect(story.get_by_text("kira (architect): Reloaded the wall.")).to_be_visible()
    story.get_by_label("Call a circle").check()
    check_access(page)
    page.reload()
    page.get_by_text("The mirror is broken").click()
    expect(story.get_by_text("kira (architect): Reloaded the wall.")).to_be_visible()
    expect(story.get_by_label("Call a circle")).to_be_checked()
    assert tending.foreign == []
    assert troubles(tending) == []


def _since(page: Page) -> str:
    """Return the beginning of the incident as the page's own language writes it."""
    said: str = page.evaluate(
        """async () => {
          const [{began}] = await (await fetch("/v1/vitals/incidents")).json();
          return new Intl.DateTimeFormat("en", {dateStyle: "medium", timeStyle: "short"}).format(new Date(began));
        }"""
    )
    return said


def test_the_hours_play_towards_now_by_themselves_and_stop_when_asked(tending: Visitor) -> None:
    page = tending.open("/console/vitals")
    hours = page.get_by_role("slider", name="Hour that is shown")
    hours.focus()
    hours.press("PageDown")
    expect(hours).to_have_value(str(14 * 24 - 24))
    page.get_by_role("button", name="Play").click()
    expect(hours).to_have_value(str(14 * 24 - 22))
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Now", exact=True).click()
    expect(hours).to_have_value(str(14 * 24))


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_is_whole_and_accessible_on_a_phone(
    torn_town: OpenTown, tending: Visitor, browser: Browser, scheme: str
) -> None:
    kept = tending.context.storage_state()
    with visiting(browser, torn_town.url, viewport=PHONE, color_scheme=scheme, storage_state=kept) as visitor:
        page = visitor.open("/console/vitals#square")
        expect(page.get_by_role("heading", name="Why here? The Square")).to_be_visible()
        page.get_by_text("The same as a table").click()
        expect(page.get_by_role("row", name="The Square")).to_contain_text("never released")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        check_access(page)
        assert troubles(visitor) == []


def test_whoever_is_not_signed_in_is_shown_the_way_in_and_nothing_else(torn_town: OpenTown, browser: Browser) -> None:
    with visiting(browser, torn_town.url) as visitor:
        page = visitor.open("/console/vitals")
        expect(page.get_by_text("Nobody is signed in here.")).to_be_visible()
        assert page.get_by_text("The Square").count() == 0
        page.goto(f"{torn_town.url}/status")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.get_by_role("link", name="Play past hours").count() == 0
