import { describe, expect, it } from "vitest";

import type { Climate, Place, Places, Voice } from "../ground/types";
import { Chorus, tree } from "./chorus";

const place = (id: string, parent: string | null, name = id): Place => ({
  id, name, parent, kind: parent ? "place" : "city", adjacent: [], position: [0.5, 0.5],
  presence: "open", policy: "echo", setting: "public", welcome: "",
});
const city: Places = {
  root: "city",
  places: [place("city", null), place("town", "city"), place("square", "town", "Zinc Square"), place("attic", "town", "Ätna Attic")],
};
const HOUR = 3_600_000;
const NOON = Date.parse("2026-06-01T12:00:00Z");

function climate(id: number, of: string, endMs: number, state: Climate["state"] = "speaks"): Climate {
  return {
    id, place: of, name: of, state, grid: 2, mixture: state === "speaks" ? [0.25, 0.25, 0.25, 0.25] : null,
    window: { start: new Date(endMs - HOUR).toISOString(), end: new Date(endMs).toISOString() },
    people: 100, people_sd: 10, uncertainty: 0.05, epsilon: { day: 1, thirty_days: 13.9 }, framework: "nexus-1",
  };
}

function voice(of: string, state: Voice["state"], said: Climate | null = null): Voice {
  return { place: of, state, speaker: said?.place ?? null, next_at: "2026-06-01T13:00:00Z", climate: said };
}

describe("what a place says", () => {
  it("is its own climate while that is fresh", () => {
    const chorus = new Chorus(city);
    const own = climate(1, "square", NOON);
    chorus.hear(own);
    expect(chorus.voices(NOON + HOUR).get("square")).toMatchObject({ state: "speaks", speaker: "square", climate: own });
  });

  it("is the nearest ancestor's when its own climate is older than two of its windows", () => {
    const chorus = new Chorus(city);
    chorus.hear(climate(1, "square", NOON));
    chorus.hear(climate(2, "city", NOON + 2 * HOUR));
    chorus.hear(climate(3, "town", NOON + 2 * HOUR));
    expect(chorus.voices(NOON + 2 * HOUR + 1).get("square")).toMatchObject({ state: "quiet", speaker: "town" });
  });

  it("is nothing in a city that has just begun", () => {
    const chorus = new Chorus(city);
    chorus.say(voice("square", "quiet"));
    expect(chorus.voices(NOON).get("square")).toMatchObject({ state: "quiet", speaker: null, climate: null });
  });

  it("stays resting until the place itself is heard again", () => {
    const chorus = new Chorus(city);
    chorus.say(voice("attic", "resting", climate(1, "city", NOON)));
    expect(chorus.voices(NOON).get("attic")).toMatchObject({ state: "resting", speaker: "city" });
    chorus.hear(climate(2, "attic", NOON, "quiet"));
    expect(chorus.voices(NOON).get("attic")).toMatchObject({ state: "quiet", speaker: "city" });
  });

  it("does not go back to an older climate that the stream repeats", () => {
    const chorus = new Chorus(city);
    expect(chorus.hear(climate(2, "square", NOON + HOUR))).toBe(true);
    expect(chorus.hear(climate(1, "square", NOON))).toBe(false);
    expect(chorus.voices(NOON + HOUR).get("square")?.climate?.id).toBe(2);
  });

  it("ends with a window in which too few spoke", () => {
    const chorus = new Chorus(city);
    chorus.hear(climate(1, "square", NOON));
    chorus.hear(climate(2, "square", NOON + HOUR, "quiet"));
    expect(chorus.voices(NOON + HOUR).get("square")).toMatchObject({ state: "quiet", climate: null });
  });
});

describe("the tree of places", () => {
  it("orders what is below a place by name, as the language does", () => {
    const town = tree(city, "de")?.below[0];
    expect(town?.below.map((branch) => branch.place.name)).toEqual(["Ätna Attic", "Zinc Square"]);
  });

  it("is empty for a city without its root", () => {
    expect(tree({ root: "gone", places: [] }, "en")).toBeNull();
  });
});
