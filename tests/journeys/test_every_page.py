"""Every page, for everybody: what any visitor may expect, checked on all of them alike.

Failure: a request to another host, an error on the console (the content security policy reports there), a violation of
WCAG 2.2 AA that axe-core finds, a control smaller than 44 px, a page without a title or a main heading.
"""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import HOUR_S, PHONE, OpenTown, Visitor, visiting

AXE = (Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
PAGES = (
    "/",
    "/p/square/feel",
    "/p/gallery/feel",
    "/p/square/charter",
    "/p/nowhere/charter",
    "/p/nowhere/feel",
    "/wall/square",
    "/wall/nook",
    "/why/square",
    "/why/nook",
    "/privacy",
    "/privacy/square",
    "/me",
    "/me/boundaries",
    "/me/data",
    "/sign-in",
    "/account",
    "/console/people",
    "/console/vitals",
    "/p/square/acts",
    "/console",
    "/status",
    "/not-a-page",
)
DESKTOP = {"width": 1280, "height": 800}
SMALL_TARGETS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, [role=slider]')]
  .filter((each) => each.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .filter((each) => !each.closest('p, li.prose') && !each.closest('.visually-hidden'))
  .map((each) => ({box: (each.closest('label') ?? each).getBoundingClientRect(), text: each.outerHTML.slice(0, 120)}))
  .filter(({box}) => box.width > 1 && (box.height < 43.5 || box.width < 43.5))
  .map(({box, text}) => `${Math.round(box.width)}x${Math.round(box.height)} ${text}`)"""


@pytest.fixture(scope="module")
def living_town(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A town where the square has just spoken."""
    town = OpenTown(tmp_path_factory.mktemp("living"))
    for cell in (9, 18, 45, 54):
        town.crowd(60, cell)
    town.pass_time(HOUR_S + 10)
    yield town
    town.close()


def calm(page: Page) -> None:
    """Wait until the page has drawn itself."""
    page.wait_for_selector("main")
    page.wait_for_timeout(900)


def check_access(page: Page) -> None:
    """Fail with what axe-core finds, and with every control that is smaller than a finger needs."""
    page.evaluate(AXE)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("(values) => axe.run({runOnly: {type: 'tag', values}})", tags)
    told = [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found["violations"]]
    assert not told, "\n".join(told)
    small = page.evaluate(SMALL_TARGETS)
    assert not small, "\n".join(small)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_page_is_whole_and_accessible(living_town: OpenTown, browser: Browser, path: str, scheme: str) -> None:
    size = PHONE if scheme == "dark" else DESKTOP
    with visiting(browser, living_town.url, viewport=size, color_scheme=scheme, reduced_motion="reduce") as visitor:
        page = visitor.open(path)
        calm(page)
        assert page.title().strip()
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        check_access(page)
        assert visitor.foreign == []
        expected = "404" if path in ("/p/nowhere/feel", "/p/nowhere/charter", "/not-a-page") else "(nothing)"
        assert [each for each in visitor.complaints if expected not in each] == []


@pytest.mark.parametrize("language", ["en", "de", "es"])
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/p/square/feel", "/p/square/charter", "/privacy/square", "/me", "/me/boundaries", "/me/data"),
        *("/sign-in", "/why/square", "/status", "/console/vitals"),
    ],
)
def test_a_page_speaks_the_visitors_language(living_town: OpenTown, browser: Browser, path: str, language: str) -> None:
    """A key that has no message would be shown as itself, such as `foot.city`."""
    with visiting(browser, living_town.url, locale=language) as visitor:
        page = visitor.open(path)
        calm(page)
        assert page.get_attribute("html", "lang") == language
        shown = page.evaluate("document.body.innerText")
        bare = [word for word in shown.split() if word.count(".") == 1 and word.replace(".", "").islower()]
        bare = [word for word in bare if word.split(".")[1] and "/" not in word and word.isascii()]
        assert not bare, bare
        assert visitor.foreign == []


def test_a_visitor_without_motion_gets_still_pictures(living_town: OpenTown, browser: Browser) -> None:
    """With reduced motion a wall paints the same picture twice."""
    with visiting(browser, living_town.url, viewport={"width": 640, "height": 360}, reduced_motion="reduce") as visitor:
        page = visitor.open("/wall/square")
        page.wait_for_timeout(2500)
        clip = {"x": 0, "y": 0, "width": 640, "height": 200}
        first = page.screenshot(clip=clip)
        page.wait_for_timeout(1500)
        assert page.screenshot(clip=clip) == first


def keyboard_reaches(visitor: Visitor, path: str, wanted: str) -> bool:
    """Whether pressing Tab, from the top, comes to an element that matches `wanted`."""
    page = visitor.open(path)
    calm(page)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement?.matches(wanted) ?? false", wanted):
            return True
    return False


def test_the_plane_and_the_city_can_be_reached_by_keyboard(living_town: OpenTown, browser: Browser) -> None:
    with visiting(browser, living_town.url) as visitor:
        assert keyboard_reaches(visitor, "/p/square/feel", "[role=slider]")
        assert keyboard_reaches(visitor, "/", "a[href*='/feel'], button")
