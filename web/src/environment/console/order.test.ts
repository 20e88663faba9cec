import { describe, expect, it } from "vitest";

import type { House, Scene } from "./house";
import { scenesFor, zoneAfter } from "./order";

const scene = (id: string, zones: string[], priority: number): Scene => ({
  id, name: id, zones, policy: "echo", look: "field", level: 1, speed: 0.3, softness: 0.5, fade_s: 6, curve: "ease", priority,
});

describe("what lies under the digits", () => {
  it("is the zone's own scenes, the strongest first, and then the others", () => {
    const scenes = [scene("other", ["b"], 90), scene("weak", ["a"], 10), scene("strong", ["a", "b"], 60)];
    expect(scenesFor({ scenes } as House, "a").map((each) => each.id)).toEqual(["strong", "weak", "other"]);
  });
});

describe("going from zone to zone", () => {
  it("goes round, both ways", () => {
    expect(zoneAfter(["a", "b", "c"], "c", 1)).toBe("a");
    expect(zoneAfter(["a", "b", "c"], "a", -1)).toBe("c");
  });

  it("begins at the first, and nowhere in an empty house", () => {
    expect(zoneAfter(["a", "b"], "gone", 1)).toBe("a");
    expect(zoneAfter([], "", 1)).toBe("");
  });
});
