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

/** Whether the city holds this check-in, or has held it: what it only acknowledged ("kept") it did not write down. */
export function isCounted(entry: Entry): boolean {
  return entry.state === "given" && entry.receipt?.state === "counted";
}

/**
 * Where an entry stands now. open: counted, and its window still takes changes. closing: the window has ended and its
 * place is about to speak. spoken: it has spoken. day-full, nobody-speaks: acknowledged and not counted.
 */
export type Standing = Exclude<EntryState, "given"> | "day-full" | "nobody-speaks" | "open" | "closing" | "spoken";

/** @param secondsUntil real seconds until a city time */
export function standing(entry: Entry, secondsUntil: (iso: string) => number): Standing {
  if (entry.state !== "given") return entry.state;
  const { receipt } = entry;
  if (!receipt || receipt.state === "kept") return receipt?.reason ?? "nobody-speaks";
  if (receipt.window && secondsUntil(receipt.window.end) > 0) return "open";
  return receipt.speaks_at && secondsUntil(receipt.speaks_at) > 0 ? "closing" : "spoken";
}

/** Whether a later check-in counts in its stead: one value of a person per place and window, the last. */
export function isReplaced(entry: Entry, entries: readonly Entry[]): boolean {
  const start = entry.receipt?.window?.start;
  if (!isCounted(entry) || start === undefined) return false;
  return entries.some((each) => isCounted(each) && each.at > entry.at && each.place === entry.place && each.receipt?.window?.start === start);
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
    return this.store.change(key, (entry) => entry && { ...entry, ...change });
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
