import { describe, expect, test } from "vitest";

import type { Place } from "../ground/types";
import { changesOf, wishOf } from "./changes";

const SQUARE: Place = {
  id: "square", name: "The Square", parent: "city", kind: "place", adjacent: [], position: [0.5, 0.5],
  presence: "open", policy: "echo", setting: "public", welcome: "Sit down.", expected_crowd: 600,
};

describe("the changes of a place", () => {
  test("are none while the form says what the place declares", () => {
    expect(changesOf(SQUARE, wishOf(SQUARE))).toEqual({});
  });

  test("hold only what differs", () => {
    expect(changesOf(SQUARE, { ...wishOf(SQUARE), presence: "required", expected_crowd: 0 }))
      .toEqual({ presence: "required", expected_crowd: 0 });
  });

  test("do not count spaces around the welcome, and can empty it", () => {
    expect(changesOf(SQUARE, { ...wishOf(SQUARE), welcome: " Sit down. " })).toEqual({});
    expect(changesOf(SQUARE, { ...wishOf(SQUARE), welcome: "  " })).toEqual({ welcome: "" });
  });

  test("leave the crowd alone while its field is empty", () => {
    expect(changesOf(SQUARE, { ...wishOf(SQUARE), expected_crowd: null })).toEqual({});
  });
});
