import { describe, expect, test } from "vitest";

import { commonGround, digitsFor, hills, reachOf, rightGuesses, timesAsLikely } from "./figures";

describe("what the numbers mean", () => {
  test("a day at ε = 1 is at most 2.72 times as likely, and a guess about it right at most 73 times in 100", () => {
    expect(timesAsLikely(1)).toBeCloseTo(2.71828, 4);
    expect(rightGuesses(1)).toBeCloseTo(0.7311, 4);
  });

  test("without any cost a guess is as good as a coin, and the ratio is one", () => {
    expect(timesAsLikely(0)).toBe(1);
    expect(rightGuesses(0)).toBe(0.5);
  });

  test("common ground is the sum of what both hills share", () => {
    const scale = 40 / 9;
    const shared = hills(scale, 400).reduce((sum, each) => sum + Math.min(each.without, each.with), 0);
    expect(commonGround(scale)).toBeCloseTo(shared, 9);
  });

  test("no column of the hills is more than e^(1/scale) times as high as its twin", () => {
    const scale = 3;
    for (const each of hills(scale, 50)) {
      const ratio = Math.max(each.with / each.without, each.without / each.with);
      expect(ratio).toBeLessThanOrEqual(Math.exp(1 / scale) * (1 + 1e-9));
    }
  });

  test("more noise makes the hills wider and more alike", () => {
    expect(reachOf(30)).toBeGreaterThan(reachOf(4));
    expect(commonGround(30)).toBeGreaterThan(commonGround(4));
  });

  test("small figures keep two digits, large ones none", () => {
    expect(digitsFor(2.718)).toEqual({ maximumFractionDigits: 2 });
    expect(digitsFor(13.93)).toEqual({ maximumFractionDigits: 1 });
    expect(digitsFor(567)).toEqual({ maximumFractionDigits: 0 });
  });
});
