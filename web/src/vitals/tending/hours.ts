/** The hours that can be played again, and where on their line an incident lies. */
import type { HourFacts } from "./doors";

const HOUR_MS = 3_600_000;
/** Hours that can be played again: fourteen days. */
export const HOURS = 14 * 24;

/** What is known of a moment: how it is now, how it was then, or nothing, since the city did not exist yet. */
export type Sight = "now" | "then" | "nothing";

export function sightOf({ is_now, places }: Pick<HourFacts, "is_now" | "places">): Sight {
  if (is_now) return "now";
  return places.every(({ state, speaker }) => state === "resting" && speaker === null) ? "nothing" : "then";
}

/** The moment that lies `back` hours ago, ISO 8601: the full hour that began last is 1 back; null for now, which is 0. */
export function momentOf(back: number, nowMs: number): string | null {
  if (back <= 0) return null;
  return new Date((Math.floor(nowMs / HOUR_MS) - (back - 1)) * HOUR_MS).toISOString();
}

/** What `key` does to the number of hours back; null where it does nothing here. */
export function stepped(key: string, back: number): number | null {
  const steps: Record<string, number> = { ArrowLeft: 1, ArrowDown: 1, ArrowRight: -1, ArrowUp: -1, PageDown: 24, PageUp: -24 };
  if (key === "Home") return HOURS;
  if (key === "End") return 0;
  const step = steps[key];
  return step === undefined ? null : Math.min(HOURS, Math.max(0, back + step));
}

/** How the two clocks stand to each other: city time at a moment of real time, Unix ms. */
export type Pace = Pick<HourFacts, "at" | "real_at" | "rate">;

export function cityMs(realIso: string, { at, real_at, rate }: Pace): number {
  return Date.parse(at) + (Date.parse(realIso) - Date.parse(real_at)) * rate;
}

export interface Mark {
  id: number;
  /** Shares of the line, 0 the oldest hour … 1 now. */
  from: number;
  to: number;
}

/** Where incidents lie on the line of hours that ends at `nowMs` (city time); those that were over before it are left out. */
export function marks(
  incidents: readonly { id: number; began: string; ended: string | null }[], pace: Pace, nowMs: number,
): Mark[] {
  const long = HOURS * HOUR_MS;
  const share = (ms: number): number => Math.min(1, Math.max(0, 1 - (nowMs - ms) / long));
  return incidents.flatMap(({ id, began, ended }) => {
    const to = ended === null ? 1 : share(cityMs(ended, pace));
    return to > 0 ? [{ id, from: share(cityMs(began, pace)), to }] : [];
  });
}
