import { describe, expect, test } from "vitest";

import { browserUniform, draw, probability, releasedOnce } from "./noise";

const SCALES = [0.7, 4, 40 / 9, 30];

describe("the noise of the pages", () => {
  test.each(SCALES)("its probabilities sum to one at scale %d", (scale) => {
    let sum = 0;
    for (let k = -2000; k <= 2000; k += 1) sum += probability(k, scale);
    expect(sum).toBeCloseTo(1, 9);
  });

  test.each(SCALES)("neighbouring numbers differ in likelihood by exactly e^(1/%d)", (scale) => {
    for (const k of [0, 1, 7, -3, -12]) {
      const ratio = probability(k, scale) / probability(k + 1, scale);
      expect(Math.abs(Math.log(ratio))).toBeCloseTo(1 / scale, 9);
    }
  });

  test("draws follow the distribution that is drawn on the page", () => {
    const scale = 40 / 9;
    const uniform = sequence(20_000);
    const draws = Array.from({ length: 10_000 }, () => draw(scale, uniform));
    for (let k = -4; k <= 4; k += 1) {
      const share = draws.filter((each) => each === k).length / draws.length;
      expect(Math.abs(share - probability(k, scale))).toBeLessThan(0.012); // more than four standard errors
    }
  });

  test("a table keeps its length and its whole numbers", () => {
    const released = releasedOnce([18, 7, 31, 12], 40 / 9, browserUniform);
    expect(released).toHaveLength(4);
    expect(released.every(Number.isInteger)).toBe(true);
  });

  test("the browser's numbers lie between 0 and 1, and 0 is never among them", () => {
    for (let turn = 0; turn < 1000; turn += 1) {
      const value = browserUniform();
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThanOrEqual(1);
    }
  });
});

/** The same even numbers on every run: a linear congruential generator (Knuth's constants), enough for a histogram. */
function sequence(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return (Number(state >> 32n) + 1) / 2 ** 32;
  };
}
