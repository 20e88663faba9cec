import { describe, expect, test } from "vitest";

import { AS_I_AM } from "../boundaries/mine/keeping";
import { allowed, FREE } from "../boundaries/mine/policy";
import { OfflineError } from "../ground/api";
import { memoryShelf } from "../ground/phone";
import type { Charter, TermChange } from "../ground/types";
import { markSeen, readingAt, rulesToKeep, seenAt, without, withRules } from "./seen";

const WIDER: TermChange[] = [{ term: "audiences", before: ["place"], after: ["place", "city"], direction: "looser" }];

function city(refused: boolean): { asked: (number | null)[]; charter: (place: string, seen?: number | null) => Promise<Charter> } {
  const asked: (number | null)[] = [];
  return {
    asked,
    charter: (_, seen = null) => {
      asked.push(seen);
      return Promise.resolve({ version: { number: 3 }, since: { seen, direction: "looser", changes: WIDER, refused } } as Charter);
    },
  };
}

describe("what this phone has seen", () => {
  test("is nothing until it is marked, and then a number", async () => {
    const keep = memoryShelf<string>();
    expect(await seenAt(keep, "square")).toBeNull();
    await markSeen(keep, "square", 3);
    expect(await seenAt(keep, "square")).toBe(3);
    expect(await seenAt(keep, "hall")).toBeNull();
  });

  test("asks nobody where it has seen the version in force", async () => {
    const keep = memoryShelf<string>();
    await markSeen(keep, "square", 3);
    const there = city(true);
    expect(await readingAt(there, keep, "square", 3)).toEqual({ kind: "known", seen: 3 });
    expect(there.asked).toEqual([]);
  });

  test("must be read where the charter has opened, and need not where it has not", async () => {
    const keep = memoryShelf<string>();
    await markSeen(keep, "square", 2);
    const opened = city(true);
    expect((await readingAt(opened, keep, "square", 3)).kind).toBe("unread");
    expect(opened.asked).toEqual([2]);
    expect(await readingAt(city(false), keep, "square", 3)).toEqual({ kind: "known", seen: 3 });
    expect(await seenAt(keep, "square")).toBe(2); // it is marked when something is given, or read
  });

  test("is asked for where the version in force is not known", async () => {
    const keep = memoryShelf<string>();
    await markSeen(keep, "square", 3);
    const there = city(true);
    expect((await readingAt(there, keep, "square", undefined)).kind).toBe("unread");
    expect(there.asked).toEqual([3]);
  });

  test("goes along as it is when the city cannot be asked", async () => {
    const keep = memoryShelf<string>();
    await markSeen(keep, "square", 2);
    const away = { charter: () => Promise.reject(new OfflineError("away")) };
    expect(await readingAt(away, keep, "square", 3)).toEqual({ kind: "known", seen: 2 });
  });
});

describe("keeping to what was", () => {
  const at = { chain: ["square", "east", "city"], minute: 600, terms: FREE };

  test("holds back the audience that is new, at this place only", () => {
    const kept = withRules(AS_I_AM, rulesToKeep("square", WIDER) ?? []);
    expect(allowed(kept, at, "place")).toBe("cell");
    expect(allowed(kept, at, "city")).toBe("nothing");
    expect(allowed(kept, { ...at, chain: ["hall", "city"] }, "city")).toBe("cell");
  });

  test("gives a quarter where the pictures became finer", () => {
    const rules = rulesToKeep("square", [{ term: "finest_grid", before: 2, after: 8, direction: "looser" }]);
    expect(allowed(withRules(AS_I_AM, rules ?? []), at, "city")).toBe("quadrant");
  });

  test("is not offered where it is in nobody's hand alone", () => {
    const faster: TermChange = { term: "fastest_s", before: 3600, after: 900, direction: "looser" };
    expect(rulesToKeep("square", [...WIDER, faster])).toBeNull();
    expect(rulesToKeep("square", [{ term: "audiences", before: ["city"], after: ["place", "city"], direction: "looser" }])).toBeNull();
    expect(rulesToKeep("square", [{ term: "words", before: true, after: false, direction: "stricter" }])).toBeNull();
  });

  test("a place that is left gets nothing more, and others what they got", () => {
    const left = without(AS_I_AM, "square");
    for (const audience of ["place", "district", "city", "research"] as const) expect(allowed(left, at, audience)).toBe("nothing");
    expect(allowed(left, { ...at, chain: ["hall", "city"] }, "place")).toBe("cell");
  });
});
