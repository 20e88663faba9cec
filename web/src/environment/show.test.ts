import { describe, expect, it } from "vitest";

import { tide } from "./show";

describe("the water's own time", () => {
  it("stays small for ever and never jumps, so that a wall can run for months", () => {
    const start = Date.parse("2026-11-24T00:00:00Z") / 1000;
    for (let later = 0; later < 7 * 3600; later += 7) {
      const [now, next] = [tide(start + later), tide(start + later + 7)];
      expect(now).toBeGreaterThanOrEqual(0);
      expect(now).toBeLessThanOrEqual(3 * 3600);
      expect(Math.abs(next - now)).toBeLessThanOrEqual(7);
    }
  });
});
