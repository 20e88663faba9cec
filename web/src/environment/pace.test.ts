import { describe, expect, it } from "vitest";

import { FRAME_MS, Pace } from "./pace";

function after(frames: number, ms: number, pace = new Pace()): Pace {
  for (let frame = 0; frame < frames; frame += 1) pace.note(ms);
  return pace;
}

describe("the fineness of the picture", () => {
  it("begins at half of the screen's resolution and stays there on a quick machine", () => {
    expect(after(300, 4).scale).toBe(0.5);
  });

  it("falls while frames take too long, but never so far that nothing can be made out", () => {
    expect(after(60, FRAME_MS * 1.5).scale).toBeLessThan(0.5);
    expect(after(2_000, 200).scale).toBeCloseTo(0.2, 9);
  });

  it("comes back when the machine has time again", () => {
    expect(after(600, 4, after(200, 40)).scale).toBe(0.5);
  });

  it("does not mind a machine that slept", () => {
    expect(after(100, 60_000).scale).toBe(0.5);
  });
});
