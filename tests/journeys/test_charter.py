"""A charter is read, opened, seen, kept to, discussed and left, all in a real browser.

Failure: something leaves the phone under terms that it has not seen; a consent without its receipt, or one that cannot
be ended by one press; a receipt that is no linked data in the words of DPV.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import rdflib
from playwright.sync_api import Page, expect
from rdflib.namespace import DCTERMS, RDF

from nexus_city.places.charters import Changes
from nexus_city.places.model import ConsentRule
from tests.journeys.conftest import OpenTown, Visitor

DAY_S = 24 * 3600
DPV = rdflib.Namespace("https://w3id.org/dpv#")
NEXUS = rdflib.Namespace("urn:nexus-city:terms:")
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib warns of itself


def amend(town: OpenTown, place: str = "square", **terms: Any) -> None:
    """Change a charter, as an architect."""
    town.run(town.nexus.charters.charters.amend(place, Changes(**terms)))


def give(page: Page) -> dict[str, Any]:
    """Touch the plane and give; return what left the phone."""
    page.get_by_role("slider").first.click(position={"x": 200, "y": 120})
    with page.expect_request("**/check-ins") as asked:
        page.get_by_role("button", name="Give").click()
    page.get_by_text("Undo").wait_for()
    sent = asked.value.post_data_json
    assert isinstance(sent, dict)
    return sent


def held(page: Page) -> int:
    """Return how many check-ins of this phone the city holds."""
    counted: int = page.evaluate(
        """async () => {
          const opened = await new Promise((ok) => {
            const asked = indexedDB.open('nexus');
            asked.onsuccess = () => ok(asked.result);
          });
          const token = await new Promise((ok) => {
            const asked = opened.transaction('keep').objectStore('keep').get('token');
            asked.onsuccess = () => ok(asked.result);
          });
          opened.close();
          const answer = await fetch('/v1/me/check-ins', { headers: { Authorization: 'Bearer ' + token } });
          return (await answer.json()).check_ins.length;
        }"""
    )
    return counted


def test_a_charter_is_whole_and_says_who_sees_what(open_town: OpenTown, visitor: Visitor) -> None:
    amend(open_town, words=False)
    page = visitor.open("/p/square/charter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The charter of The Square")
    expect(page.get_by_text("Words given here are not counted.").first).to_be_visible()
    expect(page.get_by_role("heading", name="Version 2 stricter")).to_be_visible()
    expect(page.get_by_role("img", name="On the left a phone")).to_be_visible()
    assert visitor.complaints == []


def test_nothing_leaves_under_a_wider_charter_before_it_was_read(open_town: OpenTown, visitor: Visitor) -> None:
    amend(open_town, audiences=("place",))
    page = visitor.open("/p/square/feel")
    assert give(page)["charter"] == 2
    amend(open_town, audiences=("place", "city"))
    again = visitor.open("/p/square/feel")
    notice = again.get_by_role("region", name="The charter has opened")
    expect(notice).to_contain_text("a check-in here can now be for this place alone or the whole city")
    expect(again.get_by_role("radio", name="Place and city")).to_be_disabled()
    notice.get_by_role("button", name="I have read this").click()
    expect(notice).to_have_count(0)
    again.get_by_role("radio", name="Place and city").check()
    sent = give(again)
    assert (sent["charter"], sent["audience"]) == (3, "city")


def test_who_keeps_to_what_it_was_gives_no_further_than_before(open_town: OpenTown, visitor: Visitor) -> None:
    amend(open_town, audiences=("place",))
    give(visitor.open("/p/square/feel"))
    amend(open_town, audiences=("place", "city"))
    page = visitor.open("/p/square/feel")
    page.get_by_role("button", name="Keep to what it was").click()
    sent = give(page)
    assert (sent["charter"], sent["audience"]) == (3, "place")


def test_a_page_that_was_open_all_along_learns_it_from_the_answer(open_town: OpenTown, visitor: Visitor) -> None:
    amend(open_town, finest_grid=2)
    page = visitor.open("/p/square/feel")
    page.get_by_role("slider").first.wait_for()
    page.wait_for_load_state("networkidle")
    amend(open_town, finest_grid=4)
    give(page)
    expect(page.get_by_text("Nothing is counted until you have seen what changed")).to_be_visible()
    assert held(page) == 0
    page.get_by_role("button", name="again").click()
    expect(page.get_by_role("region", name="The charter has opened")).to_be_visible()


def test_a_consent_has_its_receipt_and_ends_by_one_press(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open("/p/square/feel")
    give(page)
    assert held(page) == 1
    page.goto(visitor.url + "/me")
    consents = page.get_by_role("region", name="Your consents")
    expect(consents).to_contain_text("To version 1")
    with page.expect_download() as downloading:
        consents.get_by_role("button", name="Take the receipt along").click()
    file = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(file)
    graph = rdflib.Graph().parse(data=file.read_text(), format="json-ld")
    receipt = graph.value(predicate=RDF.type, object=DPV.ConsentReceipt)
    record = graph.value(receipt, DPV.hasRecordOfActivity)
    status = graph.value(record, DPV.hasConsentStatus)
    assert DPV.ConsentGiven in set(graph.objects(status, RDF.type))
    assert graph.value(receipt, DCTERMS.created) is not None
    assert str(graph.value(receipt, DCTERMS.conformsTo)) == "https://w3id.org/dpv/schema/dpv-27560#receipt"
    assert graph.value(record, DPV.hasDataSubject) is not None
    assert str(graph.value(record, NEXUS.reach)) == "city"

    consents.get_by_role("button", name="Withdraw").click()
    expect(consents).to_contain_text("Nothing goes to The Square any more")
    expect(consents).to_contain_text("Withdrawn")
    assert held(page) == 0
    page.goto(visitor.url + "/p/square/feel")
    expect(page.get_by_role("radio", name="Only me")).to_be_checked()
    expect(page.get_by_role("radio", name="Place and city")).to_be_disabled()


def test_a_place_talks_decides_and_is_changed_when_the_clock_says_so(open_town: OpenTown, visitor: Visitor) -> None:
    amend(open_town, consent=ConsentRule(quorum=3, days=1))
    page = visitor.open("/p/square/charter")
    page.get_by_text("Propose a change", exact=True).click()
    page.get_by_label("What shall change").select_option("words")
    page.get_by_label("Why, in one sentence").fill("Words say too much about who stands here.")
    page.get_by_role("button", name="Propose it").click()
    card = page.get_by_role("article")
    expect(card).to_contain_text("Words say too much about who stands here.")
    card.get_by_role("button", name="I am for it").click()
    expect(card.get_by_role("button", name="I am for it")).to_have_attribute("aria-pressed", "true")
    card.get_by_text("What people say about it").click()
    card.get_by_label("Say something about it").fill("I agree with myself.")
    card.get_by_role("button", name="Say it").click()
    expect(card).to_contain_text("I agree with myself.")
    open_town.run(_two_more(open_town))
    open_town.clock.advance(DAY_S)
    open_town.run(open_town.nexus.charters.proposals.close_due())
    page.reload()
    expect(page.get_by_role("article")).to_contain_text("3 for it, 0 against, 0 left it to the others.")
    expect(page.get_by_role("heading", name="Version 3 stricter")).to_be_visible()


async def _two_more(town: OpenTown) -> None:
    (proposal,) = await town.nexus.charters.proposals.at("square")
    await asyncio.gather(
        *(town.nexus.charters.proposals.vote("square", proposal.id, bytes([each]) * 16, "consent") for each in (1, 2))
    )
