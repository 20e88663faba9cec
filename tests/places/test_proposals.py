"""A community changes its charter: one device one vote, by the declared rule, on the city's clock."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SMALL_CITY
from tests.places.charter_terms import RULES
from tests.places.test_charters import OFFICE, Hall

from nexus_city.ground.errors import BadInput, Conflict, NotFound, TooMany
from nexus_city.places.charters import Changes
from nexus_city.places.charters.model import Choice, Proposal, Tally, decide
from nexus_city.places.charters.proposals import OPEN_AT_ONCE, REMARKS_A_DAY, Proposals
from nexus_city.places.model import ConsentRule

DAY_S = 24 * 3600
QUICK = "[place.consent]\nshare = 0.66\nquorum = 3\ndays = 2\n"
TOWN = SMALL_CITY + OFFICE + QUICK
HERE_ONLY = Changes(audiences=("place",))


class Agora(Hall):
    """A hall whose people make proposals."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, TOWN)
        self.proposals = Proposals(self.database, self.clock, lambda: self.city, self.charters)

    async def votes(self, proposal: Proposal, **counts: int) -> None:
        """Give so many votes of each kind, each from a device of its own."""
        choices: dict[str, Choice] = {"consent": "consent", "aside": "aside", "object": "object"}
        for name, count in counts.items():
            for each in range(count):
                await self.proposals.vote(proposal.place, proposal.id, person(each, name), choices[name])

    async def wait(self, days: float) -> None:
        """Let city time pass, and the clock do its work."""
        self.clock.advance(days * DAY_S)
        await self.proposals.close_due()

    async def now(self, proposal: Proposal) -> Proposal:
        """Return the proposal as it stands."""
        found, _ = await self.proposals.one(proposal.place, proposal.id)
        return found

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """Return the rows of a table."""
        with sqlite3.connect(self.database.folder / "nexus.sqlite3") as connection:
            return connection.execute(f"select * from {table}").fetchall()  # noqa: S608 - a table of ours


def person(number: int, kind: str = "device") -> bytes:
    return f"{kind}{number}".encode().ljust(16, b".")


@pytest.fixture
def agora(tmp_path: Path) -> Any:
    made = Agora(tmp_path)
    yield made
    made.database.close()


async def opened(agora: Agora, changes: Changes = Changes(setting="public"), place: str = "office") -> Proposal:  # noqa: B008 - frozen
    return await agora.proposals.open(place, person(0), changes, "So that we can breathe.")


# --- making one ------------------------------------------------------------------------------------------------------


async def test_a_proposal_takes_the_rule_that_is_in_force(agora: Agora) -> None:
    made = await opened(agora)
    assert (made.verdict, made.base, made.rule) == ("open", 1, ConsentRule(share=0.66, quorum=3, days=2))
    assert made.closes_s - made.opened_s == 2 * DAY_S
    assert await agora.now(made) == made
    assert [each.id for each in await agora.proposals.at("office")] == [made.id]


async def test_what_would_change_nothing_is_no_proposal(agora: Agora) -> None:
    for changes in (Changes(), Changes(setting="work")):
        with pytest.raises(BadInput) as refused:
            await opened(agora, changes)
        assert refused.value.field == "changes"


async def test_what_the_setting_forbids_cannot_be_proposed(agora: Agora) -> None:
    with pytest.raises(BadInput) as refused:
        await opened(agora, Changes(live="continual"))
    assert refused.value.field == "live"


async def test_a_device_has_one_open_proposal_at_a_place(agora: Agora) -> None:
    made = await opened(agora)
    with pytest.raises(TooMany):
        await opened(agora, Changes(words=False))
    await opened(agora, Changes(words=False), "square")
    await agora.wait(2)
    assert (await agora.now(made)).verdict == "declined"
    await opened(agora, Changes(words=False))


async def test_a_place_has_few_open_proposals(agora: Agora) -> None:
    for number in range(OPEN_AT_ONCE):
        await agora.proposals.open("office", person(number), Changes(expected_crowd=number + 1), "A figure.")
    with pytest.raises(TooMany):
        await agora.proposals.open("office", person(99), HERE_ONLY, "One more.")


# --- votes ----------------------------------------------------------------------------------------------------------


async def test_enough_consent_makes_a_version_when_the_clock_says_so(agora: Agora) -> None:
    made = await opened(agora)
    await agora.votes(made, consent=2, object=1)
    await agora.wait(1.99)
    assert agora.charters.number("office") == 1
    await agora.wait(0.01)
    closed = await agora.now(made)
    assert (closed.verdict, closed.tally) == ("adopted", Tally(2, 0, 1))
    version = agora.charters.version("office")
    assert (version.number, version.author, version.why, version.proposal) == (
        2,
        "community",
        "So that we can breathe.",
        made.id,
    )
    assert agora.city["office"].setting == "public"


