import { describe, expect, it } from "vitest";

import { CityClock } from "./clock";

const FACE = { now: "2026-06-01T12:00:00Z", rate: 240 };

describe("the city's clock", () => {
  it("goes on at the city's pace between two answers", () => {
    let real = 5_000;
    const clock = new CityClock(FACE, () => real);
    real += 1_000;
    expect(clock.now().toISOString()).toBe("2026-06-01T12:04:00.000Z");
  });

  it("says in real seconds how long something will take", () => {
    let real = 0;
    const clock = new CityClock(FACE, () => real);
    expect(clock.realSecondsUntil("2026-06-01T13:00:00Z")).toBe(15);
    real = 20_000;
    expect(clock.realSecondsUntil("2026-06-01T13:00:00Z")).toBe(-5);
  });

  it("takes over what the city says, and its new pace", () => {
    let real = 0;
    const clock = new CityClock(FACE, () => real);
    real = 60_000;
    clock.set({ now: "2026-06-02T00:00:00Z", rate: 1 });
    real = 61_000;
    expect(clock.now().toISOString()).toBe("2026-06-02T00:00:01.000Z");
  });

  it("keeps to real time where the city gives a pace that no clock can have", () => {
    const clock = new CityClock({ now: FACE.now, rate: 0 }, () => 0);
    expect(clock.rate).toBe(1);
  });
});
