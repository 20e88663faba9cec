import { describe, expect, it } from "vitest";

import type { Climate } from "../ground/types";
import { about, around, CALM, coarseCell, coarsen, foremost, LIVELY, LOW, QUADRANTS_AROUND, refine, TENSE } from "./mixture";

const sum = (shares: readonly number[]): number => shares.reduce((whole, share) => whole + share, 0);
const four = Array.from({ length: 16 }, (_, cell) => (cell + 1) / 136);

describe("a mixture on other grids", () => {
  it("keeps its sum when it is coarsened and when it is refined", () => {
    expect(sum(coarsen(four, 4, 2))).toBeCloseTo(1, 12);
    expect(sum(refine(four, 4))).toBeCloseTo(1, 12);
  });

  it("comes back when it is coarsened after having been refined", () => {
    coarsen(refine(four, 4), 8, 4).forEach((share, cell) => expect(share).toBeCloseTo(four[cell]!, 12));
  });

  it("puts the corners of the fine grid into the quadrants that they belong to", () => {
    expect([0, 7, 56, 63].map((cell) => coarseCell(cell, 8, 2))).toEqual([LOW, CALM, TENSE, LIVELY]);
  });
});

describe("the walk around the plane", () => {
  it("visits every cell once", () => {
    for (const side of [2, 4, 8]) {
      expect([...around(side)].sort((a, b) => a - b)).toEqual(Array.from({ length: side * side }, (_, cell) => cell));
    }
  });

  it("goes from lively over calm and low to tense", () => {
    expect(around(2)).toEqual(QUADRANTS_AROUND);
  });

  it("keeps the cells of one coarser cell together", () => {
    for (const [side, coarser] of [[8, 4], [8, 2], [4, 2]] as const) {
      const walk = around(side).map((cell) => coarseCell(cell, side, coarser));
      const changes = walk.filter((cell, at) => at > 0 && cell !== walk[at - 1]).length;
      expect(changes).toBe(coarser * coarser - 1);
    }
  });
});

describe("what is said of a mixture", () => {
  const climate = (mixture: number[] | null): Climate => ({ mixture, grid: 2 }) as Climate;

  it("names the quadrant that most people are in", () => {
    expect(foremost(climate([0.1, 0.5, 0.3, 0.1]))).toEqual({ quadrant: CALM, share: 0.5 });
  });

  it("names none where nothing is said", () => {
    expect(foremost(climate(null))).toBeNull();
    expect(foremost(null)).toBeNull();
  });

  it("rounds people as coarsely as the noise makes them uncertain", () => {
    expect(about(2857, 71)).toBe(2850);
    expect(about(183, 18)).toBe(180);
    expect(about(12, 1)).toBe(12);
  });

  it("never rounds people to nobody", () => {
    expect(about(3, 71)).toBe(50);
  });
});
