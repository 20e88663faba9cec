/** The plane's colours: the city's palette, given for cells, as a smooth field of linear light. */
import { contrast, fromLab, hex, labToLinear, mix, toLab, type Lab } from "../ground/oklch";
import type { Oklch, Palette } from "../ground/types";
import { SIDE, toScreen, type Point } from "./plane";

/** Before the palette arrives: moonlight, brighter to the right, as lightness follows valence. */
const MOONLIGHT: readonly Lab[] = Array.from({ length: SIDE * SIDE }, (_, cell) =>
  toLab({ l: 0.55 + 0.3 * ((cell % SIDE) / (SIDE - 1)), c: 0.03, h: 230 }),
);

export class ColourField {
  private readonly cells: readonly Lab[];

  constructor(palette: Palette | null) {
    this.cells = palette ? palette.grids["8"].map((colour: Oklch) => toLab(colour)) : MOONLIGHT;
  }

  /** The colour at a place of the screen (fractions 0..1): bilinear between the centres of cells, eased. */
  at(x: number, y: number): Lab {
    const column = Math.min(SIDE - 1, Math.max(0, x * SIDE - 0.5));
    const row = Math.min(SIDE - 1, Math.max(0, (1 - y) * SIDE - 0.5));
    const [c0, r0] = [Math.min(SIDE - 2, Math.floor(column)), Math.min(SIDE - 2, Math.floor(row))];
    const [tx, ty] = [ease(column - c0), ease(row - r0)];
    const low = mix(this.cell(r0, c0), this.cell(r0, c0 + 1), tx);
    const high = mix(this.cell(r0 + 1, c0), this.cell(r0 + 1, c0 + 1), tx);
    return mix(low, high, ty);
  }

  atPoint(point: Point): Lab {
    return this.at(...toScreen(point));
  }

  /** Linear sRGB of a square raster, row by row from the upper left: side*side*3 values 0..1. */
  raster(side: number): Float32Array {
    const light = new Float32Array(side * side * 3);
    for (let row = 0; row < side; row += 1) {
      for (let column = 0; column < side; column += 1) {
        const [r, g, b] = labToLinear(this.at((column + 0.5) / side, (row + 0.5) / side));
        light.set([Math.max(0, r), Math.max(0, g), Math.max(0, b)], (row * side + column) * 3);
      }
    }
    return light;
  }

  private cell(row: number, column: number): Lab {
    return this.cells[row * SIDE + column] ?? [0, 0, 0];
  }
}

const DARK: Oklch = { l: 0.15, c: 0.02, h: 252 };
const LIGHT: Oklch = { l: 0.98, c: 0.005, h: 230 };
const READABLE = 4.8; // some above 4.5, as the screen rounds and clamps what is computed here

/** The light of a point for things on the page, and an ink that can be read on it (WCAG 2 asks for 4.5:1); CSS colours. */
export function glowAt(field: ColourField, point: Point): { glow: string; on: string } {
  const glow = fromLab(field.atPoint(point));
  if (contrast(glow, LIGHT) > contrast(glow, DARK) && contrast(glow, LIGHT) > READABLE) return { glow: hex(glow), on: hex(LIGHT) };
  while (contrast(glow, DARK) < READABLE && glow.l < 1) glow.l += 0.01; // a little more light, the same hue
  return { glow: hex(glow), on: hex(DARK) };
}

/** Halfway between linear and smoothstep: no visible seams at the cells, no flat spots in their middle. */
function ease(t: number): number {
  return 0.5 * t + 0.5 * t * t * (3 - 2 * t);
}
