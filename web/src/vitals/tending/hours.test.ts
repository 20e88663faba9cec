import { expect, test } from "vitest";

import type { PlaceThen } from "./doors";
import { cityMs, HOURS, marks, momentOf, sightOf, stepped } from "./hours";

const NOW = Date.parse("2026-11-25T14:20:00Z");

test("now is no moment, and one hour back is the hour that began last", () => {
  expect(momentOf(0, NOW)).toBeNull();
  expect(momentOf(1, NOW)).toBe("2026-11-25T14:00:00.000Z");
  expect(momentOf(3, NOW)).toBe("2026-11-25T12:00:00.000Z");
});

test("arrows go an hour, pages a day, and nothing leads into the future or past fourteen days", () => {
  expect(stepped("ArrowLeft", 4)).toBe(5);
  expect(stepped("ArrowRight", 4)).toBe(3);
  expect(stepped("ArrowRight", 0)).toBe(0);
  expect(stepped("PageDown", 4)).toBe(28);
  expect(stepped("PageDown", HOURS)).toBe(HOURS);
  expect(stepped("Home", 4)).toBe(HOURS);
  expect(stepped("End", 4)).toBe(0);
  expect(stepped("x", 4)).toBeNull();
});

const PACE = { at: "2026-11-25T14:20:00Z", real_at: "2026-01-01T10:00:00Z", rate: 60 };

test("a minute of real time is an hour of a city that runs sixty times as fast", () => {
  expect(cityMs("2026-01-01T09:59:00Z", PACE)).toBe(NOW - 3_600_000);
});

test("an incident lies on the line where it was, and one from before the line is left out", () => {
  const found = marks(
    [
      { id: 1, began: "2026-01-01T09:58:00Z", ended: "2026-01-01T09:59:00Z" },
      { id: 2, began: "2026-01-01T04:00:00Z", ended: null },
      { id: 3, began: "2026-01-01T04:00:00Z", ended: "2026-01-01T04:10:00Z" },
    ],
    PACE,
    NOW,
  );
  expect(found.map(({ id }) => id)).toEqual([1, 2]);
  expect(found[0]?.to).toBeCloseTo(1 - 1 / HOURS);
  expect(found[0]?.from).toBeCloseTo(1 - 2 / HOURS);
  expect(found[1]).toEqual({ id: 2, from: 0, to: 1 });
});

test("of an hour in which no place stood on a rung and nobody spoke nothing is known", () => {
  const place = (state: PlaceThen["state"], speaker: string | null): PlaceThen =>
    ({ id: "square", name: "Square", kind: "place", parent: null, position: [0, 0], state, speaker, climate: null, mirror: "unheard", since: null });
  const places = [place("resting", null), place("resting", null)];
  expect(sightOf({ is_now: true, places })).toBe("now");
  expect(sightOf({ is_now: false, places })).toBe("nothing");
  expect(sightOf({ is_now: false, places: [...places, place("quiet", null)] })).toBe("then");
  expect(sightOf({ is_now: false, places: [...places, place("resting", "city")] })).toBe("then");
});
