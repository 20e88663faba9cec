/** The JSON that the city speaks. Times are ISO 8601 in UTC and in *city time*, which a demo speeds up (see clock.ts). */

export type Audience = "place" | "district" | "city";
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
  /** Whom a check-in here can be for. */
  audiences?: Audience[];
  /** Side of the finest grid that it may ever be drawn in. */
  finest_grid?: Grid;
  /** Whether words given here are counted. */
  words?: boolean;
  /** Number of the version of its charter that is in force. */
  charter?: number;
}

export interface Places {
  root: string;
  places: Place[];
}

export interface Span {
  start: string;
  end: string;
}

/** Everything that the city holds of this phone. */
export interface Mine {
  check_ins: { check_ins: { place: string; state: "open" | "spoken" }[]; deleted_by: string };
  opted_out: boolean;
  proposals: { place: string; proposal: string; made: boolean; vote: Choice | null; comments: string[] }[];
}

/** What the city declares about an erasure, signed. */
export interface ErasureReceipt {
  statement: {
    about: string;
    city: string;
    device: string;
    at: string;
    erased: { check_ins: Withdrawn; opted_out: boolean; proposals: number };
    stays: { what: "released" | "seats" | "copies"; why: string }[];
  };
  signature: { key: string; value: string; algorithm: string };
}

/** How long one kind of record is kept at most (ISO 8601 duration), and when what is over its time was last looked for. */
export interface Keeping {
  what: string;
  kept: string;
  last_run: string | null;
  deleted: number | null;
}

/** What leaves the phone, without its idempotency key. */
export interface Report {
  /** Cell of the 8×8 grid: row * 8 + column, 0 = unpleasant and calm; null for being counted in no mood. */
  cell: number | null;
  /** At most three ids of the framework's words. */
  words?: string[];
  audience: Audience;
  /** Whether it may also be in the tables for research. */
  research?: boolean;
  /** Whether the person set this boundary themself. */
  chosen?: boolean;
  /** The version of the place's charter that the person has seen. */
  charter?: number;
  /** Only where the place asks for presence. */
  pass?: string;
}

export interface Receipt {
  key: string;
  state: "counted" | "kept";
  reason: null | "day-full" | "nobody-speaks" | "opted-out" | "charter-unseen" | "budget-spent";
  place: string;
  cell: number | null;
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
  /** At a live place that counts in full: when it goes, if its person does not move on before. */
  stands_until?: string;
}

/** What became of the check-ins of a phone when it took back all that it could. */
export interface Withdrawn {
  withdrawn: number;
  /** Those whose windows had spoken: what was said stays said. */
  spoken: number;
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
  /** Of a live place only: then the window is a step, and the people are those who stand there at its end. */
  live?: LiveStep;
}

/** What is told of a live place with each of its steps. */
export interface LiveStep {
  /** Whether a person counts in full until they go, or less with every step. */
  kind: "continual" | "decaying";
  step_s: number;
  /** Seconds for which a check-in counts: until it goes, or on the average. */
  stays_s: number;
  /** Check-ins of the day that one there counts for. */
  seats: number;
  epsilon: number;
  delta: number;
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
  shares: { grid: number; words: number; moments?: number };
  m: number;
  mechanism: string;
  scale: number;
  words_scale: number;
  /** What each purpose (grid, words, moments) costs one person at most. */
  purposes: { purpose: string; share: number; moves: number; scale: number; epsilon_day: number; epsilon_thirty_days: number }[];
  /** What each place that spoke in the last 30 days can have cost one person, on the dearest day and together. */
  places: { place: string; tables: number; live: number; epsilon_day: number; delta_day: number; epsilon_thirty_days: number }[];
  days: { day: string; tables: number; epsilon: number; purposes: Record<string, number>; refused: number }[];
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
  /** The numbers by which it is told live, when it is; null where it may not be. */
  live: LiveFacts | null;
}

