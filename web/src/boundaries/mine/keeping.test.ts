import { beforeEach, describe, expect, test, vi } from "vitest";

import { AS_I_AM, keepBoundary, keptBoundary, ONLY_ME, parsed, privacyControl, takesNoPart } from "./keeping";

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
});

describe("a boundary on this phone", () => {
  test("until one is set, places get what they ask for, and research nothing", () => {
    expect(keptBoundary(false)).toEqual({ boundary: AS_I_AM, chosen: false });
    expect(AS_I_AM.limits.research).toBe("nothing");
  });

  test("where the browser asks for privacy, nothing leaves until the person says otherwise", () => {
    expect(keptBoundary(true)).toEqual({ boundary: ONLY_ME, chosen: false });
    keepBoundary(AS_I_AM);
    expect(keptBoundary(true)).toEqual({ boundary: AS_I_AM, chosen: true });
  });

  test("it is read back as it was set", () => {
    const mine = { ...AS_I_AM, rules: [{ audience: "city" as const, at_most: "presence" as const, place: "square", hours: [1320, 360] as const }], unsaid: [{ topic: "low", audience: "place" as const }] };
    expect(keepBoundary(mine)).toBe(true);
    expect(keptBoundary(false).boundary).toEqual(mine);
  });

  test.each(["", "{}", "null", '{"limits":{},"rules":[],"unsaid":[]}', JSON.stringify({ ...AS_I_AM, rules: [{ audience: "all" }] })])(
    "one that cannot be read lets nothing through: %s",
    (text) => {
      kept.set("nexus.boundary", text);
      expect(parsed(text)).toBeNull();
      expect(keptBoundary(false).boundary).toEqual(ONLY_ME);
    },
  );

  test("a browser that keeps nothing is told from one that does", () => {
    vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => { throw new Error("full"); } });
    expect(keepBoundary(ONLY_ME)).toBe(false);
  });

  test("only a boundary of nothing but nothing takes no part", () => {
    expect([ONLY_ME, AS_I_AM, { ...ONLY_ME, limits: { ...ONLY_ME.limits, place: "presence" as const } }].map(takesNoPart)).toEqual([true, false, false]);
  });
});

test("the browser's own signal is a yes, and everything else is not", () => {
  expect([{ globalPrivacyControl: true }, { globalPrivacyControl: false }, {}, { globalPrivacyControl: "1" }].map(privacyControl)).toEqual([true, false, false, false]);
});
