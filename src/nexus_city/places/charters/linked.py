"""A charter for machines: JSON-LD in the words of ODRL (what may be done) and DPV (with which data, why, how long).

Everything a reader needs stands in the document: its `@context` is spelled out, so nothing is fetched. Terms are those
of W3C's Data Privacy Vocabulary 2.3, its extension for kinds of personal data (`pd`), and the ODRL 2.2 vocabulary.

`consent_notice` is the notice and the record of consent of ISO/IEC TS 27560:2023 in the profile `dpv-27560`, with
everything in it but who, when and how: that, only the phone knows, and it fills it in there.
"""

from typing import Any

from nexus_city.ground import iso
from nexus_city.places.charters.model import Version
from nexus_city.places.model import City, Place

Linked = dict[str, Any]

RECORD_PROFILE = "dpv27560:record"
CONTEXT: Linked = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "dpv27560": "https://w3id.org/dpv/schema/dpv-27560#",
    "nexus": "urn:nexus-city:terms:",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "pd": "https://w3id.org/dpv/pd#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{
        name: {"@type": "@id"}
        for name in (
            "dct:conformsTo",
            "dpv:hasDataSource",
            "dpv:hasLegalBasis",
            "dpv:hasLocation",
            "dpv:hasNecessity",
            "dpv:hasProcessing",
            "dpv:isExercisedAt",
            "odrl:action",
            "odrl:leftOperand",
            "odrl:operator",
        )
    },
    **{name: {"@type": "xsd:dateTime"} for name in ("dct:created", "dct:issued", "dpv:isIndicatedAtTime")},
    "dpv:hasDuration": {"@type": "xsd:duration"},
}
_PRINTS = "P2D"
_LEVELS = {"place": "this place", "district": "everything above it but the city", "city": "the city as well"}
_PURPOSE: Linked = {
    "@id": "nexus:climate",
    "@type": "dpv:Purpose",
    "dct:description": "That a place may show how the people in it feel, as numbers that hide each of them",
}
_RESEARCH: Linked = {
    "@id": "nexus:research",
    "@type": "dpv:Purpose",
    "dct:description": "That anybody may study one table of moods a day, with noise that hides each person",
}
_LEGAL_BASIS = "dpv:ExplicitlyExpressedConsent"


def charter(city: City, place: Place, version: Version, base: str) -> Linked:
    """Return a version of a charter as an ODRL policy; `base` is the city's address without a slash at its end."""
    page = f"{base}/p/{place.id}/charter"
    target = _mood(page)
    controller = _controller(city, base)
    permission = {
        "odrl:target": target,
        "odrl:assignee": {"@id": controller["@id"]},
        "odrl:action": ["dpv:Collect", "dpv:Pseudonymise", "dpv:Aggregate"],
        "dpv:hasPurpose": _PURPOSE,
        "dpv:hasLegalBasis": _LEGAL_BASIS,
        "odrl:constraint": _constraints(city, version),
        "odrl:duty": [
            {"odrl:action": "dpv:Anonymise"},
            {"odrl:action": "dpv:Erase", "dpv:hasStorageCondition": _kept()},
        ],
    }
    prohibition = {
        "odrl:target": target,
        "odrl:assignee": {"@id": controller["@id"]},
        "odrl:action": ["dpv:Infer", "dpv:Profiling", "dpv:Disclose"],
    }
    return {
        "@context": CONTEXT,
        "@id": f"{page}#{version.number}",
        "@type": "odrl:Set",
        "odrl:uid": {"@id": f"{page}#{version.number}"},
        "dct:title": f"Charter of {place.name}",
        "dct:hasVersion": str(version.number),
        "dct:issued": iso(version.at_s),
        **({"dct:replaces": {"@id": f"{page}#{version.number - 1}"}} if version.number > 1 else {}),
        "dpv:hasDataController": controller,
        "odrl:permission": permission,
        "odrl:prohibition": prohibition,
    }