export interface LiveFacts {
  today: boolean;
  step: LiveStep;
  /** Standard deviation of the noise in a cell of one table at the first and at the last step of the day, people. */
  sd_first: number;
  sd_last: number;
  /** People who must stand there at once, the finest picture first. */
  ladder: { grid: number; people_needed: number; people_a_day: number }[];
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

/** What somebody who tends the city is there for. */
export type Role = "architect" | "steward" | "moderator" | "facilitator" | "artist";

/** Whose session this is, if anybody's, what may be done with it, and whether the city has an architect yet. */
export interface Session {
  name: string | null;
  role: Role | null;
  founded: boolean;
  /** Acts that the role may do, such as `light.stop`. */
  may: string[];
  /** Seconds for which grave acts need no other proof. */
  proved_s: number;
}

/** The key of displays at a place, and the address of its wall with it. */
export interface Display {
  key: string;
  wall: string;
}

/** How the network is. */
export interface VitalsFacts {
  well: boolean;
  parts: readonly { part: "door" | "disk" | "release" | "stream" | "lights" | "displays"; state: "well" | "troubled" | "unknown"; since: string }[];
  displays: number;
  integrity: number | null;
  /** Places whose displays do not show what was released. */
  places: readonly { place: string; finding: "behind" | "wrong" | "silent"; since: string }[];
  burning: "page" | "ticket" | null;
}

/** How far apart a city's moods were on one day; null where too few spoke to say. */
export interface DayFigures {
  date: string;
  communities: number;
  /** Share of the difference in mood that lies between communities. */
  fragmentation: number | null;
  fragmentation_error: number | null;
  within: number | null;
  /** Effective number of moods in a community. */
  moods: number | null;
  evenness: number | null;
  /** Against the city's own days before, 0..1; null until three of them are known. */
  collective: number | null;
  individual: number | null;
  harmony: number | null;
}

/** Something was wrong with the network. */
export interface IncidentFacts {
  id: number;
  cause: string;
  /** Whose mirror it touched; empty: the whole city's. */
  places: readonly string[];
  began: string;
  ended: string | null;
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

/** What a place declares; a term is what it permits at most. */
export interface Terms {
  setting: Setting;
  presence: "open" | "required";
  audiences: Audience[];
  finest_grid: Grid;
  fastest_s: 900 | 3600 | 14400 | 86400;
  live: "no" | "continual" | "decaying";
  words: boolean;
  policy: Policy;
  expected_crowd: number;
  welcome: string;
  consent: ConsentRule;
}

/** By which rule a community amends its charter. */
export interface ConsentRule {
  share: number;
  quorum: number;
  days: number;
  objections: number | null;
}

export type Direction = "same" | "stricter" | "looser";

/** One term that differs between two versions. */
export type TermChange = {
  [Term in keyof Terms]: { term: Term; before: Terms[Term]; after: Terms[Term]; direction: Direction };
}[keyof Terms];

export interface CharterVersion {
  number: number;
  at: string;
  author: "founder" | "architect" | "community";
  why: string;
  proposal: string | null;
  direction: Direction;
  /** To the version before. */
  changes: TermChange[];
  terms: Terms;
}

export interface Charter {
  place: string;
  name: string;
  version: CharterVersion;
  city: { epsilon: number; m: number; research: number };
  since: { seen: number | null; direction: Direction; changes: TermChange[]; refused: boolean };
}

export interface Proposal {
  id: string;
  place: string;
  sentence: string;
  base: number;
  direction: Direction;
  changes: TermChange[];
  rule: ConsentRule;
  opened_at: string;
  closes_at: string;
  verdict: "open" | "adopted" | "declined" | "vetoed" | "lapsed";
  /** Why an architect vetoed it. */
  why: string | null;
  /** Only after it was closed. */
  tally: { consent: number; aside: number; object: number } | null;
}

export interface Remark {
  number: number;
  day: string;
  name: string;
  text: string | null;
  hidden_because: string | null;
}

export type Choice = "consent" | "aside" | "object";
