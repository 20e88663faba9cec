import { describe, expect, test } from "vitest";

import type { Place } from "../../ground/types";
import { AS_I_AM, limited, ONLY_ME } from "./keeping";
import { cellThatLeaves, familyOf, narrowed, quarterOf, situationAt, situationUnknown, type Given } from "./leaving";
import type { Boundary } from "./policy";

const SQUARE: Place = {
  id: "square", name: "The Square", parent: "east", kind: "place", adjacent: [], position: [0, 0], presence: "open", policy: "echo",
  setting: "public", welcome: "", audiences: ["place", "district", "city"],
};
const PLACES = [SQUARE, { ...SQUARE, id: "east", parent: "city" }, { ...SQUARE, id: "city", parent: null }];
const HERE = situationAt(SQUARE, PLACES, new Date(2026, 10, 24, 22, 30));
const WISH: Given = { reach: "city", resolution: "cell", words: ["sad", "glad"], research: true };
const FAMILY = (word: string) => (word === "sad" ? "low" : "lively") as "low" | "lively";

describe("where somebody is", () => {
  test("is the place and all above it, by the clock on the wall", () => {
    expect(HERE).toEqual({ chain: ["square", "east", "city"], minute: 22 * 60 + 30, terms: { audiences: ["place", "district", "city"], finest_grid: 8, words: true } });
  });

  test("the city itself knows no place apart from it", () => {
    expect(situationAt(PLACES[2]!, PLACES, new Date()).terms.audiences).toEqual(["city"]);
  });

  test("of a place that is not known now, every rule about a place is taken to hold", () => {
    const boundary: Boundary = { ...AS_I_AM, rules: [{ audience: "place", at_most: "nothing", place: "east", hours: null }] };
    expect(narrowed(boundary, situationUnknown("square", "city", boundary, new Date()), WISH, FAMILY)).toBeNull();
  });
});

describe("what may leave of a wish", () => {
  test("all of it, where the boundary allows all, but for research", () => {
    expect(narrowed(AS_I_AM, HERE, WISH, FAMILY)).toEqual({ ...WISH, research: false });
    expect(narrowed(limited("cell", "cell", "cell", "cell"), HERE, WISH, FAMILY)).toEqual(WISH);
  });

  test("nothing, where nothing may leave", () => {
    expect(narrowed(ONLY_ME, HERE, WISH, FAMILY)).toBeNull();
  });

  test("it goes to the furthest audience within the wish that is open", () => {
    expect(narrowed(limited("cell", "quadrant", "nothing"), HERE, WISH, FAMILY)).toMatchObject({ reach: "district", resolution: "quadrant", words: [], research: false });
    expect(narrowed(limited("cell", "quadrant", "nothing"), HERE, { ...WISH, reach: "place" }, FAMILY)).toMatchObject({ reach: "place", resolution: "cell" });
  });

  test("never more exactly than wished", () => {
    expect(narrowed(AS_I_AM, HERE, { ...WISH, resolution: "presence" }, FAMILY)).toMatchObject({ resolution: "presence", words: [] });
  });

  test("words of a family that is held back stay, and so do those that nobody knows", () => {
    const boundary: Boundary = { ...AS_I_AM, unsaid: [{ topic: "low", audience: "place" }] };
    expect(narrowed(boundary, HERE, WISH, FAMILY)?.words).toEqual(["glad"]);
    expect(narrowed(boundary, HERE, WISH, () => null)?.words).toEqual([]);
  });
});

describe("the area that leaves", () => {
  test("each of the 16 areas of a quarter comes from exactly one draw, from wherever in it one starts", () => {
    for (let cell = 0; cell < 64; cell += 1) {
      const drawn = new Set(Array.from({ length: 16 }, (_, bits) => cellThatLeaves(cell, "quadrant", () => bits)));
      expect(drawn).toEqual(quarterOf(cell));
      expect(drawn.size).toBe(16);
      expect(drawn.has(cell)).toBe(true);
    }
    expect(new Set([0, 7, 56, 63].flatMap((cell) => [...quarterOf(cell)])).size).toBe(64);
  });

  test("the browser's generator reaches all of them", () => {
    expect(new Set(Array.from({ length: 600 }, () => cellThatLeaves(9, "quadrant"))).size).toBe(16); // a miss: once in 10^15
  });

  test("as one is, it is one's own; of presence there is none", () => {
    expect([cellThatLeaves(42, "cell"), cellThatLeaves(42, "presence")]).toEqual([42, null]);
  });
});

test("a word belongs to the quarter of the plane in which it lies", () => {
  const at = (valence: number, arousal: number) => familyOf({ valence, arousal });
  expect([at(-0.7, -0.2), at(0.5, -0.5), at(-0.1, 0.9), at(0, 0)]).toEqual(["low", "calm", "tense", "lively"]);
});
