/** The JSON that the city speaks. Times are ISO 8601 in UTC and in *city time*, which a demo speeds up (see clock.ts). */

export type Audience = "place" | "city";
export type Policy = "echo" | "complement" | "rest";
export type Setting = "public" | "work" | "school" | "care";
export type PlaceState = "speaks" | "quiet" | "resting";
export type Grid = 2 | 4 | 8;

export interface Place {
  id: string;
  name: string;
  parent: string | null;
  kind: "city" | "district" | "place";
  adjacent: string[];
  /** x to the right, y downwards, both 0..1. */
  position: [number, number];
  presence: "open" | "required";
  policy: Policy;
  setting: Setting;
  welcome: string;
  timezone?: string;
  expected_crowd?: number;
}

export interface Places {
  root: string;
  places: Place[];
}

export interface Span {
  start: string;
  end: string;
}

/** What leaves the phone, without its idempotency key. */
export interface Report {
  /** Cell of the 8×8 grid: row * 8 + column, 0 = unpleasant and calm. */
  cell: number;
  /** At most three ids of the framework's words. */
  words?: string[];
  audience: Audience;
  /** Only where the place asks for presence. */
  pass?: string;
}

export interface Receipt {
  key: string;
  state: "counted" | "kept";
  reason: null | "day-full" | "nobody-speaks";
  place: string;
  cell: number;
  words: string[];
  audience: Audience;
  speaker: string | null;
  window: Span | null;
  speaks_at: string | null;
  /** What this check-in costs, and the whole day's budget. */
  epsilon: { check_in: number; day: number };
  counted_today: number;
  of: number;
  deleted_by: string;
}

export interface Climate {
  /** Sequence number in the feed. */
  id: number;
  place: string;
  name: string;
  window: Span;
  grid: Grid;
  /** grid*grid shares that sum to 1; null when too few voices came this time. */
  mixture: number[] | null;
  /** Noisy number of people, 0 or more. */
  people: number;
  people_sd: number;
  /** Expected total-variation error, 0..1. */
  uncertainty: number;
  epsilon: { day: number; thirty_days: number };
  framework: string;
  state: "speaks" | "quiet";
}

export interface Voice {
  place: string;
  state: PlaceState;
  speaker: string | null;
  next_at: string | null;
  climate: Climate | null;
}

export interface HistoryPage {
  climates: Climate[];
  next: string | null;
}

export interface Word {
  id: string;
  word: string;
  definition: string;
  valence: number;
  arousal: number;
}

export interface Framework {
  framework: string;
  words: Word[];
}

export interface PlaceWords {
  place: string;
  day: string | null;
  words: { id: string; count: number; share: number }[];
  sd: number;
}

/** A colour: lightness 0..1, chroma, hue in degrees. */
export interface Oklch {
  l: number;
  c: number;
  h: number;
}

export interface Palette {
  framework: string;
  grids: { "2": Oklch[]; "4": Oklch[]; "8": Oklch[] };
}

export interface Why {
  sentence: string;
  policy: Policy;
  parts: { share: number; label: string; oklch: Oklch; hex: string }[];
}

export interface Ledger {
  epsilon_day: number;
  epsilon_thirty_days: number;
  /** What 1, 2, … 30 full days of one person cost together, at `delta`. */
  epsilon_after: number[];
  delta: number;
  shares: { grid: number; words: number };
  m: number;
  mechanism: string;
  scale: number;
  words_scale: number;
  days: { day: string; tables: number; epsilon: number }[];
}

export interface PrivacyFacts {
  place: string;
  name: string;
  state: PlaceState;
  window_s: number | null;
  grid: number | null;
  scale: number;
  noise_sd: number;
  m: number;
  epsilon: number;
  /** The most demanding rung first; voices that one window needs, and a day of such windows. */
  ladder: { window_s: number; grid: number; people_needed: number; people_a_day: number }[];
  retention_h: number;
  presence: "open" | "required";
  setting: Setting;
}

export interface ClockFace {
  now: string;
  /** City seconds that pass in one real second. */
  rate: number;
}

export interface PresencePass {
  pass: string;
  /** Real time: ISO 8601 or Unix seconds. */
  expires_at: string | number;
}

export interface PlaceSettings {
  presence?: "open" | "required";
  policy?: Policy;
  expected_crowd?: number;
  welcome?: string;
}

/** Whose session this is, if anybody's, and whether the city has an architect yet. */
export interface Session {
  name: string | null;
  founded: boolean;
}

/** The key of displays at a place, and the address of its wall with it. */
export interface Display {
  key: string;
  wall: string;
}

/** RFC 9457: what happened, and what to do next. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  remedy: string;
  field?: string;
}
