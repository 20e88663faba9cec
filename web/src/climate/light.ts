/**
 * The light of a mixture, as numbers: which colours it has in which shares, and how a soft drop is filled with them so
 * that the area of each colour is the share of its mood. No canvas here.
 */
import { labToRgb8, mix, toLab, type Lab } from "../ground/oklch";
import type { Climate, Oklch, Palette, Policy } from "../ground/types";
import { around, CELLS, coarseCell, FINE, refine } from "./mixture";

/** Steps into which a mixture is divided when it is painted. */
export const LEVELS = 256;
const AROUND = around(FINE);
const MOON: Lab = toLab({ l: 0.72, c: 0.03, h: 225 });
/** How far, as a share of the whole, neighbouring colours run into each other: at no uncertainty, and at full. */
const CRISP = 0.006;
const VAGUE = 0.05;

/** A mixture as it is painted: 64 shares with their colours, and how unsure they are. */
export interface Hues {
  shares: readonly number[];
  colours: readonly Lab[];
  /** 0 sure … 1 unsure. */
  softness: number;
}

/** What a climate looks like in the city's palette; null where it says nothing. */
export function huesOf(climate: Pick<Climate, "mixture" | "grid" | "uncertainty"> | null, palette: Palette | null): Hues | null {
  if (!climate?.mixture) return null;
  const colours = palette?.grids[`${climate.grid}`];
  return {
    shares: refine(climate.mixture, climate.grid),
    colours: Array.from({ length: CELLS }, (_, cell) => {
      const colour = colours?.[coarseCell(cell, FINE, climate.grid)];
      return colour ? toLab(colour) : MOON;
    }),
    softness: Math.min(1, climate.uncertainty * 4),
  };
}

/** Between two mixtures: the areas flow from one to the other. Colours change only where the grid does. */
export function between(from: Hues, to: Hues, t: number): Hues {
  const part = (a: number | undefined, b: number | undefined): number => (a ?? 0) + ((b ?? 0) - (a ?? 0)) * t;
  return {
    shares: to.shares.map((share, cell) => part(from.shares[cell], share)),
    colours: to.colours.map((colour, cell) => mix(from.colours[cell] ?? colour, colour, t)),
    softness: part(from.softness, to.softness),
  };
}

/**
 * The colours of a mixture laid out in a row, 8-bit sRGB, `LEVELS` of them: each mood takes as many as its share, in
 * the order around the plane, and runs softly into its neighbours.
 */
export function spectrum({ shares, colours, softness }: Hues): Uint8ClampedArray {
  const row: Lab[] = [];
  let reached = 0;
  for (const cell of AROUND) {
    reached += shares[cell] ?? 0;
    const colour = colours[cell] ?? MOON;
    while (row.length < LEVELS && row.length + 0.5 <= reached * LEVELS) row.push(colour);
  }
  while (row.length < LEVELS) row.push(row.at(-1) ?? MOON);
  const reach = Math.round((CRISP + (VAGUE - CRISP) * softness) * LEVELS);
  return Uint8ClampedArray.from(blurred(row, reach).flatMap((lab) => [...labToRgb8(lab)]));
}

function blurred(row: readonly Lab[], reach: number): Lab[] {
  return row.map((_, at) => {
    const sum: [number, number, number] = [0, 0, 0];
    for (let step = -reach; step <= reach; step += 1) {
      const lab = row[Math.min(row.length - 1, Math.max(0, at + step))] ?? MOON;
      for (let part = 0; part < 3; part += 1) sum[part]! += lab[part]!;
    }
    return sum.map((part) => part / (2 * reach + 1)) as unknown as Lab;
  });
}

/** Turns values of a field into their ranks, 0..LEVELS-1: every rank is taken by equally many of them. */
export function ranks(field: Float32Array, count: number): Uint8Array {
  const bins = 1024;
  let [low, high] = [Infinity, -Infinity];
  for (let at = 0; at < count; at += 1) {
    low = Math.min(low, field[at]!);
    high = Math.max(high, field[at]!);
  }
  const scale = high > low ? (bins - 1) / (high - low) : 0;
  const below = new Uint32Array(bins + 1);
  for (let at = 0; at < count; at += 1) below[Math.floor((field[at]! - low) * scale) + 1]! += 1;
  for (let bin = 0; bin < bins; bin += 1) below[bin + 1]! += below[bin]!;
  const found = new Uint8Array(count);
  for (let at = 0; at < count; at += 1) {
    const bin = Math.floor((field[at]! - low) * scale);
    found[at] = Math.min(LEVELS - 1, (((below[bin]! + below[bin + 1]!) / 2) * LEVELS) / count);
  }
  return found;
}

