import { describe, expect, it } from "vitest";

import { toLab } from "../ground/oklch";
import { RESTING, ribbon, type Bands } from "./bands";
import { DAWN_S, Fade, FADE_S } from "./fade";
import { ranksAt } from "./field";
import { raster } from "./painter";

const [WIDE, HIGH] = [24, 15];
const RANKS = ranksAt(500, WIDE / HIGH);

/** A wall on which everybody feels one thing. */
function all(l: number, c: number, h: number): Bands {
  return { ...RESTING, colours: new Array(64).fill(toLab({ l, c, h })), rest: 0 };
}

/** The frame that is painted at `now`, as relative luminance of each point. */
function seen(fade: Fade, now: number): number[] {
  const bands = fade.at(now) ?? RESTING;
  const time = 500 + now;
  const pixels = raster({ time, ribbon: ribbon(bands), ranks: RANKS, rest: bands.rest, lit: fade.litAt(now) }, WIDE, HIGH);
  const linear = (code: number): number => (code <= 10 ? code / 255 / 12.92 : ((code / 255 + 0.055) / 1.055) ** 2.4);
  return Array.from({ length: WIDE * HIGH }, (_, at) =>
    0.2126 * linear(pixels[at * 4]!) + 0.7152 * linear(pixels[at * 4 + 1]!) + 0.0722 * linear(pixels[at * 4 + 2]!));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("a change of light", () => {
  it("begins in darkness and dawns", () => {
    const fade = new Fade();
    expect(fade.at(9)).toBeNull();
    expect(fade.litAt(9)).toBe(0);
    fade.aim(RESTING, 10);
    expect(fade.litAt(10)).toBe(0);
    expect(fade.litAt(10 + DAWN_S)).toBe(1);
  });

  it("takes its time, and then is over", () => {
    const fade = new Fade();
    const [sad, glad] = [all(0.55, 0.1, 266), all(0.86, 0.17, 99)];
    fade.aim(sad, 0);
    fade.aim(glad, 100);
    expect(fade.at(100)?.colours[0]).toEqual(sad.colours[0]);
    expect(fade.at(100 + FADE_S / 2)?.colours[0]![0]).toBeCloseTo((0.55 + 0.86) / 2, 1);
    expect(fade.at(100 + FADE_S)).toBe(glad);
  });

  it("is at once where motion is not wanted", () => {
    const fade = new Fade();
    const glad = all(0.86, 0.17, 99);
    fade.aim(RESTING, 0, true);
    fade.aim(glad, 1, true);
    expect([fade.at(1), fade.litAt(0)]).toEqual([glad, 1]);
  });

  it("goes on from what is shown when the next release comes early", () => {
    const fade = new Fade();
    fade.aim(all(0.55, 0.1, 266), 0);
    fade.aim(all(0.86, 0.17, 99), 100);
    const before = fade.at(103)!.colours[0]!;
    fade.aim(all(0.55, 0.1, 266), 103);
    expect(fade.at(103)!.colours[0]).toEqual(before);
  });

  it("never flashes: from the darkest mood to the brightest the wall changes by less than 0.1 a second", () => {
    const fade = new Fade();
    fade.aim(all(0.5, 0.1, 266), 0);
    fade.aim(all(0.9, 0.17, 99), 20);
    fade.aim(RESTING, 24);
    let before = mean(seen(fade, 19));
    for (let now = 19.25; now < 34; now += 0.25) {
      const after = mean(seen(fade, now));
      expect(Math.abs(after - before)).toBeLessThan(0.025);
      before = after;
    }
  });
});
