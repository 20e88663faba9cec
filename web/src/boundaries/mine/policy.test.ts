import { describe, expect, test } from "vitest";

import { allowed, says, tightened, widest, type Audience, type Boundary, type Situation } from "./policy";
import vectors from "./policy.vectors.json";

interface Question {
  boundary: Boundary;
  situation: Situation;
  allowed: Record<Audience, string>;
  widest: [string, string];
  says: Record<Audience, (string | null)[]>;
}
const questions = vectors.questions as unknown as Question[];
const changes = vectors.changes as unknown as { old: Boundary; new: Boundary; tightened: boolean }[];
const AUDIENCES = ["me", "circle", "place", "district", "city", "research"] as const;
const TOPICS = ["low", "calm", "tense", "lively", null];

describe("the twin answers as the reference does", () => {
  test("what each audience may learn", () => {
    for (const { boundary, situation, allowed: expected } of questions) {
      expect(Object.fromEntries(AUDIENCES.map((each) => [each, allowed(boundary, situation, each)]))).toEqual(expected);
    }
  });

  test("how far a check-in may go", () => {
    for (const { boundary, situation, widest: expected } of questions) expect(widest(boundary, situation)).toEqual(expected);
  });

  test("which words may go along", () => {
    for (const { boundary, situation, says: expected } of questions) {
      for (const each of AUDIENCES) expect(TOPICS.filter((topic) => says(boundary, situation, each, topic))).toEqual(expected[each]);
    }
  });

  test("whether a change makes anything stricter", () => {
    for (const each of changes) expect(tightened(each.old, each.new)).toBe(each.tightened);
  });

  test("and there is something to answer", () => {
    expect([questions.length, changes.length].every((count) => count >= 50)).toBe(true);
  });
});
