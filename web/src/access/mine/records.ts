/**
 * Moments as they stand in the archive: one JSON object a line, names in snake_case, times in ISO 8601. What is written here
 * can be read back; whatever else a line may hold is refused, with the name of the field.
 */
import { RESOLUTIONS } from "../../boundaries/mine/policy";
import type { Entry, EntryState, Reach } from "../../feelings/journal";
import type { Receipt } from "../../ground/types";

/** A moment of the journal. */
export interface MomentRecord {
  key: string;
  at: string;
  place: string;
  place_name: string;
  valence: number;
  arousal: number;
  words: string[];
  word_labels: string[];
  own_words: string[];
  note: string;
  reach: Reach;
  state: EntryState;
  resolution?: Entry["resolution"];
  said?: readonly string[];
  research?: boolean;
  charter?: number;
  receipt?: Receipt;
}

/** A check-in: what left the phone, or should have, and what the city answered. */
export interface CheckInRecord {
  key: string;
  at: string;
  place: string;
  place_name: string;
  state: "counted" | "kept" | "waiting" | "late" | "refused";
  reason: string | null;
  audience: string;
  cell: number | null;
  words: string[];
  research: boolean;
  charter: number | null;
  speaker: string | null;
  window_start: string | null;
  window_end: string | null;
  speaks_at: string | null;
  epsilon: number | null;
}

/** A line cannot be what it says. `field` names what is wrong. */
export class RecordError extends Error {
  override readonly name = "RecordError";
  constructor(readonly field: string) {
    super(`The field ${field} is missing or cannot be used.`);
  }
}

const STATES: readonly EntryState[] = ["private", "waiting", "given", "late", "refused"];
const REACHES: readonly Reach[] = ["me", "place", "district", "city"];
const KEY = /^[A-Za-z0-9_-]{22,36}$/;
const SLUG = /^[a-z0-9][a-z0-9-]{0,39}$/;
/** Characters that a text of one's own may have; a note on the page is far shorter. */
const MOST = 10_000;

export function momentOf(entry: Entry): MomentRecord {
  const { at, placeName, point, wordLabels, ownWords, refusal: _, ...rest } = entry;
  return {
    ...rest, at: new Date(at).toISOString(), place_name: placeName, valence: point.valence, arousal: point.arousal,
    word_labels: wordLabels, own_words: ownWords,
  };
}

/** The check-in of a moment; null for one that was never to leave the phone. */
export function checkInOf(entry: Entry): CheckInRecord | null {
  if (entry.state === "private") return null;
  const { receipt } = entry;
  return {
    key: entry.key,
    at: new Date(entry.at).toISOString(),
    place: entry.place,
    place_name: entry.placeName,
    state: entry.state === "given" ? (receipt?.state ?? "kept") : entry.state,
    reason: receipt?.reason ?? null,
    audience: receipt?.audience ?? entry.reach,
    cell: receipt?.cell ?? null,
    words: receipt?.words ?? [...(entry.said ?? [])],
    research: entry.research ?? false,
    charter: entry.charter ?? null,
    speaker: receipt?.speaker ?? null,
    window_start: receipt?.window?.start ?? null,
    window_end: receipt?.window?.end ?? null,
    speaks_at: receipt?.speaks_at ?? null,
    epsilon: receipt?.epsilon.check_in ?? null,
  };
}

/**
 * The moment of a line that was read. What waited to be sent on the old phone is the person's own here: it was about then.
 * @throws RecordError
 */
export function entryOf(read: unknown): Entry {
  const from = objectOf(read);
  const state = oneOf(from, "state", STATES);
  const reach = oneOf(from, "reach", REACHES);
  const at = Date.parse(text(from, "at"));
  if (Number.isNaN(at)) throw new RecordError("at");
  const waited = state === "waiting";
  return {
    key: matching(from, "key", KEY),
    at,
    place: matching(from, "place", SLUG),
    placeName: text(from, "place_name"),
    point: { valence: coordinate(from, "valence"), arousal: coordinate(from, "arousal") },
    words: texts(from, "words"),
    wordLabels: texts(from, "word_labels"),
    ownWords: texts(from, "own_words"),
    note: text(from, "note"),
    reach: waited ? "me" : reach,
    state: waited ? "private" : state,
    ...(from["resolution"] === undefined ? {} : { resolution: oneOf(from, "resolution", RESOLUTIONS) }),
    ...(from["said"] === undefined ? {} : { said: texts(from, "said") }),
    ...(from["research"] === undefined ? {} : { research: from["research"] === true }),
    ...(from["charter"] === undefined ? {} : { charter: whole(from, "charter") }),
    ...(from["receipt"] === undefined ? {} : { receipt: receiptFrom(from["receipt"]) }),
  };
}

type Fields = Record<string, unknown>;

function objectOf(read: unknown): Fields {
  if (typeof read !== "object" || read === null || Array.isArray(read)) throw new RecordError("{}");
  return read as Fields;
}

function text(from: Fields, field: string): string {
  const value = from[field];
  if (typeof value !== "string" || value.length > MOST) throw new RecordError(field);
  return value;
}

function texts(from: Fields, field: string): string[] {
  const value = from[field];
  const fine = Array.isArray(value) && value.length <= 100 && value.every((each) => typeof each === "string" && each.length <= MOST);
  if (!fine) throw new RecordError(field);
  return value as string[];
}

function matching(from: Fields, field: string, pattern: RegExp): string {
  const value = text(from, field);
  if (!pattern.test(value)) throw new RecordError(field);
  return value;
}

function oneOf<T>(from: Fields, field: string, known: readonly T[]): T {
  const found = known.find((each) => each === from[field]);
  if (found === undefined) throw new RecordError(field);
  return found;
}

function coordinate(from: Fields, field: string): number {
  const value = from[field];
  if (typeof value !== "number" || !(value >= -1 && value <= 1)) throw new RecordError(field);
  return value;
}

function whole(from: Fields, field: string): number {
  const value = from[field];
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) throw new RecordError(field);
  return value;
}

/** A receipt as far as a page leans on it: what the journal says of a moment is worked out from these. */
function receiptFrom(read: unknown): Receipt {
  const from = objectOf(read);
  oneOf(from, "state", ["counted", "kept"] as const);
  matching(from, "key", KEY);
  matching(from, "place", SLUG);
  const window = from["window"];
  if (window !== null) for (const field of ["start", "end"]) instant(objectOf(window), field);
  if (from["speaks_at"] !== null) instant(from, "speaks_at");
  if (from["speaker"] !== null) matching(from, "speaker", SLUG);
  texts(from, "words");
  const cell = from["cell"];
  if (cell !== null && !(typeof cell === "number" && Number.isInteger(cell) && cell >= 0 && cell < 64)) throw new RecordError("cell");
  const price = objectOf(from["epsilon"]);
  if (typeof price["check_in"] !== "number" || typeof price["day"] !== "number") throw new RecordError("epsilon");
  return read as Receipt;
}

function instant(from: Fields, field: string): void {
  if (Number.isNaN(Date.parse(text(from, field)))) throw new RecordError(field);
}
