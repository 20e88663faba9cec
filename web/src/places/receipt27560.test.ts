/** The fields of a consent record and receipt that ISO/IEC TS 27560:2023 makes mandatory, in the words of DPV. */
import { describe, expect, test } from "vitest";

import { memoryShelf } from "../ground/phone";
import { Consents } from "./consents";
import { holds, receiptOf, RECEIPT_PROFILE, type Consent, type Linked } from "./receipt27560";

const ID = "0b9ad93e-5d5e-4f62-8e43-9c6d0f3f0c11";
const CONTROLLER = { "@id": "https://city.test/", "dpv:hasName": "The City", "dpv:hasIdentifier": "https://city.test/", "dpv:hasAddress": "1 Quay", "dpv:hasContact": "a@city.test" };
/** As `GET …/consent-notice` answers it; `tests/places/test_linked_charter.py` holds the server to its part of the list. */
const NOTICE: Linked = {
  "@context": { dpv: "https://w3id.org/dpv#" },
  "@type": "dpv:ConsentRecord",
  "dct:conformsTo": "dpv27560:record",
  "dpv:hasNotice": { "@id": "https://city.test/p/square/charter#2", "@type": "dpv:ConsentNotice" },
  "dpv:hasDataController": CONTROLLER,
  "dpv:hasJurisdiction": {}, "dpv:hasConsentControl": {}, "dpv:hasRight": [], "dpv:hasProcess": {},
};
const CONSENT: Consent = {
  id: ID, place: "square", placeName: "The Square", version: 2, notice: NOTICE,
  events: [{ state: "given", at: Date.UTC(2026, 10, 24, 9), language: "de", reach: "city" }],
};
const api = { consentNotice: () => Promise.resolve(NOTICE) };
const SQUARE = { id: "square", name: "The Square" };

function record(receipt: Linked): Linked {
  return receipt["dpv:hasRecordOfActivity"] as Linked;
}

describe("a receipt", () => {
  const receipt = receiptOf(CONSENT, Date.UTC(2026, 10, 25), () => "11111111-1111-4111-8111-111111111111");

  test("has its schema, its own identifier and its time", () => {
    expect(receipt).toMatchObject({
      "@type": "dpv:ConsentReceipt", "dct:conformsTo": RECEIPT_PROFILE, "dct:identifier": "11111111-1111-4111-8111-111111111111",
      "dpv:hasIdentifier": "11111111-1111-4111-8111-111111111111", "dct:created": "2026-11-25T00:00:00.000Z", "@context": NOTICE["@context"],
    });
  });

  test.each([
    "@type", "dct:conformsTo", "dct:identifier", "dpv:hasIdentifier", "dpv:hasDataSubject", "dpv:hasNotice", "dpv:hasDataController",
    "dpv:hasJurisdiction", "dpv:hasConsentControl", "dpv:hasRight", "dpv:hasProcess", "dpv:hasConsentStatus",
  ])("carries a record with %s", (field) => {
    expect(record(receipt)[field]).toBeDefined();
  });

  test.each(["@type", "dpv:isIndicatedAtTime", "dpv:isIndicatedBy", "dpv:hasIndicationMethod", "dpv:hasDuration"])("tells each event's %s", (field) => {
    const [event] = record(receipt)["dpv:hasConsentStatus"] as Linked[];
    expect(event?.[field]).toBeDefined();
  });

  test("says in which language the notice was read, and that consent was explicit", () => {
    expect(record(receipt)["dpv:hasNotice"]).toMatchObject({ "dct:language": ["de"] });
    expect((record(receipt)["dpv:hasConsentStatus"] as Linked[])[0]?.["@type"]).toEqual(["dpv:ConsentGiven", "dpv:ExplicitlyExpressedConsent"]);
  });

  test("names nobody: its person is a name for this record alone", () => {
    expect(record(receipt)["dpv:hasDataSubject"]).toEqual({ "@id": `urn:uuid:${ID}#person`, "@type": "dpv:DataSubject", "dct:identifier": `${ID}#person` });
  });
});

describe("the consents of a phone", () => {
  test("one is made by giving, renewed under another charter or a further reach, and ended by withdrawing", async () => {
    let now = 1000;
    const consents = new Consents(memoryShelf<string>(), () => now++, () => ID);
    await consents.given(api, SQUARE, 1, "place");
    await consents.given(api, SQUARE, 1, "place");
    await consents.given(api, SQUARE, 1, "city");
    await consents.given(api, SQUARE, 2, "city");
    await consents.withdrawn("square");
    await consents.withdrawn("square");
    const ended = await consents.at("square");
    expect(ended?.events.map(({ state }) => state)).toEqual(["given", "renewed", "renewed", "withdrawn"]);
    expect(ended && holds(ended)).toBe(false);
    await consents.given(api, SQUARE, 2, "city");
    const again = await consents.at("square");
    expect([again?.id, again?.version, again?.events.at(-1)?.state]).toEqual([ID, 2, "given"]);
    expect(again && holds(again)).toBe(true);
  });

  test("what else lies on the shelf is no consent", async () => {
    const keep = memoryShelf<string>();
    await keep.put("token", "abc");
    await keep.put("pass:square", '{"pass":"x","expires_at":1}');
    await keep.put("charter:square", "3");
    const consents = new Consents(keep, () => 5, () => ID);
    expect(await consents.all()).toEqual([]);
    await consents.given(api, SQUARE, 1, "place");
    expect((await consents.all()).map(({ place }) => place)).toEqual(["square"]);
  });

  test("nothing is written where the notice cannot be had", async () => {
    const consents = new Consents(memoryShelf<string>());
    const away = { consentNotice: () => Promise.reject(new Error("away")) };
    await expect(consents.given(away, SQUARE, 1, "place")).rejects.toThrow("away");
    expect(await consents.all()).toEqual([]);
  });
});
