"""A journey of light: an architect at the console, and what the fixtures are sent meanwhile."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from nexus_city.environment.patch import Luminaire, Patch, Wire, Zone
from nexus_city.environment.scene import House, Scene, write_house
from tests.journeys.conftest import HOUR_S, OpenTown, Visitor, visiting
from tests.journeys.test_every_page import check_access

TABLET = {"width": 1024, "height": 768}


@pytest.fixture
def node() -> Iterator[socket.socket]:
    """A lighting node on loopback: it takes whatever sACN is sent to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        yield listening


@pytest.fixture
def lit_town(tmp_path: Path, node: socket.socket) -> Iterator[OpenTown]:
    """A town whose square has a row of twenty pixels on that node."""
    row = Luminaire("row", "wall", "stage", pixels=20, start=(0.1, 0.5), end=(0.9, 0.5))
    wire = Wire("stage", "sacn", "127.0.0.1", node.getsockname()[1])
    scenes = (Scene("tide", "Tide", ("wall",), fade_s=0), Scene("rest", "Rest", ("wall",), "rest", priority=10))
    house = House(patch=Patch((wire,), (Zone("wall", "The wall", "square"),), (row,)), scenes=scenes)
    (tmp_path / "house.json").write_bytes(write_house(house))
    town = OpenTown(tmp_path, house=tmp_path / "house.json")
    yield town
    town.close()


@pytest.fixture
def architect(browser: Browser, lit_town: OpenTown) -> Iterator[Visitor]:
    """The first architect, signed in on a tablet."""
    with visiting(browser, lit_town.url, viewport=TABLET, color_scheme="dark") as visitor:
        founding = {"code": lit_town.setup_code, "name": "kira", "password": "four unrelated words"}
        assert visitor.context.request.post(f"{lit_town.url}/v1/setup", data=founding).ok
        yield visitor


def brightness(node: socket.socket) -> float:
    """Return the mean code of the row in the newest frame, 0..255."""
    node.setblocking(False)
    newest = b""
    try:
        while True:
            newest = node.recv(2000)
    except BlockingIOError:
        node.settimeout(5)
    return float(np.frombuffer(newest or node.recv(2000), np.uint8)[126:186].mean())


def wait_for_light(page: Page, node: socket.socket, low: float, high: float) -> None:
    """Wait until the row shines between two levels; the output stage takes seconds for it, by design."""
    for _ in range(60):
        if low <= (level := brightness(node)) <= high:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"the row shines at {level:.0f}, not between {low} and {high}")


def test_people_speak_the_row_shines_and_stop_all_calms_it(
    lit_town: OpenTown, architect: Visitor, node: socket.socket
) -> None:
    for cell in (9, 54):
        lit_town.crowd(200, cell)
    lit_town.pass_time(HOUR_S + 10)
    page = architect.open("/console")
    expect(page.locator("main")).to_contain_text("The wall")
    wait_for_light(page, node, 120, 256)
    check_access(page)

    page.get_by_role("button", name=re.compile("stop all", re.IGNORECASE)).click()
    wait_for_light(page, node, 20, 80)
    assert lit_town.nexus.lighting.rig.touch(lambda desk: desk.stopped)
    page.get_by_role("button", name=re.compile("release|lift|again|go on", re.IGNORECASE)).first.click()
    wait_for_light(page, node, 120, 256)
    assert architect.foreign == []
    assert architect.complaints == []


def test_a_scene_taken_by_hand_wins_and_is_told_in_the_log(lit_town: OpenTown, architect: Visitor) -> None:
    page = architect.open("/console")
    page.get_by_role("button", name="Rest", exact=False).first.click()
    page.wait_for_timeout(800)
    assert lit_town.nexus.lighting.rig.touch(lambda desk: desk.hands(0.0))["wall"][0] == "rest"
    assert lit_town.nexus.lighting.rig.touch(lambda desk: desk.changes[0].who) == "kira"


def test_a_stranger_is_sent_to_the_sign_in(lit_town: OpenTown, browser: Browser) -> None:
    with visiting(browser, lit_town.url, viewport=TABLET) as visitor:
        page = visitor.open("/console")
        expect(page.locator("main a[href='/sign-in']").first).to_be_visible()
