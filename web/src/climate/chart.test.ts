import { describe, expect, it } from "vitest";

import type { Place } from "../ground/types";
import { between, chart, evenly, hull, membrane, neighbours, type Frame, type Spot } from "./chart";

const at = (id: string, x: number, y: number, adjacent: string[] = []): Place => ({ id, position: [x, y], adjacent }) as unknown as Place;
const frame: Frame = { left: 50, top: 100, right: 350, bottom: 500, apart: { x: 60, y: 60 } };

describe("a chart", () => {
  it("stretches the city's map to fill its frame", () => {
    const spots = chart([at("north-west", 0.2, 0.1), at("south-east", 0.9, 0.6)], frame);
    expect(spots.get("north-west")).toEqual({ x: 50, y: 100 });
    expect(spots.get("south-east")).toEqual({ x: 350, y: 500 });
  });

  it("puts a single place into the middle", () => {
    expect(chart([at("square", 0.5, 0.5)], frame).get("square")).toEqual({ x: 200, y: 300 });
  });

  it("pushes apart places that were all given the same position", () => {
    const spots = [...chart(["a", "b", "c", "d"].map((id) => at(id, 0.5, 0.5)), frame).values()];
    for (const [which, one] of spots.entries()) {
      for (const other of spots.slice(which + 1)) expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(55);
    }
  });

  it("keeps every place within its frame, however many there are", () => {
    const many = Array.from({ length: 60 }, (_, which) => at(`p${which}`, (which % 7) / 6, (which % 11) / 10));
    for (const { x, y } of chart(many, frame).values()) {
      expect(x >= frame.left && x <= frame.right && y >= frame.top && y <= frame.bottom).toBe(true);
    }
  });

  it("is the same for the same places", () => {
    const places = [at("a", 0.5, 0.5), at("b", 0.5, 0.5), at("c", 0.1, 0.9)];
    expect(chart(places, frame)).toEqual(chart(places, frame));
  });
});

describe("a membrane", () => {
  const inside = (line: readonly Spot[], { x, y }: Spot): boolean => {
    const turns = line.map((from, step) => {
      const to = line[(step + 1) % line.length]!;
      return (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x);
    });
    return turns.every((turn) => turn > 0) || turns.every((turn) => turn < 0);
  };

  it("encloses all its places", () => {
    const spots = [{ x: 0, y: 0 }, { x: 120, y: 30 }, { x: 60, y: 140 }];
    for (const spot of spots) expect(inside(membrane(spots, 40, 96), spot)).toBe(true);
  });

  it("has as many points as were asked for, at even distances", () => {
    const line = evenly([{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }, { x: 0, y: 10 }], 40);
    expect(line).toHaveLength(40);
    line.forEach((from, step) => {
      const to = line[(step + 1) % 40]!;
      expect(Math.hypot(to.x - from.x, to.y - from.y)).toBeCloseTo(1, 9);
    });
  });

  it("leaves the inner points out of its hull", () => {
    const corners = [{ x: 0, y: 0 }, { x: 4, y: 0 }, { x: 4, y: 4 }, { x: 0, y: 4 }];
    expect(hull([...corners, { x: 2, y: 2 }, { x: 2, y: 0 }])).toHaveLength(4);
  });
});

describe("lines between neighbours", () => {
  it("are drawn once, whichever of the two names the other", () => {
    expect(neighbours([at("b", 0, 0, ["a"]), at("a", 0, 0, ["b"])])).toEqual([["a", "b"]]);
  });

  it("end where the light of a place begins", () => {
    expect(between({ x: 0, y: 0 }, 10, { x: 0, y: 100 }, 20)).toEqual([{ x: 0, y: 10 }, { x: 0, y: 80 }]);
    expect(between({ x: 0, y: 0 }, 60, { x: 0, y: 100 }, 60)).toBeNull();
  });

  it("lead to nothing that is not on the map", () => {
    expect(neighbours([at("a", 0, 0, ["elsewhere", "a"])])).toEqual([]);
  });
});
