import { describe, expect, it } from "vitest";

import type { House, Luminaire, WireKind } from "./house";
import { begun, copied, idFor, missing, nextSpot, rowsOf, withoutRow, withRow } from "./parts";

const LAMP: Luminaire = {
  id: "row", zone: "wall", wire: "w", lamp: "rgb", pixels: 1, universe: 1, channel: 1, name: "", start: [0.5, 0.5], end: null, gamma: 2.2,
  white: [1, 1, 1],
};

function house(kind: WireKind, ...luminaires: Partial<Luminaire>[]): House {
  return {
    format: "nexus-house-1",
    patch: {
      wires: [{ id: "w", kind, host: "", port: 0, priority: 100, sync_universe: 0, interface: "", latency_ms: 0 }],
      zones: [{ id: "wall", name: "Wall", place: "square", cap: 1, night_cap: 0.4 }],
      luminaires: luminaires.map((each, at) => ({ ...LAMP, id: `row-${at + 1}`, ...each })),
    },
    scenes: [], sequences: [], schedules: [], night: { from: "22:00", to: "06:00" },
  };
}

describe("the next free spot", () => {
  it("follows the last luminaire of the wire", () => {
    expect(nextSpot(house("sacn", { pixels: 40 }), LAMP)).toEqual({ universe: 1, channel: 121 });
  });

  it("never straddles two universes: 170 pixels of three channels fill one", () => {
    expect(nextSpot(house("sacn", { pixels: 170 }), LAMP)).toEqual({ universe: 2, channel: 1 });
    expect(nextSpot(house("sacn", { pixels: 171 }), LAMP)).toEqual({ universe: 2, channel: 4 });
    expect(nextSpot(house("artnet", { universe: 0, channel: 511 }), LAMP)).toEqual({ universe: 1, channel: 4 });
  });

  it("comes after the highest universe, whatever the order", () => {
    expect(nextSpot(house("sacn", { universe: 7, lamp: "rgbw", pixels: 2 }, { universe: 2 }), LAMP)).toEqual({ universe: 7, channel: 9 });
  });

  it("counts bytes on a pixel wire, and nothing where lamps have names", () => {
    expect(nextSpot(house("ddp", { pixels: 300 }), LAMP).channel).toBe(901);
    expect(nextSpot(house("mqtt", { channel: 1 }), LAMP)).toEqual({ universe: 1, channel: 1 });
  });
});

describe("a new row", () => {
  it("gets an id from its name that nobody has", () => {
    const one = house("sacn");
    expect(idFor(one, "scenes", "Größe & Güte")).toBe("grosse-gute");
    const two = withRow(one, "sequences", null, { id: "tide", name: "Tide", cues: [], loop: true });
    expect(idFor(two, "scenes", "Tide")).toBe("tide-2");
    expect(idFor(two, "wires", "…")).toBe("wire");
  });

  it("stands beside the last one", () => {
    const one = house("sacn", { pixels: 10 });
    expect(begun(one, "luminaires", "square")).toMatchObject({ id: "row-2", channel: 31, wire: "w", zone: "wall" });
    expect(copied(one, "luminaires", rowsOf(one, "luminaires")[0]!)).toMatchObject({ id: "row-2", channel: 31 });
  });
});

describe("an edit", () => {
  it("replaces, adds or takes away one row and leaves the old house as it was", () => {
    const before = house("sacn", {});
    const after = withRow(before, "luminaires", "row-1", { ...LAMP, id: "row-1", channel: 9 });
    expect(rowsOf(after, "luminaires").map((each) => each.channel)).toEqual([9]);
    expect(rowsOf(before, "luminaires").map((each) => each.channel)).toEqual([1]);
    expect(rowsOf(withoutRow(after, "zones", "wall"), "zones")).toEqual([]);
  });
});

describe("a house without light", () => {
  it("says what it needs next", () => {
    const full = house("sacn", {});
    expect(missing(full)).toBe("scenes");
    expect(missing(withoutRow(full, "luminaires", "row-1"))).toBe("luminaires");
    expect(missing(withoutRow(full, "wires", "w"))).toBe("wires");
  });
});
