import { describe, expect, test } from "vitest";

import { contrast, hex, toLab } from "../ground/oklch";
import type { Oklch, Palette } from "../ground/types";
import { ColourField, glowAt } from "./field";
import { centreOf, SIDE } from "./plane";

const CELLS = Array.from({ length: SIDE * SIDE }, (_, cell) => cell);

/** Any lightness and hue that a palette may choose. */
function palette(of: (cell: number) => Oklch): Palette {
  return { framework: "nexus-1", grids: { "2": [], "4": [], "8": CELLS.map(of) } };
}

/** WCAG contrast of two colours as the screen shows them. */
function shownContrast(a: string, b: string): number {
  const light = (text: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const code = Number.parseInt(text.slice(at, at + 2), 16) / 255;
      return code <= 0.04045 ? code / 12.92 : ((code + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [high = 0, low = 0] = [light(a), light(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

describe("the colours of the plane", () => {
  test("the middle of a cell has the colour that the city gives it", () => {
    const colours = palette((cell) => ({ l: 0.4 + (cell % 8) * 0.05, c: 0.05, h: cell * 5 }));
    const field = new ColourField(colours);
    for (const cell of CELLS) {
      const colour = colours.grids["8"][cell] as Oklch;
      field.atPoint(centreOf(cell)).forEach((part, at) => expect(part).toBeCloseTo(toLab(colour)[at] as number, 9));
    }
  });

  test("before the palette arrives there is moonlight, brighter to the pleasant side", () => {
    const field = new ColourField(null);
    expect(field.atPoint({ valence: 1, arousal: 0 })[0]).toBeGreaterThan(field.atPoint({ valence: -1, arousal: 0 })[0]);
  });

  test("whatever the palette, what is written on a light can be read", () => {
    for (const [l, c] of [[0.3, 0.08], [0.5, 0.15], [0.58, 0.19], [0.65, 0.1], [0.9, 0.12]] as const) {
      const field = new ColourField(palette((cell) => ({ l, c, h: cell * 5.6 })));
      for (const cell of CELLS) {
        const { glow, on } = glowAt(field, centreOf(cell));
        expect(shownContrast(glow, on)).toBeGreaterThan(4.5);
      }
    }
  });

  test("a light that can be read already is left as it is", () => {
    const colour = { l: 0.8, c: 0.1, h: 100 };
    expect(contrast(colour, { l: 0.15, c: 0.02, h: 252 })).toBeGreaterThan(4.8);
    expect(glowAt(new ColourField(palette(() => colour)), { valence: 0, arousal: 0 }).glow).toBe(hex(colour));
  });
});
