import { expect, test } from "vitest";

import type { Mirror, PlaceThen } from "./doors";
import { allMended, isTorn, threads } from "./threads";

function place(id: string, parent: string | null, mirror: Mirror): PlaceThen {
  return { id, name: id, kind: "place", parent, position: [0, 0], state: "quiet", speaker: null, climate: null, mirror, since: null };
}

const LIGHTS = new Map([
  ["city", { id: "city", at: { x: 0, y: 0 }, radius: 10 }],
  ["square", { id: "square", at: { x: 100, y: 0 }, radius: 10 }],
  ["nook", { id: "nook", at: { x: 18, y: 0 }, radius: 10 }],
]);

test("a whole thread is one line that touches neither light", () => {
  const [thread] = threads([place("city", null, "unheard"), place("square", "city", "in-step")], LIGHTS);
  expect(thread).toEqual({ from: "square", mirror: "in-step", paths: ["M85.0 0.0L15.0 0.0"] });
});

test("a torn thread is two ends with a gap between them", () => {
  const [thread] = threads([place("square", "city", "behind")], LIGHTS);
  const tips = thread?.paths.map((path) => Number(/ (-?[\d.]+) (-?[\d.]+)$/.exec(path)?.[1]));
  expect(thread?.paths).toHaveLength(2);
  expect(tips?.[0]).toBeGreaterThan(50);
  expect(tips?.[1]).toBeLessThan(50);
});

test("lights that touch, and a root, have no thread", () => {
  expect(threads([place("city", null, "unheard"), place("nook", "city", "behind")], LIGHTS)).toEqual([]);
});

test("a place of which nobody has heard is not torn", () => {
  expect((["in-step", "unheard", "behind", "wrong", "silent"] as const).map(isTorn)).toEqual([false, false, true, true, true]);
});

test("an incident is mended while it lasts and every mirror that it touched is whole now", () => {
  const now = [place("hall", null, "in-step"), place("square", null, "in-step"), place("nook", null, "unheard")];
  expect(allMended({ ended: null, places: ["hall", "square"] }, now)).toBe(true);
  expect(allMended({ ended: "2026-11-25T11:40:00Z", places: ["hall"] }, now)).toBe(false);
  expect(allMended({ ended: null, places: ["hall", "nook"] }, now)).toBe(false);
  expect(allMended({ ended: null, places: [] }, now)).toBe(false);
});
