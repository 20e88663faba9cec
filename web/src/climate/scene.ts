/** What is on the map at a moment, as the painters see it, and how its light changes from one climate to the next. */
import type { PlaceState } from "../ground/types";
import type { Spot } from "./chart";
import { between, spectrum, type Hues } from "./light";

const FADE_MS = 2_400;

/** Moonlight, as the parts of an rgb(): what has no voice is drawn with it. */
export const MOON = "170, 198, 222";

export interface Body {
  id: string;
  kind: "city" | "district" | "place";
  at: Spot;
  radius: number;
  state: PlaceState;
  hues: Hues | null;
  /** Where the voice comes from that speaks for it; null when it speaks itself or the speaker is the water. */
  thread: Spot | null;
  borrowed: boolean;
  /** The outline of a district. */
  rim: readonly Spot[];
}

export interface Scene {
  width: number;
  height: number;
  bodies: readonly Body[];
  lines: readonly (readonly [Spot, Spot])[];
  chosen: string | null;
}

/** What one body showed before, and what it is on its way to. */
export class Fading {
  private from: Hues | null = null;
  private to: Hues | null = null;
  private since = 0;
  private painted: Hues | null = null;
  row: Uint8ClampedArray | null = null;
  softness = 0;
  /** 0 dark … 1 lit. */
  lit = 0;

  aim(hues: Hues | null, ms: number): void {
    if (hues === this.to) return;
    this.from = this.to && hues ? this.at(ms) : null;
    this.to = hues;
    this.since = ms;
  }

  step(ms: number, still: boolean): void {
    const t = still ? 1 : ease((ms - this.since) / FADE_MS);
    this.lit = this.to ? (this.from ? 1 : t) : Math.min(this.lit, 1 - t);
    const now = this.to && (t >= 1 || !this.from ? this.to : between(this.from, this.to, t));
    if (!now || now === this.painted) return;
    this.painted = now;
    this.softness = now.softness;
    this.row = spectrum(now);
  }

  private at(ms: number): Hues | null {
    const t = ease((ms - this.since) / FADE_MS);
    return this.from && this.to && t < 1 ? between(this.from, this.to, t) : this.to;
  }
}

/** A number of its own for each place, 0..2π, always the same. */
export function seedOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 6283;
  return sum / 1000;
}

function ease(t: number): number {
  const x = Math.min(1, Math.max(0, t));
  return x * x * (3 - 2 * x);
}
