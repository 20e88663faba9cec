import { describe, expect, it } from "vitest";

import { oklchToRgb8, toLab } from "../ground/oklch";
import type { Climate, Oklch, Palette } from "../ground/types";
import { between, Drop, feltColour, huesOf, LEVELS, ranks, spectrum, type Hues } from "./light";
import { CELLS, refine } from "./mixture";

const four: Oklch[] = [
  { l: 0.61, c: 0.11, h: 270 }, { l: 0.81, c: 0.12, h: 216 }, { l: 0.6, c: 0.18, h: 28 }, { l: 0.81, c: 0.16, h: 90 },
];
const palette: Palette = {
  framework: "nexus-1",
  grids: {
    2: four,
    4: Array.from({ length: 16 }, (_, cell) => ({ l: 0.5 + cell / 64, c: 0.1, h: cell * 20 })),
    8: Array.from({ length: CELLS }, () => ({ l: 0.7, c: 0.1, h: 10 })),
  },
};
const climate = (mixture: number[] | null, uncertainty = 0): Climate => ({ mixture, grid: 2, uncertainty }) as Climate;

/** How many steps of a spectrum have exactly this colour. */
function steps(row: Uint8ClampedArray, colour: Oklch): number {
  const [r, g, b] = oklchToRgb8(colour);
  let found = 0;
  for (let at = 0; at < LEVELS; at += 1) if (row[at * 3] === r && row[at * 3 + 1] === g && row[at * 3 + 2] === b) found += 1;
  return found;
}

describe("the spectrum of a mixture", () => {
  it("gives every mood the room of its share, and mixes only where two meet", () => {
    const shares = [0.1, 0.4, 0.2, 0.3];
    const row = spectrum(huesOf(climate(shares), palette)!);
    shares.forEach((share, cell) => expect(Math.abs(steps(row, four[cell]!) - share * LEVELS)).toBeLessThanOrEqual(5));
  });

  it("shows joy and grief side by side and nothing between them where nobody feels it", () => {
    const row = spectrum(huesOf(climate([0.5, 0, 0, 0.5]), palette)!);
    expect(steps(row, four[0]!) + steps(row, four[3]!)).toBeGreaterThan(LEVELS * 0.95);
  });

  it("is softer the less is known", () => {
    const sure = spectrum(huesOf(climate([0.25, 0.25, 0.25, 0.25], 0), palette)!);
    const unsure = spectrum(huesOf(climate([0.25, 0.25, 0.25, 0.25], 0.25), palette)!);
    expect(steps(unsure, four[1]!)).toBeLessThan(steps(sure, four[1]!));
  });

  it("does not exist where nothing is said", () => {
    expect(huesOf(climate(null), palette)).toBeNull();
    expect(huesOf(null, palette)).toBeNull();
  });
});

describe("a cross-fade", () => {
  const from: Hues = { shares: refine([1, 0, 0, 0], 2), colours: four.flatMap((colour) => new Array(16).fill(toLab(colour))), softness: 0 };
  const to: Hues = { ...from, shares: refine([0, 0, 0, 1], 2), softness: 1 };

  it("begins at one mixture and ends at the other", () => {
    expect(between(from, to, 0)).toEqual(from);
    expect(between(from, to, 1)).toEqual(to);
  });

  it("lets areas flow: halfway, half of the people are on either side", () => {
    const halfway = between(from, to, 0.5).shares;
    expect(halfway.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(halfway[0]).toBeCloseTo(from.shares[0]! / 2, 12);
  });
});

describe("a drop", () => {
  it("ranks a field so that every rank covers the same area", () => {
    const field = Float32Array.from({ length: 4096 }, (_, at) => Math.sin(at * 0.37) ** 3 + at / 9000);
    const counts = new Array<number>(4).fill(0);
    for (const rank of ranks(field, field.length)) counts[Math.floor(rank / 64)]! += 1;
    for (const count of counts) expect(Math.abs(count / field.length - 0.25)).toBeLessThan(0.02);
  });

  it("is painted in areas that are the shares of its moods", () => {
    const shares = [0.15, 0.45, 0.1, 0.3];
    const row = new Uint8ClampedArray(LEVELS * 3);
    let reached = 0;
    shares.forEach((share, mood) => {
      const until = reached + share;
      for (let at = Math.round(reached * LEVELS); at < Math.round(until * LEVELS); at += 1) row[at * 3 + mood % 3] = mood === 3 ? 40 : 200;
      reached = until;
    });
    const side = 64;
    const pixels = new Uint8ClampedArray(side * side * 4);
    new Drop(side, 1).fill(pixels, row, 3, 0);
    const [low, mid, high] = [0, 0, 0].map((_, part) => countLit(pixels, part)) as [number, number, number];
    const disc = low + mid + high;
    expect(mid / disc).toBeCloseTo(0.45, 1);
    expect(high / disc).toBeCloseTo(0.1, 1);
  });

  it("of a borrowed voice is hollow", () => {
    const side = 32;
    const pixels = new Uint8ClampedArray(side * side * 4);
    new Drop(side, 1, true).fill(pixels, new Uint8ClampedArray(LEVELS * 3).fill(255), 0, 0);
    const alpha = (x: number, y: number): number => pixels[(y * side + x) * 4 + 3]!;
    expect(alpha(16, 16)).toBe(0);
    expect(alpha(16, 3)).toBeGreaterThan(100);
  });

  function countLit(pixels: Uint8ClampedArray, part: number): number {
    let found = 0;
    for (let at = part; at < pixels.length; at += 4) if (pixels[at]! > 0) found += 1;
    return found;
  }
});

describe("the colour of a mood", () => {
  it("is the light's own where the light echoes", () => {
    expect(feltColour(four[3]!, "echo", palette)).toBe(four[3]);
  });

  it("is found again where the light answers with the opposite energy", () => {
    expect(feltColour(four[3]!, "complement", palette)).toEqual(four[1]);
    expect(feltColour(palette.grids[4][14]!, "complement", palette)).toEqual(palette.grids[4][2]);
  });
});
