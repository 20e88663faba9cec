/** The consents of this phone, one a place: made by giving, renewed when the charter has changed, withdrawn by one press. */
import { locale } from "../ground/i18n";
import type { Api } from "../ground/api";
import type { Store } from "../ground/phone";
import { holds, type Consent } from "./receipt27560";

const PREFIX = "consent:";

export class Consents {
  constructor(
    private readonly keep: Store<string>,
    private readonly now: () => number = () => Date.now(),
    private readonly newId: () => string = () => crypto.randomUUID(),
  ) {}

  async at(place: string): Promise<Consent | null> {
    return read(await this.keep.get(PREFIX + place));
  }

  /** All of them, the one that was touched last first. */
  async all(): Promise<Consent[]> {
    const kept = (await this.keep.all()).map(read).filter((each) => each !== null);
    return kept.sort((a, b) => touched(b) - touched(a));
  }

  /** Something was given: the record says so, once a version. Out of reach it is written down the next time. */
  async given(api: Pick<Api, "consentNotice">, place: { id: string; name: string }, version: number, reach: "place" | "district" | "city"): Promise<void> {
    const known = await this.at(place.id);
    const last = known?.events.findLast((each) => each.reach !== undefined);
    if (known && holds(known) && known.version === version && last?.reach === reach) return;
    const notice = await api.consentNotice(place.id);
    const state = known && holds(known) ? "renewed" : "given";
    await this.write({
      id: known?.id ?? this.newId(),
      place: place.id,
      placeName: place.name,
      version,
      notice,
      events: [...(known?.events ?? []), { state, at: this.now(), language: locale(), reach }],
    });
  }

  async withdrawn(place: string): Promise<void> {
    const known = await this.at(place);
    if (known === null || !holds(known)) return;
    await this.write({ ...known, events: [...known.events, { state: "withdrawn", at: this.now(), language: locale() }] });
  }

  private async write(consent: Consent): Promise<void> {
    await this.keep.put(PREFIX + consent.place, JSON.stringify(consent));
  }
}

/** A consent as it is kept; anything else on the shelf is none. */
function read(text: string | undefined): Consent | null {
  if (text === undefined || !text.startsWith('{"id":')) return null;
  const kept = JSON.parse(text) as Partial<Consent>;
  return Array.isArray(kept.events) && kept.notice !== undefined ? (kept as Consent) : null;
}

function touched({ events }: Consent): number {
  return events.at(-1)?.at ?? 0;
}
