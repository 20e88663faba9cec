import { beforeEach, describe, expect, it } from "vitest";

import { useMessages } from "../ground/i18n";
import type { Climate, Place, Voice } from "../ground/types";
import messages from "../locales/en/climate.json";
import { sayVoice, sayWait, sayWindow } from "./saying";

const places = new Map([["town", { id: "town", name: "Old Town" } as Place]]);
const climate: Climate = {
  id: 1, place: "town", name: "Old Town", state: "speaks", grid: 2, mixture: [0.1, 0.6, 0.1, 0.2],
  window: { start: "2026-06-01T10:00:00Z", end: "2026-06-01T11:00:00Z" },
  people: 853, people_sd: 18, uncertainty: 0.05, epsilon: { day: 1, thirty_days: 13.9 }, framework: "nexus-1",
};
const voice = (parts: Partial<Voice>): Voice => ({ place: "square", state: "quiet", speaker: null, next_at: null, climate: null, ...parts });

beforeEach(() => useMessages("en", messages));

describe("a place in words", () => {
  it("says its people and what most of them feel", () => {
    const said = sayVoice(voice({ place: "town", state: "speaks", speaker: "town", climate }), places, false);
    expect(said).toBe("About 850 voices, most of all calm and content (60%)");
  });

  it("says who speaks for it", () => {
    const said = sayVoice(voice({ speaker: "town", climate }), places, false);
    expect(said).toBe("Not enough voices yet; Old Town speaks for it: most of all calm and content (60%)");
  });

  it("says that it listens or rests when nobody speaks for it", () => {
    expect(sayVoice(voice({}), places, false)).toBe("Not enough voices yet");
    expect(sayVoice(voice({ state: "resting" }), places, false)).toBe("Rests today");
  });

  it("does not take being out of reach for silence", () => {
    expect(sayVoice(voice({}), places, true)).toBe("Out of reach for now");
    expect(sayVoice(undefined, places, false)).toBe("Out of reach for now");
  });
});

describe("times in words", () => {
  it("tell a window in the city's zone", () => {
    expect(sayWindow(climate, "Europe/Amsterdam")).toBe("12:00 to 13:00");
  });

  it("tell of a live place since when those who stand there spoke", () => {
    const live = { kind: "continual", step_s: 300, stays_s: 3600, seats: 2, epsilon: 0.45, delta: 1e-6 } as const;
    const window = { start: "2026-06-01T10:55:00Z", end: "2026-06-01T11:00:00Z" };
    expect(sayWindow({ ...climate, window, live }, "Europe/Amsterdam")).toBe("12:00 to 13:00");
  });

  it("tell the days of a window that is as long as one", () => {
    const day = { ...climate, window: { start: "2026-06-01T02:00:00Z", end: "2026-06-02T02:00:00Z" } };
    expect(sayWindow(day, "Europe/Amsterdam")).toBe("Mon 04:00 to Tue 04:00");
  });

  it("wait in seconds, minutes and hours", () => {
    expect([0.2, 1, 59.2, 600, 4 * 3600].map(sayWait)).toEqual([
      "any moment now", "in a second", "in 60 seconds", "in 10 minutes", "in 4 hours",
    ]);
  });
});