def consent_notice(city: City, place: Place, version: Version, base: str) -> Linked:
    """Return the record of a consent under this version, without who gave it, when, and to whom it may travel."""
    page = f"{base}/p/{place.id}/charter"
    controller = _controller(city, base)
    process = {
        "@type": "dpv:Process",
        "dpv:hasService": {"@type": "dpv:Service", "dct:title": place.name},
        "dpv:hasPurpose": _PURPOSE,
        "dpv:hasLegalBasis": _LEGAL_BASIS,
        "dpv:hasPersonalData": [_mood(page), *([_words(page)] if version.terms.words else [])],
        "dpv:hasProcessing": ["dpv:Collect", "dpv:Pseudonymise", "dpv:Aggregate", "dpv:Anonymise", "dpv:Erase"],
        "dpv:hasTechnicalMeasure": _noise(city),
        "dpv:hasDataSource": "dpv:DataSubjectDataSource",
        "dpv:hasStorageCondition": [*_kept(), {"@type": "dpv:StorageLocation", "dpv:hasLocation": controller["@id"]}],
        "dpv:hasDataController": {"@id": controller["@id"]},
        "dpv:hasRecipient": {"@id": controller["@id"]},
    }
    return {
        "@context": CONTEXT,
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": RECORD_PROFILE,
        "dpv:hasNotice": {
            "@id": f"{page}#{version.number}",
            "@type": "dpv:ConsentNotice",
            "dct:issued": iso(version.at_s),
            "dct:hasVersion": str(version.number),
        },
        "dpv:hasDataController": controller,
        "dpv:hasJurisdiction": {"@type": "dpv:Jurisdiction", "dct:title": f"Where the host of {city.root.name} sits"},
        "dpv:hasConsentControl": {
            "@type": ["dpv:ProvideConsent", "dpv:WithdrawConsent"],
            "dpv:isExercisedAt": page,
        },
        "dpv:hasRight": [
            _right("Take back what was given, while its window is open", f"{base}/me"),
            _right("Say no, wholly or in part, and be served the same", page),
            _right("Propose another charter", page),
        ],
        "dpv:hasProcess": [process, _research(process)] if city.budget.moments_share else process,
    }


def _research(climate: Linked) -> Linked:
    """Return the second thing a person may agree to, apart from the first: to be in the day table for research."""
    return {
        **climate,
        "dpv:hasPurpose": _RESEARCH,
        "dpv:hasPersonalData": [{**climate["dpv:hasPersonalData"][0]}],
        "dpv:hasNecessity": "dpv:Optional",
    }


def _controller(city: City, base: str) -> Linked:
    """Return who answers for the city; where the host has not said so, the city's own address stands in."""
    operator = city.operator
    return {
        "@id": f"{base}/",
        "@type": "dpv:DataController",
        "dpv:hasIdentifier": f"{base}/",
        "dpv:hasName": operator.name or city.root.name,
        "dpv:hasAddress": operator.address or f"{base}/",
        "dpv:hasContact": operator.contact or f"{base}/",
    }


def _mood(page: str) -> Linked:
    return {
        "@id": f"{page}#check-in",
        "@type": ["pd:Mood", "dpv:SpecialCategoryPersonalData"],
        "dct:description": "One of 64 areas of the plane of moods, as the person says; nothing is measured or inferred",
        "dpv:hasNecessity": "dpv:Optional",
    }


def _words(page: str) -> Linked:
    return {
        "@id": f"{page}#words",
        "@type": ["pd:Emotion", "dpv:SpecialCategoryPersonalData"],
        "dct:description": "Up to three words of a public list, counted once a day for the city only",
        "dpv:hasNecessity": "dpv:Optional",
    }


def _noise(city: City) -> Linked:
    return {
        "@type": "dpv:DifferentialPrivacy",
        "dct:description": "Discrete Laplace noise on whole numbers, drawn before the data is touched, used once",
        "nexus:epsilonOfADay": float(city.budget.epsilon),
        "nexus:countedADay": city.budget.m,
    }


def _kept() -> list[Linked]:
    return [
        {
            "@type": "dpv:StorageDuration",
            "dpv:hasDuration": "P1D",
            "dct:description": "A check-in, under a name of one day: until the person-day ends at 04:00",
        },
        {
            "@type": "dpv:StorageDeletion",
            "dpv:hasDuration": _PRINTS,
            "dct:description": "The fingerprint of its key, from which no feeling can be read: one day longer",
        },
    ]


def _constraints(city: City, version: Version) -> list[Linked]:
    terms = version.terms
    limits: list[tuple[str, str, Any]] = [
        ("odrl:timeInterval", "odrl:gteq", {"@type": "xsd:duration", "@value": f"PT{terms.fastest_s}S"}),
        ("odrl:resolution", "odrl:lteq", terms.finest_grid),
        ("odrl:recipient", "odrl:isAnyOf", [_LEVELS[each] for each in terms.audiences]),
        ("odrl:count", "odrl:lteq", city.budget.m),
        ("nexus:epsilonOfADay", "odrl:lteq", float(city.budget.epsilon)),
        ("nexus:setting", "odrl:eq", terms.setting),
        ("nexus:presence", "odrl:eq", terms.presence),
        ("nexus:words", "odrl:eq", terms.words),
        ("nexus:live", "odrl:eq", terms.live),
        ("nexus:light", "odrl:eq", terms.policy),
    ]
    return [
        {"@type": "odrl:Constraint", "odrl:leftOperand": left, "odrl:operator": operator, "odrl:rightOperand": right}
        for left, operator, right in limits
    ]


def _right(title: str, at: str) -> Linked:
    return {"@type": "dpv:DataSubjectRight", "dct:title": title, "dpv:isExercisedAt": at}