async def test_an_adopted_looser_charter_still_asks_each_person(agora: Agora) -> None:
    made = await opened(agora)
    await agora.votes(made, consent=3)
    await agora.wait(2)
    assert agora.charters.refuses("office", None)
    assert not agora.charters.refuses("office", 2)


async def test_one_device_is_one_vote_and_its_last_word_counts(agora: Agora) -> None:
    made = await opened(agora)
    await agora.votes(made, consent=3)
    for choice in ("consent", "aside", "object"):
        await agora.proposals.vote("office", made.id, person(0, "consent"), choice)
    await agora.proposals.vote("office", made.id, person(1, "consent"), None)
    await agora.wait(2)
    assert (await agora.now(made)).tally == Tally(1, 0, 1)


async def test_nobody_is_told_how_the_votes_stand_before_the_close(agora: Agora) -> None:
    made = await opened(agora)
    before = await agora.now(made)
    await agora.votes(made, consent=7, object=2)
    assert await agora.now(made) == before


async def test_after_the_close_no_vote_is_taken(agora: Agora) -> None:
    made = await opened(agora)
    agora.clock.advance(2 * DAY_S)  # the clock has passed its end, and nobody has counted yet
    with pytest.raises(Conflict):
        await agora.votes(made, consent=1)
    with pytest.raises(Conflict):
        await agora.proposals.comment("office", made.id, person(1), "Too late.")
    await agora.proposals.close_due()
    with pytest.raises(Conflict):
        await agora.votes(made, consent=1)


async def test_the_city_s_clock_closes_by_itself(agora: Agora) -> None:
    made = await opened(agora)
    await agora.votes(made, consent=3)
    clockwork = asyncio.create_task(agora.proposals.run())
    for _ in range(4):
        await asyncio.sleep(0.05)
        agora.clock.advance(DAY_S)
    for _ in range(400):
        await asyncio.sleep(0.005)
        if (await agora.now(made)).verdict != "open":
            break
    assert (await agora.now(made)).verdict == "adopted"
    clockwork.cancel()


async def test_it_is_counted_once_however_many_look_at_the_clock(agora: Agora) -> None:
    made = await opened(agora)
    await agora.votes(made, consent=3)
    agora.clock.advance(2 * DAY_S)
    await asyncio.gather(*(agora.proposals.close_due() for _ in range(4)))
    assert (await agora.now(made)).tally == Tally(3, 0, 0)
    assert agora.charters.number("office") == 2


async def test_what_was_due_while_the_city_slept_is_closed_when_it_wakes(tmp_path: Path) -> None:
    agora = Agora(tmp_path)
    made = await opened(agora)
    await agora.votes(made, consent=4)
    agora.database.close()
    again = Agora(tmp_path)
    await again.wait(3)
    assert (await again.now(made)).verdict == "adopted"
    assert again.city["office"].setting == "public"
    again.database.close()


