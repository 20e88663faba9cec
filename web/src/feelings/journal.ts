/** The journal: what a person felt, exactly, on this phone only. Nothing in it is ever sent. */
import type { Resolution } from "../boundaries/mine/policy";
import type { Store } from "../ground/phone";
import type { Problem, Receipt } from "../ground/types";
import type { Point } from "./plane";

/** Who may count it: nobody but the person, this place, everything above it but the city, or the city as well. */
export type Reach = "me" | "place" | "district" | "city";

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
  /** How exactly it was given; absent for all of the area. */
  resolution?: Resolution;
  /** Ids of the words that went along. */
  said?: readonly string[];
  research?: boolean;
  /** The version of the place's charter that was seen. */
  charter?: number;
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
 * place is about to speak. spoken: it has spoken. The rest: acknowledged and not counted.
 */
export type Standing = Exclude<EntryState, "given"> | NonNullable<Receipt["reason"]> | "open" | "closing" | "spoken";

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

  /** What was given is only the person's again. */
  async letGo(key: string): Promise<void> {
    await this.store.change(key, (entry) => {
      if (entry === undefined) return undefined;
      const { receipt: _, refusal: __, resolution: ___, said: ____, research: _____, ...rest } = entry;
      return { ...rest, reach: "me", state: "private" };
    });
  }

  async remove(key: string): Promise<void> {
    await this.store.delete(key);
  }

  /** All entries, newest first. */
  async entries(): Promise<Entry[]> {
    return (await this.store.all()).sort((a, b) => b.at - a.at);
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
