import { beforeEach, describe, expect, it } from "vitest";

import { useMessages } from "../ground/i18n";
import type { Climate, Place, Voice, Why } from "../ground/types";
import english from "../locales/en/environment.json";
import { percent, sayMixture, sayPeople, sayWindow, standingOf, upwards } from "./saying";

function place(id: string, parent: string | null = null, policy: Place["policy"] = "echo"): Place {
  return { id, name: id, parent, kind: "place", adjacent: [], position: [0, 0], presence: "open", policy, setting: "public", welcome: "" };
}

function climate(of: string, mixture: number[] | null = [0.2, 0.4, 0.2, 0.2]): Climate {
  return {
    id: 1, place: of, name: of, window: { start: "2026-11-24T13:00:00Z", end: "2026-11-24T14:00:00Z" }, grid: 2, mixture, people: 423,
    people_sd: 18, uncertainty: 0.03, epsilon: { day: 1, thirty_days: 14 }, framework: "nexus-1", state: mixture ? "speaks" : "quiet",
  };
}

function voice(of: Climate | null): Voice {
  return { place: "square", state: of ? "speaks" : "quiet", speaker: of?.place ?? null, next_at: null, climate: of };
}

describe("the wall's words", () => {
  beforeEach(() => useMessages("en", english));

  it("say how many people there are with no digit that the noise makes meaningless", () => {
    expect(sayPeople(climate("square"))).toBe("about 420 people, give or take 20");
  });

  it("never call a share nothing that somebody has", () => {
    expect([0, 0.002, 0.0051, 0.26].map(percent)).toEqual(["0%", "< 1%", "1%", "26%"]);
  });

  it("tell the window in the city's zone", () => {
    expect(sayWindow(climate("square"), "Europe/Amsterdam")).toMatch(/^(14:00 to 15:00|2:00.PM to 3:00.PM)$/);
  });

  it("tell the largest moods with their shares to those who cannot see them", () => {
    const parts = [0.4, 0.3, 0.2, 0.06, 0.04].map((share, at) => ({ share, label: `mood ${at}`, oklch: { l: 0, c: 0, h: 0 }, hex: "#000000" }));
    const said = sayMixture({ sentence: "", policy: "echo", parts } satisfies Why);
    expect(said).toBe("The light holds mood 0 40%, mood 1 30%, mood 2 20%, and mood 3 6%.");
    expect(sayMixture({ sentence: "", policy: "rest", parts: [] })).toBe("");
  });

  it("know whose voice it is", () => {
    expect(standingOf(place("square"), voice(climate("square")))).toBe("own");
    expect(standingOf(place("square"), voice(climate("east")))).toBe("borrowed");
    expect(standingOf(place("square"), voice(climate("square", null)))).toBe("silent");
    expect(standingOf(place("square"), voice(null))).toBe("silent");
    expect(standingOf(place("square", null, "rest"), voice(climate("square")))).toBe("rests");
  });
});

describe("a wall", () => {
  it("listens to its place and to all that lie above it", () => {
    const all = [place("city"), place("east", "city"), place("square", "east"), place("west", "city")];
    expect(upwards("square", all)).toEqual(["square", "east", "city"]);
  });
});
