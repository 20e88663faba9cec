"""Journeys of the mirror: the network says when a display does not show what was released.

Failure: a page that is silent about a display that hangs, or that names a place where nothing is wrong.
"""

from playwright.sync_api import expect

from tests.journeys.conftest import OpenTown, Visitor


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