/** A slow, smooth field over the plane: what is near is alike. `seed` gives each drop currents of its own. */
export function current(x: number, y: number, time: number, seed: number): number {
  const bend = Math.sin(y * 2.7 + seed + time * 0.16) + 0.6 * Math.sin(x * 4.1 - seed * 1.7 - time * 0.11);
  return (
    Math.sin(x * 2.1 + bend * 1.3 + seed * 2.1 + time * 0.13) +
    0.8 * Math.sin(y * 3.1 - bend * 1.1 + x * Math.sin(seed) - time * 0.1) +
    0.34 * Math.sin((x + y) * 4.7 + bend * 1.8 + seed - time * 0.19)
  );
}

/** A drop: a soft disc, or for a borrowed voice only its ring. What does not change about its pixels is kept. */
export class Drop {
  private readonly inside: Uint32Array;
  private readonly x: Float32Array;
  private readonly y: Float32Array;
  private readonly far: Float32Array;
  private readonly field: Float32Array;

  constructor(side: number, private readonly seed: number, private readonly hollow = false) {
    const across = (step: number): number => ((step + 0.5) / side) * 2 - 1;
    const all = Array.from({ length: side * side }, (_, at) => {
      return { at, x: across(at % side), y: across(Math.floor(at / side)) };
    });
    const disc = all.filter(({ x, y }) => Math.hypot(x, y) < 1);
    this.inside = Uint32Array.from(disc, ({ at }) => at);
    this.x = Float32Array.from(disc, ({ x }) => x);
    this.y = Float32Array.from(disc, ({ y }) => y);
    this.far = Float32Array.from(disc, ({ x, y }) => Math.hypot(x, y));
    this.field = new Float32Array(disc.length);
  }

  /**
   * Fill `pixels` (RGBA, side·side) with the colours of `row` (a spectrum) at `time` in seconds; `softness` 0..1 widens
   * the drop's edge.
   */
  fill(pixels: Uint8ClampedArray, row: Uint8ClampedArray, time: number, softness: number): void {
    const { inside, field } = this;
    for (let at = 0; at < inside.length; at += 1) field[at] = current(this.x[at]!, this.y[at]!, time, this.seed);
    const rank = ranks(field, field.length);
    for (let at = 0; at < inside.length; at += 1) {
      const level = rank[at]! * 3;
      const shade = this.shade(at);
      const into = inside[at]! * 4;
      pixels[into] = row[level]! * shade;
      pixels[into + 1] = row[level + 1]! * shade;
      pixels[into + 2] = row[level + 2]! * shade;
      pixels[into + 3] = 255 * this.cover(at, time, softness);
    }
  }

  /** A drop is round: its light is fullest a little above the middle and falls off towards the rim. Areas stay. */
  private shade(at: number): number {
    if (this.hollow) return 1;
    return 1.1 - 0.62 * Math.min(1, (this.x[at]! ** 2 + (this.y[at]! + 0.22) ** 2) / 1.3);
  }

  private cover(at: number, time: number, softness: number): number {
    const far = this.far[at]!;
    if (far < 0.5) return this.hollow ? 0 : 1;
    const angle = Math.atan2(this.y[at]!, this.x[at]!);
    const swell = 0.028 * Math.sin(3 * angle + this.seed + time * 0.42) + 0.02 * Math.sin(2 * angle - time * 0.31);
    const outer = smooth((0.93 + swell - far) / (0.08 + 0.26 * softness));
    return this.hollow ? outer * smooth((far - 0.6 - swell) / 0.16) * 0.8 : outer;
  }
}

function smooth(t: number): number {
  const x = Math.min(1, Math.max(0, t));
  return x * x * (3 - 2 * x);
}

/**
 * The colour of a mood itself, where the place's light answers with the opposite energy: the same column of the palette
 * with the rows turned round. Elsewhere the light already has the mood's colour.
 */
export function feltColour(shown: Oklch, policy: Policy, palette: Palette | null): Oklch {
  if (policy !== "complement" || palette === null) return shown;
  for (const side of [2, 4] as const) {
    const colours = palette.grids[`${side}`];
    const cell = colours.findIndex(({ l, c, h }) => l === shown.l && c === shown.c && h === shown.h);
    if (cell >= 0) return colours[(side - 1 - Math.floor(cell / side)) * side + (cell % side)] ?? shown;
  }
  return shown;
}
