import { describe, expect, test } from "vitest";

import { OfflineError } from "../ground/api";
import type { Climate, Voice } from "../ground/types";
import { receiptOf } from "./fakes";
import { tellSpoken } from "./listening";

const RECEIPT = receiptOf("square", "k", { cell: 1, audience: "city" });

function voice(end: string, change: Partial<Voice> = {}): Voice {
  const climate: Climate = {
    id: 1, place: "square", name: "Valen Square", window: { start: "", end }, grid: 2, mixture: [1, 0, 0, 0], people: 240.4, people_sd: 9,
    uncertainty: 0.1, epsilon: { day: 1, thirty_days: 9 }, framework: "nexus-1", state: "speaks",
  };
  return { place: "square", state: "speaks", speaker: "square", next_at: null, climate, ...change };
}

/** Answers one after the other; the last one stays. */
function saying(...answers: (Voice | Error)[]): { climate: () => Promise<Voice> } {
  let asked = 0;
  return {
    climate: () => {
      const answer = answers[Math.min(asked, answers.length - 1)] as Voice | Error;
      asked += 1;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

const atOnce = (): Promise<void> => Promise.resolve();

describe("hearing what was said", () => {
  test("it waits for the climate that holds the window, also through a gap in the network", async () => {
    const city = saying(voice("2026-11-24T12:00:00Z"), new OfflineError(""), voice("2026-11-24T13:00:00Z"));
    expect(await tellSpoken(city, RECEIPT, atOnce)).toEqual({ kind: "people", people: "240" });
  });

  test("a window with too few voices is told as that", async () => {
    const quiet = voice("2026-11-24T13:00:00Z", { state: "quiet", speaker: null, climate: null });
    expect(await tellSpoken(saying(quiet), RECEIPT, atOnce)).toEqual({ kind: "quiet" });
  });

  test("what cannot be heard is not made up", async () => {
    expect(await tellSpoken(saying(new OfflineError("")), RECEIPT, atOnce)).toBeNull();
    expect(await tellSpoken(saying(voice("2026-11-24T12:00:00Z")), RECEIPT, atOnce)).toBeNull();
    expect(await tellSpoken(saying(voice("")), { ...RECEIPT, speaker: null }, atOnce)).toBeNull();
  });
});
