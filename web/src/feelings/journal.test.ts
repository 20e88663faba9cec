import { describe, expect, test } from "vitest";

import { memoryShelf } from "../ground/phone";
import { receiptOf } from "./fakes";
import { byDay, isReplaced, Journal, newKey, standing, type Entry } from "./journal";

function entry(key: string, at: number, change: Partial<Entry> = {}): Entry {
  return {
    key, at, place: "square", placeName: "Valen Square", point: { valence: 0.123456, arousal: -0.5 }, words: [], wordLabels: [], ownWords: [],
    note: "", reach: "city", state: "given", receipt: receiptOf("square", key, { cell: 1, audience: "city" }), ...change,
  };
}

const MINUTE = 60_000;

describe("the journal", () => {
  test("entries come newest first, each with its exact point", async () => {
    const journal = new Journal(memoryShelf<Entry>());
    for (const at of [2, 3, 1]) await journal.write(entry(`k${at}`, at * MINUTE));
    expect((await journal.entries()).map(({ key }) => key)).toEqual(["k3", "k2", "k1"]);
    expect((await journal.get("k2"))?.point.valence).toBe(0.123456);
  });

  test("amending what was removed does not bring it back", async () => {
    const journal = new Journal(memoryShelf<Entry>());
    expect(await journal.amend("gone", { state: "given" })).toBeUndefined();
    expect(await journal.entries()).toEqual([]);
  });

  test("days are runs of entries, newest day first", () => {
    const days = byDay([entry("c", 90 * MINUTE), entry("b", 70 * MINUTE), entry("a", 10 * MINUTE)], (at) => `hour ${at.getUTCHours()}`);
    expect(days.map(({ day, entries }) => [day, entries.length])).toEqual([["hour 1", 2], ["hour 0", 1]]);
  });

  test("keys are 22 letters of base64url, and no two are the same", () => {
    const keys = new Set(Array.from({ length: 500 }, () => newKey()));
    expect(keys.size).toBe(500);
    for (const key of keys) expect(key).toMatch(/^[\w-]{22}$/);
  });
});

describe("where an entry stands", () => {
  const at = (iso: string) => (other: string) => (Date.parse(other) - Date.parse(iso)) / 1000;

  test("a counted one is open until its window ends, then its place is about to speak, then it has spoken", () => {
    expect(standing(entry("a", 0), at("2026-11-24T12:59:59Z"))).toBe("open");
    expect(standing(entry("a", 0), at("2026-11-24T13:00:30Z"))).toBe("closing");
    expect(standing(entry("a", 0), at("2026-11-24T13:01:00Z"))).toBe("spoken");
  });

  test("what is not counted says why", () => {
    for (const reason of ["day-full", "nobody-speaks"] as const) {
      const receipt = receiptOf("square", "a", { cell: 1, audience: "place" }, { state: "kept", reason, window: null, speaks_at: null });
      expect(standing(entry("a", 0, { receipt }), at("2026-11-24T12:30:00Z"))).toBe(reason);
    }
  });

  test("of two answers in one window and place the later one counts", () => {
    const [first, second] = [entry("a", 1), entry("b", 2)];
    expect(isReplaced(first, [second, first])).toBe(true);
    expect(isReplaced(second, [second, first])).toBe(false);
    expect(isReplaced(first, [entry("b", 2, { place: "gallery" })])).toBe(false);
  });

  test("a later one that was not counted replaces nothing", () => {
    const full = receiptOf("square", "b", { cell: 1, audience: "city" }, { state: "kept", reason: "day-full" });
    expect(isReplaced(entry("a", 1), [entry("b", 2, { receipt: full })])).toBe(false);
  });
});
