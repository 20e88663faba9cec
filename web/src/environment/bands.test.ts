import { describe, expect, it } from "vitest";

import { toLab } from "../ground/oklch";
import type { Climate, Grid, Oklch, Palette } from "../ground/types";
import { answered, bandsOf, between, RESTING, ribbon, STEPS } from "./bands";
import { ranksAt } from "./field";
import { raster } from "./painter";

/** A palette in which the colour tells the cell: its hue is its number. */
const told = (side: number): Oklch[] =>
  Array.from({ length: side * side }, (_, cell) => ({ l: 0.7, c: 0.12, h: (360 * cell) / (side * side) }));
const palette: Palette = { framework: "nexus-1", grids: { "2": told(2), "4": told(4), "8": told(8) } };

function climate(grid: Grid, mixture: number[] | null, uncertainty = 0.02): Climate {
  return {
    id: 1, place: "square", name: "The Square", window: { start: "2026-11-24T09:00:00Z", end: "2026-11-24T10:00:00Z" }, grid, mixture,
    people: 400, people_sd: 20, uncertainty, epsilon: { day: 1, thirty_days: 14 }, framework: "nexus-1", state: "speaks",
  };
}

/** Share of the ribbon that shows the colour of `cell`. */
function shareOf(row: Float32Array, { l, c, h }: Oklch): number {
  const [, a, b] = toLab({ l, c, h });
  let count = 0;
  for (let step = 0; step < STEPS; step += 1) if (Math.hypot(row[step * 4 + 1]! - a, row[step * 4 + 2]! - b) < 0.03) count += 1;
  return count / STEPS;
}

describe("bands", () => {
  it("give every mood as much of the ribbon as of the mixture", () => {
    const mixture = [0.13, 0.4, 0.19, 0.28];
    const row = ribbon(bandsOf(climate(2, mixture, 0), "echo", palette));
    mixture.forEach((share, cell) => expect(shareOf(row, palette.grids["2"][cell]!)).toBeCloseTo(share, 1.5));
  });

  it("keep a mood of two percent in sight, however unsure the climate is", () => {
    const row = ribbon(bandsOf(climate(2, [0.02, 0.49, 0.02, 0.47], 0.1), "echo", palette));
    for (const cell of [0, 2]) expect(shareOf(row, palette.grids["2"][cell]!)).toBeGreaterThan(0.004);
  });

  it("soften their borders with uncertainty, and only those", () => {
    const soft = (uncertainty: number): number => {
      const row = ribbon(bandsOf(climate(2, [0.25, 0.25, 0.25, 0.25], uncertainty), "echo", palette));
      return 1 - palette.grids["2"].reduce((sum, colour) => sum + shareOf(row, colour), 0);
    };
    expect(soft(0.08)).toBeGreaterThan(soft(0.03));
    expect(soft(0.03)).toBeGreaterThan(soft(0));
    expect(soft(0.1)).toBeLessThan(0.35);
  });

  it("never lay two opposite colours over each other in full light", () => {
    const row = ribbon(bandsOf(climate(2, [0.5, 0, 0.5, 0], 0.1), "echo", palette));
    let greyest = 1;
    for (let step = 0; step < STEPS; step += 1) {
      if (Math.hypot(row[step * 4 + 1]!, row[step * 4 + 2]!) < 0.05) greyest = Math.min(greyest, row[step * 4 + 3]!);
    }
    expect(greyest).toBeLessThan(0.75);
  });

  it("leave out nothing when a release is finer than the one before", () => {
    const halfway = between(bandsOf(climate(2, [1, 0, 0, 0]), "echo", palette), bandsOf(climate(8, new Array(64).fill(1 / 64)), "echo", palette), 0.5);
    expect(halfway.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });
});

describe("a policy", () => {
  it("to complement keeps valence and turns arousal round, on every grid", () => {
    expect([0, 1, 2, 3].map((cell) => answered(cell, 2, "complement"))).toEqual([2, 3, 0, 1]);
    expect(answered(1, 4, "complement")).toBe(13);
    expect(answered(63, 8, "complement")).toBe(7);
    const shown = bandsOf(climate(2, [0, 1, 0, 0]), "complement", palette);
    expect(shareOf(ribbon(shown), palette.grids["2"][3]!)).toBeGreaterThan(0.99);
  });

  it("to echo shows each mood in its own colour", () => {
    expect([0, 5, 15].map((cell) => answered(cell, 4, "echo"))).toEqual([0, 5, 15]);
  });

  it("to rest shows nobody's feelings, as does a climate that says nothing", () => {
    expect(bandsOf(climate(2, [0, 1, 0, 0]), "rest", palette)).toBe(RESTING);
    expect(bandsOf(climate(2, null), "echo", palette)).toBe(RESTING);
    expect(bandsOf(null, "echo", palette)).toBe(RESTING);
  });
});

describe("a painted wall", () => {
  const frame = { ribbon: ribbon(RESTING), ranks: ranksAt(37, 1.6), time: 37, rest: 1, lit: 1 };

  it("that rests has the colour of nobody's mood: no hue stands out", () => {
    const pixels = raster(frame, 64, 40);
    for (let at = 0; at < pixels.length; at += 4) expect(pixels[at]!).toBeLessThanOrEqual(pixels[at + 2]!);
  });

  it("that rests is not dark", () => {
    expect(Math.max(...raster(frame, 64, 40).filter((_, at) => at % 4 === 1))).toBeGreaterThan(90);
  });

  it("gives no light before the first word from the city but that of the water", () => {
    expect(Math.max(...raster({ ...frame, lit: 0 }, 64, 40).filter((_, at) => at % 4 === 0))).toBeLessThan(8);
  });
});
