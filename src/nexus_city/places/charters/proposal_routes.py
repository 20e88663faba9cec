"""Proposals over HTTP: reading is for everybody, taking part is for devices, ending one early for architects."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.ground import iso
from nexus_city.ground.web import Endpoint, json_response, read_json
from nexus_city.places.charters.charters import Charters
from nexus_city.places.charters.comparison import compare, differences
from nexus_city.places.charters.model import (
    Change,
    Changes,
    Choice,
    Comment,
    Direction,
    Proposal,
    Remark,
    Sentence,
    Tally,
    Verdict,
    amended,
)
from nexus_city.places.charters.proposals import Proposals
from nexus_city.places.model import City, ConsentRule

Pass = Annotated[str, msgspec.Meta(max_length=120)] | None


class ProposalWish(msgspec.Struct, forbid_unknown_fields=True):
    """A change to the charter, and one sentence that says why."""

    changes: Changes
    sentence: Sentence
    presence_pass: Pass = msgspec.field(default=None, name="pass")


class CommentWish(msgspec.Struct, forbid_unknown_fields=True):
    """Something to say about a proposal."""

    text: Remark
    presence_pass: Pass = msgspec.field(default=None, name="pass")


class VoteWish(msgspec.Struct, forbid_unknown_fields=True):
    """What a device has to say to a proposal; the last one counts."""

    choice: Choice
    presence_pass: Pass = msgspec.field(default=None, name="pass")


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Why an architect does it; it stays to be read."""

    why: Sentence


class ProposalFacts(msgspec.Struct):
    """A proposal as anybody may see it."""

    id: str
    place: str
    sentence: str
    base: int
    direction: Direction
    changes: Sequence[Change]
    rule: ConsentRule
    opened_at: str
    closes_at: str
    verdict: Verdict
    why: str | None
    tally: Tally | None


class ProposalList(msgspec.Struct):
    """All proposals of a place, the newest first."""

    proposals: list[ProposalFacts]


class Discussion(msgspec.Struct):
    """A proposal and what was said about it."""

    proposal: ProposalFacts
    comments: list[Comment]


class ProposalRoutes:
    """Answers about proposals.

    `device` returns the device of a request and slows it down; `present` raises unless a pass is good for a device at a
    place; `architect` names the signed-in architect, or raises.
    """

    def __init__(
        self,
        proposals: Proposals,
        charters: Charters,
        city: Callable[[], City],
        device: Callable[[Request], bytes],
        present: Callable[[str, str, bytes], None],
        architect: Callable[[Request], Awaitable[str]],
    ) -> None:
        self._proposals = proposals
        self._charters = charters
        self._city = city
        self._device = device
        self._present = present
        self._architect = architect

    async def list(self, request: Request) -> Response:
        """List the proposals of a place."""
        found = await self._proposals.at(request.path_params["id"])
        return json_response(ProposalList([self._facts(each) for each in found]))

    async def one(self, request: Request) -> Response:
        """Show a proposal with its comments."""
        proposal, comments = await self._proposals.one(*_address(request))
        return json_response(Discussion(self._facts(proposal), comments))

    async def propose(self, request: Request) -> Response:
        """Make a proposal."""
        place_id = request.path_params["id"]
        device = self._device(request)
        wish = await read_json(request, ProposalWish)
        self._check_presence(place_id, wish.presence_pass, device)
        made = await self._proposals.open(place_id, device, wish.changes, wish.sentence)
        return json_response(self._facts(made), 201)

    async def comment(self, request: Request) -> Response:
        """Say something about a proposal."""
        place_id, proposal = _address(request)
        device = self._device(request)
        wish = await read_json(request, CommentWish)
        self._check_presence(place_id, wish.presence_pass, device)
        return json_response(await self._proposals.comment(place_id, proposal, device, wish.text), 201)

    async def vote(self, request: Request) -> Response:
        """Give a vote, or change it."""
        place_id, proposal = _address(request)
        device = self._device(request)
        wish = await read_json(request, VoteWish)
        self._check_presence(place_id, wish.presence_pass, device)
        await self._proposals.vote(place_id, proposal, device, wish.choice)
        return Response(status_code=204)

    async def take_back(self, request: Request) -> Response:
        """Take a vote back."""
        await self._proposals.vote(*_address(request), self._device(request), None)
        return Response(status_code=204)

    async def veto(self, request: Request) -> Response:
        """End a proposal, with a reason."""
        await self._architect(request)
        reason = await read_json(request, Reason)
        return json_response(self._facts(await self._proposals.veto(*_address(request), reason.why)))

    async def hide(self, request: Request) -> Response:
        """Take a comment away, with a reason."""
        await self._architect(request)
        reason = await read_json(request, Reason)
        number = request.path_params["comment"]
        await self._proposals.hide(*_address(request), int(number) if number.isdecimal() else 0, reason.why)
        return Response(status_code=204)

    def _check_presence(self, place_id: str, presence_pass: str | None, device: bytes) -> None:
        place = self._city()[place_id]
        if place.presence == "required":
            self._present(place.id, presence_pass or "", device)

    def _facts(self, proposal: Proposal) -> ProposalFacts:
        """Tell a proposal, and what it would change in the version on which it was made."""
        base = self._charters.versions(proposal.place)[proposal.base - 1].terms
        after = amended(base, proposal.changes)
        return ProposalFacts(
            id=proposal.id,
            place=proposal.place,
            sentence=proposal.sentence,
            base=proposal.base,
            direction=compare(base, after),
            changes=differences(base, after),
            rule=proposal.rule,
            opened_at=iso(proposal.opened_s),
            closes_at=iso(proposal.closes_s),
            verdict=proposal.verdict,
            why=proposal.why,
            tally=proposal.tally,
        )

    def endpoints(self) -> Sequence[Endpoint]:
        """List these doors."""
        every = "/v1/places/{id}/charter/proposals"
        one = every + "/{proposal}"
        said = one + "/comments"
        made = {201: ProposalFacts}
        return [
            Endpoint("GET", every, self.list, "What was proposed here", {200: ProposalList}),
            Endpoint("POST", every, self.propose, "Propose a change", made, ProposalWish, "device"),
            Endpoint("GET", one, self.one, "A proposal and what was said", {200: Discussion}),
            Endpoint("POST", said, self.comment, "Say something about it", {201: Comment}, CommentWish, "device"),
            Endpoint("PUT", f"{one}/vote", self.vote, "Give it a vote", {204: None}, VoteWish, "device"),
            Endpoint("DELETE", f"{one}/vote", self.take_back, "Take the vote back", {204: None}, None, "device"),
            Endpoint(
                "POST",
                f"{one}/veto",
                self.veto,
                "End it, saying why",
                {200: ProposalFacts},
                Reason,
                "session",
                act="charter.veto",
            ),
            Endpoint(
                "POST",
                said + "/{comment}/hiding",
                self.hide,
                "Hide it, saying why",
                {204: None},
                Reason,
                "session",
                act="comment.hide",
            ),
        ]


def _address(request: Request) -> tuple[str, str]:
    return request.path_params["id"], request.path_params["proposal"]
