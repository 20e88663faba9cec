/** The journal: what a person felt, exactly, on this phone only. Nothing in it is ever sent. */
import type { Store } from "../ground/phone";
import type { Problem, Receipt } from "../ground/types";
import type { Point } from "./plane";

/** Who may count it: nobody but the person, this place, or this place and the city. */
export type Reach = "me" | "place" | "city";

/**
 * private: chosen so. waiting: not yet acknowledged. given: the city has it, see `receipt`.
 * late: waited too long and stayed here. refused: the city said no, see `refusal`.
 */
export type EntryState = "private" | "waiting" | "given" | "late" | "refused";

export interface Entry {
  key: string;
  /** Real time, Unix ms. */
  at: number;
  place: string;
  placeName: string;
  point: Point;
  /** Ids of the framework's words, and how they read when they were chosen. */
  words: string[];
  wordLabels: string[];
  /** Words of the person's own; they stay here. */
  ownWords: string[];
  note: string;
  reach: Reach;
  state: EntryState;
  receipt?: Receipt;
  refusal?: Problem;
}

export class Journal {
  constructor(private readonly store: Store<Entry>) {}

  get(key: string): Promise<Entry | undefined> {
    return this.store.get(key);
  }

  async write(entry: Entry): Promise<void> {
    await this.store.put(entry.key, entry);
  }

  /** Change some fields of an entry that may be gone by now; returns it as it is then. */
  async amend(key: string, change: Partial<Entry>): Promise<Entry | undefined> {
    const entry = await this.store.get(key);
    if (entry === undefined) return undefined;
    const amended = { ...entry, ...change };
    await this.store.put(key, amended);
    return amended;
  }

  async remove(key: string): Promise<void> {
    await this.store.delete(key);
  }

  /** All entries, newest first. */
  async entries(): Promise<Entry[]> {
    return (await this.store.all()).sort((a, b) => b.at - a.at);
  }

  /** Everything as JSON that another program can read; times in ISO 8601. */
  async exported(): Promise<string> {
    const entries = (await this.entries()).map(({ at, point, ...rest }) => ({ at: new Date(at).toISOString(), ...point, ...rest }));
    return JSON.stringify({ format: "nexus-journal", version: 1, entries }, null, 2);
  }
}

/** Entries in runs of one calendar day, in the order they come. `dayOf` names the day of a time. */
export function byDay(entries: readonly Entry[], dayOf: (at: Date) => string): { day: string; entries: Entry[] }[] {
  const days: { day: string; entries: Entry[] }[] = [];
  for (const entry of entries) {
    const day = dayOf(new Date(entry.at));
    const last = days.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  return days;
}

/** An idempotency key: 128 random bits in base64url, 22 characters. */
export function newKey(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  const bytes = random(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
