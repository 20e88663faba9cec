/** Changing a boundary so that what the page shows is what holds: nobody further out is ever set to more. */
import { AS_I_AM, limited, ONLY_ME } from "./keeping";
import { openness, type Boundary, type Declared, type Resolution, type Rule } from "./policy";

/** The audiences of the matrix, the nearest first. */
export const SET: readonly Declared[] = ["place", "district", "city"];

export interface Preset {
  id: "only-me" | "here" | "place-roughly" | "city-roughly" | "as-i-am";
  boundary: Boundary;
}

export const PRESETS: readonly Preset[] = [
  { id: "only-me", boundary: ONLY_ME },
  { id: "here", boundary: limited("presence", "nothing", "nothing") },
  { id: "place-roughly", boundary: limited("quadrant", "nothing", "nothing") },
  { id: "city-roughly", boundary: limited("quadrant", "quadrant", "quadrant") },
  { id: "as-i-am", boundary: AS_I_AM },
];

/** The limits of a preset; rules, words and research stay as they are, as far as they still mean something. */
export function withPreset(boundary: Boundary, preset: Preset): Boundary {
  return SET.reduce((set, each) => withLimit(set, each, preset.boundary.limits[each]), boundary);
}

/** Which preset a boundary has the limits of, if any. */
export function presetOf({ limits }: Boundary): Preset["id"] | null {
  return PRESETS.find(({ boundary }) => SET.every((each) => boundary.limits[each] === limits[each]))?.id ?? null;
}

/**
 * Set what one audience learns. Whoever lies within it learns as much, whoever lies further out not more; without the
 * city there is no research.
 */
export function withLimit(boundary: Boundary, audience: Declared, resolution: Resolution): Boundary {
  const at = SET.indexOf(audience);
  const limits = { ...boundary.limits, [audience]: resolution };
  for (const [index, each] of SET.entries()) {
    const tooLittle = index < at && openness(limits[each]) < openness(resolution);
    const tooMuch = index > at && openness(limits[each]) > openness(resolution);
    if (tooLittle || tooMuch) limits[each] = resolution;
  }
  if (limits.city === "nothing") limits.research = "nothing";
  return { ...boundary, limits };
}

/** Let research have what the city has, or nothing. */
export function withResearch(boundary: Boundary, on: boolean): Boundary {
  const research = on && boundary.limits.city !== "nothing" ? "cell" : "nothing";
  return { ...boundary, limits: { ...boundary.limits, research } };
}

export function withRule(boundary: Boundary, rule: Rule): Boundary {
  return boundary.rules.some((each) => same(each, rule)) ? boundary : { ...boundary, rules: [...boundary.rules, rule] };
}

export function withoutRule(boundary: Boundary, rule: Rule): Boundary {
  return { ...boundary, rules: boundary.rules.filter((each) => !same(each, rule)) };
}

/** Never let words of a topic leave, or let them again: who hears nothing at the place hears nothing further out. */
export function withTopic(boundary: Boundary, topic: string, held: boolean): Boundary {
  const others = boundary.unsaid.filter((each) => each.topic !== topic);
  return { ...boundary, unsaid: held ? [...others, { topic, audience: "place" }] : others };
}

export function holdsBack(boundary: Boundary, topic: string): boolean {
  return boundary.unsaid.some((each) => each.topic === topic);
}

export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** "22:30" to minutes of the day; null for what is no time. */
export function minutesOf(clock: string): number | null {
  const [, hours, minutes] = /^(\d\d):(\d\d)/.exec(clock) ?? [];
  if (hours === undefined || minutes === undefined || +hours > 23 || +minutes > 59) return null;
  return +hours * 60 + +minutes;
}

export function clockOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
