"""Journeys of the mirror: a wall says what it shows, and the network says when that is not what was released.

Goal: the wall of a place is a display of the city as soon as it carries its key, and its silence is noticed.
Failure: a wall that hangs and is counted as well, or a page that names a place's display where nothing is wrong.
"""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import HOUR_S, OpenTown, Visitor


def vitals(page: Page, town: OpenTown) -> dict[str, object]:
    """What the interface says now."""
    answer: dict[str, object] = page.request.get(f"{town.url}/v1/vitals").json()
    return answer


def test_a_wall_with_its_key_shows_the_very_bytes_that_were_released(open_town: OpenTown, visitor: Visitor) -> None:
    open_town.crowd(400)
    key = open_town.nexus.tokens.display_key("square")
    wall = visitor.open("/wall/square")
    assert vitals(wall, open_town)["displays"] == 0  # anybody may look at a wall; that makes it no display of the city
    wall.close()
    open_town.pass_time(HOUR_S + 10)
    with visitor.context.expect_event("response", lambda answer: answer.url.endswith("/echo")) as heard:
        wall = visitor.open(f"/wall/square#key={key}")
        expect(wall.get_by_role("heading", name="The Square")).to_be_visible()
    assert heard.value.json() == {"verdict": "in-step"}
    assert vitals(wall, open_town)["integrity"] == 1
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
    mirrors = page.get_by_role("region", name="Mirrors that are out of date")
    expect(mirrors).to_contain_text("The Square")
    expect(mirrors).not_to_contain_text("The Gallery")
    expect(mirrors).to_contain_text("Nothing about you changed")
