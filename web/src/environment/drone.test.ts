import { describe, expect, it } from "vitest";

import type { Climate, Policy } from "../ground/types";
import { partialsOf, VOICES } from "./drone";

function sounding(mixture: number[] | null, policy: Policy = "echo") {
  const grid = Math.sqrt(mixture?.length ?? 4);
  return partialsOf({ mixture, grid } as Climate, policy);
}

describe("the sound of a mixture", () => {
  it("gives the largest moods a voice each, the largest first", () => {
    const partials = sounding([0.1, 0.4, 0.2, 0.3]);
    expect(partials.map(({ loudness }) => loudness)).toEqual([0.4, 0.3, 0.2, 0.1]);
  });

  it("never has more voices than it promises, nor more loudness than the whole", () => {
    const partials = sounding(Array.from({ length: 64 }, () => 1 / 64));
    expect(partials).toHaveLength(VOICES);
    expect(partials.reduce((sum, { loudness }) => sum + loudness, 0)).toBeLessThanOrEqual(1);
  });

  it("rises with arousal, and tells pleasant from unpleasant by the interval", () => {
    const [calm] = sounding([0, 1, 0, 0]);
    const [lively] = sounding([0, 0, 0, 1]);
    const [tense] = sounding([0, 0, 1, 0]);
    expect(lively!.hz).toBeCloseTo(2 * calm!.hz);
    expect(lively!.hz / tense!.hz).toBeCloseTo(1.25); // a fifth over a minor third
    expect(lively!.swellHz).toBeGreaterThan(calm!.swellHz);
  });

  it("turns arousal round where the place complements", () => {
    expect(sounding([0, 0, 0, 1], "complement")[0]!.hz).toBeCloseTo(sounding([0, 1, 0, 0])[0]!.hz);
  });

  it("is silent where a place rests or nobody speaks", () => {
    expect(sounding([0.25, 0.25, 0.25, 0.25], "rest")).toEqual([]);
    expect(sounding(null)).toEqual([]);
    expect(partialsOf(null, "echo")).toEqual([]);
  });
});