@given(RULES, st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_a_stricter_rule_never_adopts_what_a_looser_one_declines(
    rule: ConsentRule, consent: int, aside: int, against: int
) -> None:
    tally = Tally(consent, aside, against)
    if decide(rule, tally) == "declined":
        stricter = ConsentRule(min(1.0, rule.share + 0.1), rule.quorum + 1, rule.days, rule.objections)
        assert decide(stricter, tally) == "declined"
    if decide(rule, tally) == "adopted":
        assert consent >= rule.share * (consent + against) > 0
        assert tally.votes >= rule.quorum
        assert rule.objections is None or against <= rule.objections


def test_few_votes_or_many_objections_decline() -> None:
    assert decide(ConsentRule(quorum=12), Tally(11, 0, 0)) == "declined"
    assert decide(ConsentRule(quorum=12), Tally(11, 1, 0)) == "adopted"
    assert decide(ConsentRule(quorum=12), Tally(0, 12, 0)) == "declined"
    assert decide(ConsentRule(quorum=3, objections=0), Tally(99, 0, 1)) == "declined"


# --- what is forgotten -----------------------------------------------------------------------------------------------


async def test_votes_of_two_proposals_cannot_be_laid_side_by_side(agora: Agora) -> None:
    first = await opened(agora)
    second = await agora.proposals.open("office", person(1), HERE_ONLY, "Keep it here.")
    for each in (first, second):
        await agora.proposals.vote("office", each.id, person(7), "consent")
    prints = {row[1] for row in agora.rows("vote")}
    assert len(prints) == 2
    assert person(7) not in prints


async def test_keys_and_votes_are_destroyed_at_the_close(agora: Agora) -> None:
    made = await opened(agora)
    await agora.votes(made, consent=3)
    await agora.proposals.comment("office", made.id, person(1), "I like it.")
    secrets = [*(row[1] for row in agora.rows("vote")), *(row[1] for row in agora.rows("proposal_key"))]
    assert len(secrets) == 4
    await agora.wait(2)
    for table in ("vote", "proposal_key", "name_key"):
        assert agora.rows(table) == []
    on_disk = b"".join(path.read_bytes() for path in agora.database.folder.iterdir())
    assert not [each for each in secrets if each in on_disk]


# --- talking ---------------------------------------------------------------------------------------------------------


async def test_a_person_has_one_name_a_day_and_another_one_elsewhere_and_tomorrow(agora: Agora) -> None:
    made = await opened(agora)
    other = await opened(agora, HERE_ONLY, "square")
    say = agora.proposals.comment
    first = await say("office", made.id, person(1), "Why now?")
    again = await say("office", made.id, person(1), "And why us?")
    second = await say("office", made.id, person(2), "Because.")
    there = await say("square", other.id, person(1), "Here too?")
    agora.clock.advance(DAY_S)
    tomorrow = await say("office", made.id, person(1), "I have slept on it.")
    assert first.name == again.name
    assert len({first.name, second.name, there.name, tomorrow.name}) == 4
    _, comments = await agora.proposals.one("office", made.id)
    assert [each.text for each in comments] == ["Why now?", "And why us?", "Because.", "I have slept on it."]


async def test_the_key_of_a_day_s_names_is_gone_the_next_day(agora: Agora) -> None:
    made = await opened(agora)
    await agora.proposals.comment("office", made.id, person(1), "Why now?")
    assert len(agora.rows("name_key")) == 1
    await agora.wait(1)
    assert agora.rows("name_key") == []


async def test_nobody_talks_without_end(agora: Agora) -> None:
    made = await opened(agora)
    for number in range(REMARKS_A_DAY):
        await agora.proposals.comment("office", made.id, person(1), f"Remark {number}.")
    with pytest.raises(TooMany):
        await agora.proposals.comment("office", made.id, person(1), "And one more thing.")
    await agora.proposals.comment("office", made.id, person(2), "My turn.")


async def test_a_hidden_comment_is_gone_and_the_reason_stays(agora: Agora) -> None:
    made = await opened(agora)
    said = await agora.proposals.comment("office", made.id, person(1), "Somebody lives at 12 Quiet Lane.")
    await agora.proposals.hide("office", made.id, said.number, "It names where somebody lives.")
    _, (shown,) = await agora.proposals.one("office", made.id)
    assert (shown.text, shown.hidden_because, shown.name) == (None, "It names where somebody lives.", said.name)
    on_disk = b"".join(path.read_bytes() for path in agora.database.folder.iterdir())
    assert b"Quiet Lane" not in on_disk
    with pytest.raises(NotFound):
        await agora.proposals.hide("office", made.id, said.number, "Once more.")


# --- veto, and what changes meanwhile --------------------------------------------------------------------------------


async def test_a_veto_needs_its_reason_and_counts_nothing(agora: Agora) -> None:
    made = await opened(agora)
    await agora.votes(made, consent=9)
    await agora.proposals.veto("office", made.id, "The works council was not asked.")
    closed = await agora.now(made)
    assert (closed.verdict, closed.why, closed.tally) == ("vetoed", "The works council was not asked.", None)
    assert agora.rows("vote") == []
    await agora.wait(2)
    assert agora.charters.number("office") == 1
    with pytest.raises(Conflict):
        await agora.proposals.veto("office", made.id, "Again.")


async def test_what_an_architect_did_meanwhile_leaves_nothing_to_adopt(agora: Agora) -> None:
    made = await opened(agora, HERE_ONLY)
    await agora.charters.amend("office", HERE_ONLY)
    await agora.votes(made, consent=3)
    await agora.wait(2)
    assert ((await agora.now(made)).verdict, agora.charters.number("office")) == ("lapsed", 2)


async def test_a_proposal_changes_its_own_terms_and_leaves_the_rest(agora: Agora) -> None:
    made = await opened(agora, Changes(audiences=("place",)), "square")
    await agora.charters.amend("square", Changes(finest_grid=2))
    await agora.votes(made, consent=12)
    await agora.wait(7)
    square = agora.city["square"]
    assert (square.audiences, square.finest_grid) == (("place",), 2)


async def test_a_proposal_is_known_at_its_own_place_only(agora: Agora) -> None:
    made = await opened(agora)
    for place, proposal in (("square", made.id), ("office", "0" * 16)):
        with pytest.raises(NotFound):
            await agora.proposals.one(place, proposal)
        with pytest.raises(NotFound):
            await agora.proposals.vote(place, proposal, person(1), "consent")
