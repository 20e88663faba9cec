/**
 * The boundary that a person sets: what each audience may learn of a check-in, at most. The twin of
 * `nexus_city/boundaries/policy.py`, which says what holds and why; both answer `policy.vectors.json` alike.
 */

export type Audience = "me" | "circle" | "place" | "district" | "city" | "research";
export type Limited = Exclude<Audience, "me">;
/** Audiences that a check-in can be for. */
export type Declared = "place" | "district" | "city";
export type Resolution = "nothing" | "presence" | "quadrant" | "cell";

/** From the strictest to the most open. */
export const RESOLUTIONS: readonly Resolution[] = ["nothing", "presence", "quadrant", "cell"];
/** Audiences that lie within each other, the nearest first. */
export const OUTWARD: readonly Limited[] = ["place", "district", "city", "research"];
/** The topic that holds every word. */
export const WORDS = "words";

/** A stricter limit for an audience, and so for everybody further out, while all its conditions hold. */
export interface Rule {
  audience: Limited;
  at_most: Resolution;
  /** There, and at every place below it; null for everywhere. */
  place: string | null;
  /** Local minutes of the day, start included and end excluded; may cross midnight, and all day if they are equal. */
  hours: readonly [start: number, end: number] | null;
}

/** Words that never travel to an audience, nor further out. */
export interface Unsaid {
  topic: string;
  audience: Limited;
}

export interface Boundary {
  limits: Readonly<Record<Limited, Resolution>>;
  rules: readonly Rule[];
  unsaid: readonly Unsaid[];
}

/** What a place declares about a single check-in. */
export interface Terms {
  audiences: readonly Declared[];
  finest_grid: 2 | 4 | 8;
  words: boolean;
}

export interface Situation {
  /** The place, its parent, and so on up to the city. */
  chain: readonly string[];
  /** Local minute of the day. */
  minute: number;
  terms: Terms;
}

export const FREE: Terms = { audiences: ["place", "district", "city"], finest_grid: 8, words: true };

/** How much a resolution tells, 0..3. */
export function openness(resolution: Resolution): number {
  return RESOLUTIONS.indexOf(resolution);
}

export function strictest(...resolutions: readonly Resolution[]): Resolution {
  return RESOLUTIONS[Math.min(...resolutions.map(openness), RESOLUTIONS.length - 1)] ?? "nothing";
}

/** The most that `audience` may learn of a check-in that is made in `situation`. */
export function allowed(boundary: Boundary, situation: Situation, audience: Audience): Resolution {
  if (audience === "me") return "cell";
  const own = strictest(...inward(audience).map((each) => limit(boundary, situation, each)));
  return audience === "circle" ? own : strictest(own, ceiling(situation.terms, audience));
}

/** The furthest audience that a check-in may be for and how exactly; `me` where nobody may learn of it. */
export function widest(boundary: Boundary, situation: Situation): [Declared | "me", Resolution] {
  const offered = [...situation.terms.audiences].sort((a, b) => OUTWARD.indexOf(b) - OUTWARD.indexOf(a));
  for (const reach of offered) {
    const resolution = allowed(boundary, situation, reach);
    if (resolution !== "nothing") return [reach, resolution];
  }
  return ["me", "cell"];
}

/** Whether a word of `topic` (null where its family is not known) may travel to `audience`. */
export function says(boundary: Boundary, situation: Situation, audience: Audience, topic: string | null): boolean {
  if (audience === "me") return true;
  if (allowed(boundary, situation, audience) !== "cell" || !situation.terms.words) return false;
  return !hushed(boundary, audience, topic);
}

/** Whether there is a situation in which `next` lets an audience learn less than `old` did. */
export function tightened(old: Boundary, next: Boundary): boolean {
  const chains = [[], ...next.rules.flatMap(({ place }) => (place === null ? [] : [[place]]))];
  const minutes = [0, ...[...old.rules, ...next.rules].flatMap(({ hours }) => hours ?? [])];
  const situations = chains.flatMap((chain) => minutes.map((minute): Situation => ({ chain, minute, terms: FREE })));
  const audiences: readonly Limited[] = ["circle", ...OUTWARD];
  const less = situations.some((situation) =>
    audiences.some((each) => openness(allowed(next, situation, each)) < openness(allowed(old, situation, each))),
  );
  return less || next.unsaid.some(({ topic, audience }) =>
    outward(audience).some((each) => hushed(next, each, topic) && !hushed(old, each, topic)),
  );
}

/** The limit of one audience alone. */
function limit(boundary: Boundary, situation: Situation, audience: Limited): Resolution {
  const holding = boundary.rules.filter((rule) => rule.audience === audience && holds(rule, situation));
  return strictest(boundary.limits[audience], ...holding.map(({ at_most }) => at_most));
}

function holds({ place, hours }: Rule, { chain, minute }: Situation): boolean {
  if (place !== null && !chain.includes(place)) return false;
  if (hours === null) return true;
  const [start, end] = hours;
  return start < end ? start <= minute && minute < end : minute >= start || minute < end;
}

/** The most that a place gives on to `audience`: nothing, where no audience it declares reaches so far. */
function ceiling({ audiences, finest_grid }: Terms, audience: Limited): Resolution {
  const needed = OUTWARD.indexOf(audience === "research" ? "city" : audience);
  if (!audiences.some((reach) => OUTWARD.indexOf(reach) >= needed)) return "nothing";
  return finest_grid === 2 ? "quadrant" : "cell";
}

function hushed(boundary: Boundary, audience: Limited, topic: string | null): boolean {
  return boundary.unsaid.some(
    (each) => inward(audience).includes(each.audience) && (topic === null || each.topic === topic || each.topic === WORDS),
  );
}

/** `audience` and those that lie within it. */
function inward(audience: Limited): readonly Limited[] {
  return audience === "circle" ? [audience] : OUTWARD.slice(0, OUTWARD.indexOf(audience) + 1);
}

/** `audience` and those that it lies within. */
function outward(audience: Limited): readonly Limited[] {
  return audience === "circle" ? [audience] : OUTWARD.slice(OUTWARD.indexOf(audience));
}
