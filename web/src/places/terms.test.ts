import { beforeEach, describe, expect, test } from "vitest";

import { useMessages, type Messages } from "../ground/i18n";
import type { TermChange, Terms } from "../ground/types";
import { changeable, others } from "./choices";
import { sayAllWider, sayTerm } from "./terms";

const files = import.meta.glob<Messages>("../locales/*/places.json", { import: "default", eager: true });
const TERMS: Terms = {
  setting: "public", presence: "open", audiences: ["place", "city"], finest_grid: 8, fastest_s: 900, live: "no", words: true,
  policy: "echo", expected_crowd: 600, welcome: "", consent: { share: 0.66, quorum: 12, days: 7, objections: null },
};

beforeEach(() => useMessages("en", files["../locales/en/places.json"] ?? {}));

describe("a term", () => {
  test("is a whole sentence", () => {
    expect(sayTerm("fastest_s", 900)).toBe("It speaks every 15 minutes at most.");
    expect(sayTerm("finest_grid", 4)).toBe("Its pictures have 16 areas at most.");
    expect(sayTerm("words", false)).toBe("Words given here are not counted.");
    expect(sayTerm("audiences", ["place", "city"])).toContain("this place alone or the whole city");
    expect(sayTerm("consent", { share: 0.75, quorum: 3, days: 1, objections: 2 })).toBe(
      "A change is adopted when, within one day, at least 3 devices take part and 75% of those for or against are for it, with at most 2 objections.",
    );
  });

  test("that became wider is said with the others that did, and without those that did not", () => {
    const changes: TermChange[] = [
      { term: "words", before: false, after: true, direction: "looser" },
      { term: "finest_grid", before: 8, after: 2, direction: "stricter" },
      { term: "live", before: "no", after: "decaying", direction: "looser" },
    ];
    expect(sayAllWider(changes)).toBe("words given here are counted and a large crowd may be shown live");
  });
});

describe("what may be proposed", () => {
  test("is every value but the one there is", () => {
    expect(others(TERMS, "finest_grid")).toEqual([2, 4]);
    expect(others(TERMS, "audiences")).not.toContainEqual(["place", "city"]);
    expect(changeable(TERMS)).toContain("live");
    expect(changeable(TERMS)).toContain("audiences");
    expect(changeable(TERMS, true)).not.toContain("audiences");
  });

  test("is nothing faster at work and at school, and nothing live but in public", () => {
    expect(others({ ...TERMS, setting: "work" }, "live")).toEqual([]);
    expect(others({ ...TERMS, setting: "care" }, "live")).toEqual([]);
    expect(others({ ...TERMS, setting: "care" }, "fastest_s")).not.toEqual([]);
    expect(changeable({ ...TERMS, setting: "school" })).not.toContain("fastest_s");
  });
});
