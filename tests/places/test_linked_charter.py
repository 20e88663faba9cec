"""Charters and consent notices for machines: real JSON-LD, real terms, and the fields that the standard asks for."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import rdflib
import rdflib.compare
from rdflib.namespace import DCTERMS, RDF
from tests.conftest import SMALL_CITY, Town

from nexus_city.places.charters import Changes

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib warns of itself
DPV = rdflib.Namespace("https://w3id.org/dpv#")
PD = rdflib.Namespace("https://w3id.org/dpv/pd#")
ODRL = rdflib.Namespace("http://www.w3.org/ns/odrl/2/")
DPV_WORDS = """
    Aggregate Anonymise Collect ConsentNotice ConsentRecord DataController DataSubjectDataSource DataSubjectRight
    DifferentialPrivacy Disclose Erase ExplicitlyExpressedConsent Infer Jurisdiction Optional Process Profiling
    ProvideConsent Pseudonymise Purpose Service SpecialCategoryPersonalData StorageDeletion StorageDuration
    StorageLocation WithdrawConsent hasAddress hasConsentControl hasContact hasDataController hasDataSource hasDuration
    hasIdentifier hasJurisdiction hasLegalBasis hasLocation hasName hasNecessity hasNotice hasPersonalData hasProcess
    hasProcessing hasPurpose hasRecipient hasRight hasService hasStorageCondition hasTechnicalMeasure
    isExercisedAt
"""
DPV_TERMS = frozenset(DPV_WORDS.split())
"""Terms that we use; each stands in DPV 2.3 (`dpv/dpv.ttl` of w3c/dpv)."""
PD_TERMS = frozenset({"Mood", "Emotion"})
ODRL_WORDS = """
    Constraint Set action assignee constraint count duty eq gteq isAnyOf leftOperand lteq operator permission
    prohibition recipient resolution rightOperand target timeInterval uid
"""
ODRL_TERMS = frozenset(ODRL_WORDS.split())
"""Those of ODRL 2.2."""


async def graph_of(town: Town, path: str, **headers: str) -> tuple[rdflib.Graph, httpx.Response]:
    answer = await town.client.get(path, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/ld+json"
    return rdflib.Graph().parse(data=answer.text, format="json-ld"), answer


def used(graph: rdflib.Graph, space: rdflib.Namespace) -> set[str]:
    """Return the names of a vocabulary that a graph uses."""
    terms = {term for triple in graph for term in triple if isinstance(term, rdflib.URIRef)}
    return {term.removeprefix(str(space)) for term in terms if term.startswith(str(space))}


@pytest.mark.parametrize("path", ["/p/square/charter.json", "/v1/places/square/consent-notice"])
async def test_it_is_read_as_triples_without_asking_anybody(town: Town, path: str, monkeypatch: Any) -> None:
    def nobody(*_: Any, **__: Any) -> None:
        raise AssertionError("a document of ours sends its reader elsewhere")

    monkeypatch.setattr("urllib.request.urlopen", nobody)
    graph, _ = await graph_of(town, path)
    assert len(graph) > 30
    assert used(graph, DPV) <= DPV_TERMS
    assert used(graph, PD) <= PD_TERMS
    assert used(graph, ODRL) <= ODRL_TERMS


async def test_the_charter_door_speaks_json_ld_when_asked(town: Town) -> None:
    asked, _ = await graph_of(town, "/v1/places/square/charter", accept="application/ld+json")
    own, _ = await graph_of(town, "/p/square/charter.json")
    assert rdflib.compare.isomorphic(asked, own)


async def test_the_policy_says_what_may_be_done_and_what_may_not(town: Town) -> None:
    graph, _ = await graph_of(town, "/p/square/charter.json")
    policy = graph.value(predicate=RDF.type, object=ODRL.Set)
    assert str(policy) == "http://city.test/p/square/charter#1"
    permission, prohibition = graph.value(policy, ODRL.permission), graph.value(policy, ODRL.prohibition)
    assert set(graph.objects(prohibition, ODRL.action)) == {DPV.Infer, DPV.Profiling, DPV.Disclose}
    target = graph.value(permission, ODRL.target)
    assert PD.Mood in set(graph.objects(target, RDF.type))
    limits = {graph.value(each, ODRL.leftOperand): each for each in graph.objects(permission, ODRL.constraint)}
    right = {name: graph.value(each, ODRL.rightOperand) for name, each in limits.items()}
    assert right[ODRL.resolution] == rdflib.Literal(8)
    assert str(right[ODRL.timeInterval]) == "PT15M"  # as rdflib writes 900 s


async def test_the_notice_has_every_field_that_a_record_needs_but_the_person_s(town: Town) -> None:
    """ISO/IEC TS 27560:2023, mandatory fields of 6.3.3 to 6.3.6 in the words of DPV; the event is the phone's."""
    graph, _ = await graph_of(town, "/v1/places/square/consent-notice")
    record = graph.value(predicate=RDF.type, object=DPV.ConsentRecord)
    process = graph.value(record, DPV.hasProcess)
    controller = graph.value(record, DPV.hasDataController)
    for subject, fields in (
        (record, (DCTERMS.conformsTo, DPV.hasNotice, DPV.hasJurisdiction, DPV.hasConsentControl, DPV.hasRight)),
        (
            process,
            (DPV.hasPurpose, DPV.hasPersonalData, DPV.hasStorageCondition, DPV.hasRecipient, DPV.hasDataController),
        ),
        (controller, (DPV.hasName, DPV.hasIdentifier, DPV.hasAddress, DPV.hasContact)),
    ):
        for field in fields:
            assert graph.value(subject, field) is not None, field
    kinds = {graph.value(each, RDF.type) for each in graph.objects(process, DPV.hasStorageCondition)}
    assert kinds == {DPV.StorageDuration, DPV.StorageDeletion, DPV.StorageLocation}
    assert graph.value(record, DPV.hasDataSubject) is None
    assert graph.value(record, DPV.hasConsentStatus) is None


async def test_words_that_are_not_counted_are_not_in_the_notice(town: Town) -> None:
    await town.nexus.charters.charters.amend("square", Changes(words=False))
    graph, _ = await graph_of(town, "/v1/places/square/consent-notice")
    assert "Emotion" not in used(graph, PD)


async def test_research_is_a_second_thing_to_agree_to(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    plain, researching = Town(tmp_path / "a"), Town(tmp_path / "b", city=f"research = 0.1\n{SMALL_CITY}")
    purposes = []
    for town in (plain, researching):
        graph, _ = await graph_of(town, "/v1/places/square/consent-notice")
        purposes.append({str(each).rsplit(":", 1)[-1] for each in graph.objects(None, DPV.hasPurpose)})
        told = (await town.client.get("/v1/places/square/charter")).json()
        assert told["city"]["research"] == (0.1 if town is researching else 0)
        await town.close()
    assert purposes == [{"climate"}, {"climate", "research"}]
