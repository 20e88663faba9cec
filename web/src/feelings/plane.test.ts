import { describe, expect, test } from "vitest";

import { band, cellOf, centreOf, columnAndRow, fromScreen, move, nearest, SIDE, toScreen } from "./plane";

const CELLS = Array.from({ length: SIDE * SIDE }, (_, cell) => cell);

/** As the server nests its grids: `coarsen` in feelings/plane.py. */
function coarsen(cell: number, to: number): number {
  const [column, row] = columnAndRow(cell);
  const block = SIDE / to;
  return Math.floor(row / block) * to + Math.floor(column / block);
}

describe("the cells of the plane", () => {
  test("cells are numbered as on the server: 0 is unpleasant and calm, 7 pleasant and calm, 56 unpleasant and activated", () => {
    expect(cellOf({ valence: -1, arousal: -1 })).toBe(0);
    expect(cellOf({ valence: 1, arousal: -1 })).toBe(7);
    expect(cellOf({ valence: -1, arousal: 1 })).toBe(56);
    expect(cellOf({ valence: 1, arousal: 1 })).toBe(63);
  });

  test("a point on an inner edge belongs to the more pleasant, more activated cell; the middle is pleasant and activated", () => {
    expect(cellOf({ valence: 0, arousal: 0 })).toBe(4 * SIDE + 4);
    expect(cellOf({ valence: -0.75, arousal: -1 })).toBe(1);
  });

  test("the middle of each cell lies in it", () => {
    for (const cell of CELLS) expect(cellOf(centreOf(cell))).toBe(cell);
  });

  test("each quadrant of the 2×2 grid is made of sixteen whole cells, and their signs say which", () => {
    for (const cell of CELLS) {
      const { valence, arousal } = centreOf(cell);
      expect(coarsen(cell, 2)).toBe((arousal > 0 ? 2 : 0) + (valence > 0 ? 1 : 0));
    }
    expect(CELLS.filter((cell) => coarsen(cell, 2) === 3)).toHaveLength(16);
  });

  test("a point goes to the screen and back unchanged, upwards being activated", () => {
    for (const cell of CELLS) expect(fromScreen(...toScreen(centreOf(cell)))).toEqual(centreOf(cell));
    expect(toScreen({ valence: 0, arousal: 1 })).toEqual([0.5, 0]);
  });

  test("a finger outside the plane is taken to its edge", () => {
    expect(fromScreen(1.4, -0.2)).toEqual({ valence: 1, arousal: 1 });
  });
});

describe("the plane by keyboard", () => {
  test("the first arrow starts from the middle", () => {
    expect(move(null, "ArrowUp", false)).toEqual({ valence: 0, arousal: 0.05 });
  });

  test("with Shift an arrow moves by one cell", () => {
    const from = centreOf(27);
    const to = move(from, "ArrowRight", true);
    expect(to && cellOf(to)).toBe(28);
  });

  test("every corner can be reached, and nothing lies beyond it", () => {
    let point = { valence: 0, arousal: 0 };
    for (let press = 0; press < 30; press += 1) point = move(move(point, "ArrowLeft", false) ?? point, "ArrowDown", false) ?? point;
    expect(point).toEqual({ valence: -1, arousal: -1 });
  });

  test("Home leads to the middle, and other keys are left to the browser", () => {
    expect(move({ valence: 1, arousal: 1 }, "Home", false)).toEqual({ valence: 0, arousal: 0 });
    expect(move(null, "Tab", false)).toBeNull();
  });
});

test("the five bands of an axis meet without a gap and mirror each other", () => {
  const named = [-1, -0.61, -0.6, -0.16, -0.15, 0, 0.15, 0.16, 0.6, 0.61, 1].map(band);
  expect(named).toEqual([
    "far-below", "far-below", "below", "below", "middle", "middle", "middle", "above", "above", "far-above", "far-above",
  ]);
});

test("the nearest words come first", () => {
  const words = [{ valence: 1, arousal: 1 }, { valence: 0.1, arousal: 0 }, { valence: 0.4, arousal: 0 }];
  expect(nearest(words, { valence: 0, arousal: 0 }, 2)).toEqual([words[1], words[2]]);
});
