import { describe, expect, it } from "vitest";

import { bent, light, rankOf, ranksAt, territory, tiles } from "./field";

const WALLS = [["a desktop", 1280 / 800], ["a phone", 390 / 844], ["a small screen", 640 / 360], ["a long wall", 5]] as const;
const SHARES = [0.02, 0.13, 0.4, 0.19, 0.26];

describe("the territory of a mood", () => {
  it.each(WALLS)("is as large as its share on %s, at any time", (_, aspect) => {
    for (const time of [37, 5_000, 10_799]) {
      const ranks = ranksAt(time, aspect);
      const painted = new Array<number>(SHARES.length).fill(0);
      const points = [...tiles(113, 89, aspect)];
      for (const point of points) {
        let [band, end] = [0, SHARES[0]!];
        const rank = rankOf(territory(bent(point, time), time), ranks);
        while (band < SHARES.length - 1 && rank >= end) end += SHARES[(band += 1)]!;
        painted[band]! += 1 / points.length;
      }
      painted.forEach((share, band) => expect(Math.abs(share - SHARES[band]!)).toBeLessThan(0.02));
    }
  });

  it("moves slowly: in a second hardly any point changes its rank by a tenth of the wall", () => {
    const points = [...tiles(40, 25, 1.6)];
    const [early, late] = [ranksAt(100, 1.6), ranksAt(101, 1.6)];
    const jumps = points.map((at) => Math.abs(rankOf(territory(bent(at, 101), 101), late) - rankOf(territory(bent(at, 100), 100), early)));
    expect(jumps.filter((jump) => jump > 0.1).length / points.length).toBeLessThan(0.05);
  });
});

describe("the light", () => {
  it("falls on every mood alike: over time no part of the mixture is favoured by more than a fifth", () => {
    const parts = [0, 0, 0, 0];
    for (let time = 0; time < 10_800; time += 600) {
      const ranks = ranksAt(time, 1.6);
      for (const at of tiles(32, 20, 1.6)) {
        const p = bent(at, time);
        parts[Math.min(3, Math.floor(rankOf(territory(p, time), ranks) * 4))]! += light(at, p, time, 0);
      }
    }
    const mean = parts.reduce((sum, part) => sum + part, 0) / 4;
    for (const part of parts) expect(Math.abs(part / mean - 1)).toBeLessThan(0.2);
  });

  it("leaves more than half of the water near black", () => {
    let [dark, all] = [0, 0];
    for (let time = 0; time < 10_800; time += 600) {
      for (const at of tiles(32, 20, 1.6)) {
        dark += light(at, bent(at, time), time, 0) < 0.1 ? 1 : 0;
        all += 1;
      }
    }
    expect(dark / all).toBeGreaterThan(0.5);
  });
});
