import { describe, expect, test } from "vitest";

import { AS_I_AM, ONLY_ME } from "./keeping";
import { openness, RESOLUTIONS, type Rule } from "./policy";
import { clockOf, holdsBack, minutesOf, PRESETS, presetOf, SET, withLimit, withoutRule, withPreset, withResearch, withRule, withTopic } from "./setting";

const NIGHT: Rule = { audience: "city", at_most: "presence", place: null, hours: [1320, 360] };

describe("setting one audience", () => {
  test("nobody further out is left with more, nobody further in with less", () => {
    for (const start of PRESETS) for (const audience of SET) for (const resolution of RESOLUTIONS) {
      const { limits } = withLimit(start.boundary, audience, resolution);
      expect(limits[audience]).toBe(resolution);
      const told = SET.map((each) => openness(limits[each]));
      expect(told).toEqual([...told].sort((a, b) => b - a));
    }
  });

  test("audiences that need not change do not", () => {
    expect(withLimit(AS_I_AM, "city", "quadrant").limits).toMatchObject({ place: "cell", district: "cell", city: "quadrant" });
  });

  test("without the city there is no research", () => {
    const open = withResearch(AS_I_AM, true);
    expect(open.limits.research).toBe("cell");
    expect(withLimit(open, "city", "nothing").limits.research).toBe("nothing");
    expect(withResearch(ONLY_ME, true).limits.research).toBe("nothing");
  });
});

describe("presets", () => {
  test("each is known again, and none is another", () => {
    for (const each of PRESETS) expect(presetOf(withPreset(AS_I_AM, each))).toBe(each.id);
  });

  test("keep the rules and the words that a person has set", () => {
    const mine = withTopic(withRule(AS_I_AM, NIGHT), "low", true);
    for (const each of PRESETS) expect(withPreset(mine, each)).toMatchObject({ rules: [NIGHT], unsaid: [{ topic: "low", audience: "place" }] });
  });

  test("what is none of them has no name", () => {
    expect(presetOf(withLimit(AS_I_AM, "city", "presence"))).toBeNull();
  });
});

describe("rules and words", () => {
  test("the same rule stands once, and can be taken away", () => {
    const twice = withRule(withRule(AS_I_AM, NIGHT), { ...NIGHT });
    expect(twice.rules).toEqual([NIGHT]);
    expect(withoutRule(twice, { ...NIGHT }).rules).toEqual([]);
  });

  test("a topic is held back or it is not", () => {
    const held = withTopic(withTopic(AS_I_AM, "low", true), "low", true);
    expect(held.unsaid).toHaveLength(1);
    expect([holdsBack(held, "low"), holdsBack(held, "calm"), holdsBack(withTopic(held, "low", false), "low")]).toEqual([true, false, false]);
  });
});

test("times are read as they are written, and nonsense is none", () => {
  expect(["00:00", "22:30", "23:59:00", "24:00", "", "x"].map(minutesOf)).toEqual([0, 1350, 1439, null, null, null]);
  expect([0, 1350, 1439].map(clockOf)).toEqual(["00:00", "22:30", "23:59"]);
});
