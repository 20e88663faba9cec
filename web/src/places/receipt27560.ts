/**
 * Consent receipts after ISO/IEC TS 27560:2023, in the words of W3C's DPV (profile `dpv-27560`), as JSON-LD. The city
 * says what a consent here is to; who gave it, when and how far it reaches is filled in on the phone and stays there. So
 * there is a record of every consent, and nobody but the person has it.
 */

/** In the prefixes of the city's notice. */
export const RECEIPT_PROFILE = "dpv27560:receipt";

export type Linked = Record<string, unknown>;

/** One turn in the life of a consent. */
export interface ConsentEvent {
  /** renewed: the same consent, to another version of the charter. */
  state: "given" | "renewed" | "withdrawn";
  /** Real time, Unix ms. */
  at: number;
  language: string;
  /** How far what is given may travel; for a withdrawal nothing. */
  reach?: "place" | "district" | "city";
}

/** A consent to one place's charter, from the first check-in until it is withdrawn. */
export interface Consent {
  /** UUID of the record. */
  id: string;
  place: string;
  placeName: string;
  /** Version of the charter. */
  version: number;
  /** The city's notice of that version. */
  notice: Linked;
  events: ConsentEvent[];
}

const STATES = { given: "dpv:ConsentGiven", renewed: "dpv:RenewedConsentGiven", withdrawn: "dpv:ConsentWithdrawn" } as const;

/** Whether a consent holds. */
export function holds({ events }: Consent): boolean {
  const last = events.at(-1);
  return last !== undefined && last.state !== "withdrawn";
}

/** The receipt of a consent; `newId` makes the receipt's own UUID. */
export function receiptOf(consent: Consent, now: number, newId: () => string = () => crypto.randomUUID()): Linked {
  const { "@context": context, ...notice } = consent.notice;
  const receipt = newId();
  return {
    "@context": context,
    "@id": urn(receipt),
    "@type": "dpv:ConsentReceipt",
    "dpv:hasIdentifier": receipt,
    "dct:identifier": receipt,
    "dct:conformsTo": RECEIPT_PROFILE,
    "dct:created": iso(now),
    "dpv:hasRecordOfActivity": { ...recordOf(consent), ...notice, ...filled(consent, notice) },
  };
}

function recordOf({ id }: Consent): Linked {
  return {
    "@id": urn(id),
    "dct:identifier": id,
    "dpv:hasIdentifier": id,
    // A name for this record alone: the city knows no person, and the phone has no number that it would give away.
    "dpv:hasDataSubject": { "@id": `${urn(id)}#person`, "@type": "dpv:DataSubject", "dct:identifier": `${id}#person` },
  };
}

/** What only the phone knows: the language that the notice was read in, how far it reaches, and what happened when. */
function filled({ id, events }: Consent, notice: Linked): Linked {
  const languages = [...new Set(events.map(({ language }) => language))];
  const reach = events.findLast((each) => each.reach !== undefined)?.reach;
  return {
    "dpv:hasNotice": { ...(notice["dpv:hasNotice"] as Linked), "dct:language": languages },
    "dpv:hasConsentStatus": events.map((each) => eventOf(each, id)),
    ...(reach === undefined ? {} : { "nexus:reach": reach }),
  };
}

function eventOf({ state, at, language }: ConsentEvent, id: string): Linked {
  return {
    "@type": state === "withdrawn" ? [STATES[state]] : [STATES[state], "dpv:ExplicitlyExpressedConsent"],
    "dpv:isIndicatedAtTime": iso(at),
    "dpv:isIndicatedBy": { "@id": `${urn(id)}#person` },
    "dpv:hasIndicationMethod": state === "withdrawn" ? "Pressed 'Withdraw'" : "Gave a check-in on the page of the place",
    "dct:language": language,
    "dpv:hasDuration": state === "withdrawn" ? "PT0S" : { "@type": "dpv:UntilEventDuration", "dct:description": "Until it is withdrawn" },
  };
}

function urn(id: string): string {
  return `urn:uuid:${id}`;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
