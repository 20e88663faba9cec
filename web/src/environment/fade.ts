/** From one release to the next: the light is always on its way, and never jumps. Times are in seconds. */
import { between, smooth, type Bands } from "./bands";

/** A change takes this long. At its steepest the light of a whole wall then changes by less than 0.1 a second. */
export const FADE_S = 7;
/** From darkness to the first light. */
export const DAWN_S = 3;

export class Fade {
  private from: Bands | null = null;
  private to: Bands | null = null;
  private since = -Infinity;
  private dawn = Infinity;

  /** Turn towards `bands`, from whatever is shown at `now`; with `atOnce` there is no way. */
  aim(bands: Bands, now: number, atOnce = false): void {
    if (bands === this.to) return;
    if (this.to === null) this.dawn = atOnce ? -Infinity : now;
    this.from = atOnce ? null : this.at(now);
    this.to = bands;
    this.since = now;
  }

  /** What is shown at `now`; null before the first word from the city. */
  at(now: number): Bands | null {
    const t = smooth((now - this.since) / FADE_S);
    return this.from && this.to && t < 1 ? between(this.from, this.to, t) : this.to;
  }

  /** How much of its light the wall has at `now`, 0..1. */
  litAt(now: number): number {
    return smooth((now - this.dawn) / DAWN_S);
  }
}
