import { describe, expect, it } from "vitest";

import type { Luminaire } from "./house";
import { brightness, hung, paint, radius, type Ink } from "./room";

const ROW: Luminaire = {
  id: "row", zone: "wall", wire: "w", lamp: "rgb", pixels: 3, universe: 1, channel: 1, name: "", start: [0, 0], end: [1, 0.5], gamma: 2.2,
  white: [1, 1, 1],
};

class Kept implements Ink {
  globalCompositeOperation: GlobalCompositeOperation = "source-over";
  fillStyle: string | CanvasGradient | CanvasPattern = "";
  readonly spots: { x: number; y: number; colour: string; how: string }[] = [];
  private at: [number, number] = [0, 0];
  fillRect(): void { this.spots.length = 0; }
  createRadialGradient(): { addColorStop: () => void } { return { addColorStop: () => undefined }; }
  beginPath(): void { this.at = [0, 0]; }
  arc(x: number, y: number): void { this.at = [x, y]; }
  fill(): void {
    if (typeof this.fillStyle === "string") this.spots.push({ x: this.at[0], y: this.at[1], colour: this.fillStyle, how: this.globalCompositeOperation });
  }
  /** The solid lamps that were drawn in these colours. */
  lamps(...colours: string[]): { x: number; y: number; colour: string }[] {
    return this.spots.filter((spot) => colours.includes(spot.colour));
  }
}

describe("the simulated room", () => {
  it("hangs the pixels of a row from its first to its last point", () => {
    expect(hung(ROW)).toEqual([[0, 0], [0.5, 0.25], [1, 0.5]]);
    expect(hung({ ...ROW, pixels: 1, start: [0.3, 0.7], end: null })).toEqual([[0.3, 0.7]]);
  });

  it("draws every pixel in its own colour, from left to right", () => {
    const ink = new Kept();
    paint(ink, 100, 60, [ROW], { row: ["#ff0000", "#00ff00", "#0000ff"] });
    const solid = ink.lamps("#ff0000", "#00ff00", "#0000ff");
    expect(solid.map((spot) => spot.colour)).toEqual(["#ff0000", "#00ff00", "#0000ff"]);
    expect(solid.map((spot) => spot.x)).toEqual([...solid.map((spot) => spot.x)].sort((a, b) => a - b));
    expect(solid.every((spot) => spot.x > 0 && spot.x < 100 && spot.y > 0 && spot.y < 60)).toBe(true);
  });

  it("shows where a lamp hangs that is out, or of which nothing is known yet", () => {
    const ink = new Kept();
    paint(ink, 100, 60, [ROW], { row: ["#000000"] });
    const bodies = ink.spots.filter((spot) => spot.colour !== "#000000");
    expect(new Set(bodies.map((spot) => spot.x)).size).toBe(3);
    expect(ink.spots.every((spot) => spot.how === "lighten")).toBe(true);
  });

  it("draws many pixels smaller than few, and none too small to see", () => {
    expect(radius(300, 1)).toBeGreaterThan(radius(300, 480));
    expect(radius(300, 100_000)).toBeGreaterThan(1);
  });

  it("says how brightly it shines, and nothing before it knows", () => {
    expect(brightness([ROW], {})).toBeNull();
    expect(brightness([ROW], { row: ["#ff0000", "#000000", "#000000"] })).toBeCloseTo(1 / 3);
  });
});
