"""Journeys of the mirror: the network says when a display does not show what was released.

Failure: a wall that hangs and is counted as well; a page that is silent about one, or names a place without fault.
"""

import json

from playwright.sync_api import expect

from tests.journeys.conftest import HOUR_S, OpenTown, Visitor


def test_a_wall_with_its_key_tells_the_very_bytes_that_were_released(open_town: OpenTown, visitor: Visitor) -> None:
    open_town.crowd(400)
    open_town.pass_time(HOUR_S + 10)
    key = open_town.nexus.tokens.display_key("square")
    page = visitor.open("/wall/square")
    expect(page.get_by_role("heading", name="The Square")).to_be_visible()
    vitals = f"{open_town.url}/v1/vitals"
    assert page.request.get(vitals).json()["displays"] == 0  # whoever looks at a wall is no display of the city
    page.goto("about:blank")  # only what stands behind the # would change: the browser would stay on the page
    with page.expect_response(lambda answer: answer.url.endswith("/echo")) as heard:
        page.goto(f"{open_town.url}/wall/square#key={key}")
    assert heard.value.json() == {"verdict": "in-step"}
    assert json.loads(heard.value.request.post_data or "")["climate"] == open_town.nexus.room.latest["square"].id
    told = page.request.get(vitals).json()
    assert (told["displays"], told["integrity"]) == (1, 1)
    assert visitor.foreign == []
    assert visitor.complaints == []


def test_the_page_says_which_mirror_is_out_of_date_and_that_nothing_about_you_changed(
    open_town: OpenTown, visitor: Visitor
) -> None:
    open_town.nexus.vitals.echoes.hear("square", "display-1", 7, "")
    page = visitor.open("/status")
    expect(page.get_by_role("heading", level=1)).to_have_text("The mirror is whole")
    open_town.nexus.vitals.echoes.hear("gallery", "display-2", None, "")
    open_town.nexus.vitals.echoes._said["square"] = (None, 0.0)  # the climate it shows was over long ago
    open_town.nexus.vitals.echoes.hear("square", "display-1", 7, "")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("The mirror is not whole")
    mirrors = page.get_by_role("region", name="Mirrors that do not show what was released")
    expect(mirrors).to_contain_text("The Square")
    expect(mirrors).not_to_contain_text("The Gallery")
    expect(mirrors).to_contain_text("Nothing about you changed")


def test_the_page_shows_the_way_of_a_feeling_part_by_part(open_town: OpenTown, visitor: Visitor) -> None:
    page = visitor.open("/status")
    parts = page.get_by_role("list", name="Parts of the network").get_by_role("listitem")
    expect(parts).to_have_count(6)
    for number, name in enumerate(("The door", "The memory", "Climates", "The stream", "Lights", "Displays")):
        expect(parts.nth(number)).to_contain_text(name)
    told = page.request.get(f"{open_town.url}/v1/vitals").json()
    assert [part["part"] for part in told["parts"]] == ["door", "disk", "release", "stream", "lights", "displays"]
    assert {part["state"] for part in told["parts"] if part["part"] in ("disk", "stream")} <= {"well", "unknown"}
    assert visitor.complaints == []
