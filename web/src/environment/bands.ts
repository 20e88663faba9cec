/**
 * The light of a place as numbers: its mixture laid end to end in bands, one a mood, ready to be painted. Moods that
 * are neighbours on the plane lie side by side; nothing is ever averaged over the whole (law 7). No canvas here.
 */
import { around, CELLS, coarseCell, FINE, refine } from "../climate/mixture";
import { mix, toLab, type Lab } from "../ground/oklch";
import type { Climate, Palette, Policy } from "../ground/types";

/** Steps of a ribbon: a share of 0.2 % is one of them. */
export const STEPS = 512;
const AROUND = around(FINE);
/** Foam in the dark: the light of nobody's feelings. */
const FOAM: Lab = toLab({ l: 0.8, c: 0.055, h: 243 });
/** How far two moods run into each other, as a share of the wall, where nothing is unsure, and by unsureness. */
const CRISP = 0.006;
const BY_UNCERTAINTY = 0.6;
const VAGUEST = 0.06;
/** A mood keeps at least this part of its band, however soft the edges. */
const KEPT = 0.3;
/** OKLab distances from which on colours meet in the dark instead of in a third colour. */
const NEAR = 0.1;
const FAR = 0.3;
const SEAM = 0.4;

export interface Bands {
  /** Share of each cell of the 8×8 grid, summing to 1. */
  shares: readonly number[];
  /** Colour by which each cell is shown. */
  colours: readonly Lab[];
  /** Half the width of the borders, as a share of the wall. */
  softness: number;
  /** 0 the light follows feelings … 1 it rests. */
  rest: number;
}

/** A light that follows nobody. */
export const RESTING: Bands = {
  shares: new Array<number>(CELLS).fill(1 / CELLS),
  colours: new Array<Lab>(CELLS).fill(FOAM),
  softness: VAGUEST,
  rest: 1,
};

/** The row that stands for `row`: a light that complements keeps valence and turns arousal round. */
export function answered(cell: number, side: number, policy: Policy): number {
  const row = Math.floor(cell / side);
  return (policy === "complement" ? side - 1 - row : row) * side + (cell % side);
}

/** How `climate` is shown by a place of `policy`; null where it cannot be, because nobody speaks or the place rests. */
export function bandsOf(climate: Climate | null, policy: Policy, palette: Palette | null): Bands {
  if (!climate?.mixture || palette === null || policy === "rest") return RESTING;
  const { grid, mixture, uncertainty } = climate;
  const shown = palette.grids[`${grid}`];
  return {
    shares: refine(mixture, grid),
    colours: Array.from({ length: CELLS }, (_, cell) => {
      const colour = shown[answered(coarseCell(cell, FINE, grid), grid, policy)];
      return colour ? toLab(colour) : FOAM;
    }),
    softness: Math.min(VAGUEST, CRISP + BY_UNCERTAINTY * uncertainty),
    rest: 0,
  };
}

/** On the way from one light to another: areas flow, and colours go through OKLab. */
export function between(from: Bands, to: Bands, t: number): Bands {
  const part = (a: number, b: number): number => a + (b - a) * t;
  return {
    shares: to.shares.map((share, cell) => part(from.shares[cell] ?? 0, share)),
    colours: to.colours.map((colour, cell) => mix(from.colours[cell] ?? colour, colour, t)),
    softness: part(from.softness, to.softness),
    rest: part(from.rest, to.rest),
  };
}

interface Band {
  end: number;
  width: number;
  colour: Lab;
}

/**
 * The bands as a texture one point high: `STEPS` times OKLab and how much light there is. A border lies in the middle
 * of its softness, so that soft bands keep their areas.
 */
export function ribbon(bands: Bands): Float32Array {
  const row = laid(bands);
  const texture = new Float32Array(STEPS * 4);
  let at = 0;
  for (let step = 0; step < STEPS; step += 1) {
    const place = (step + 0.5) / STEPS;
    while (at < row.length - 1 && place > row[at]!.end) at += 1;
    texture.set(seen(row, at, place, bands.softness), step * 4);
  }
  return texture;
}

/** The bands that are there, in the order around the plane; cells of one colour are one band. */
function laid({ shares, colours }: Bands): Band[] {
  const row: Band[] = [];
  let end = 0;
  for (const cell of AROUND) {
    const width = shares[cell] ?? 0;
    const colour = colours[cell] ?? FOAM;
    if (width <= 0) continue;
    end += width;
    const last = row.at(-1);
    if (last && apart(last.colour, colour) < 1e-6) [last.end, last.width] = [end, last.width + width];
    else row.push({ end, width, colour });
  }
  return row;
}

/** What is seen at `place` in the band `at`: its colour, or what it shares with the neighbour whose border is near. */
function seen(row: readonly Band[], at: number, place: number, softness: number): [number, number, number, number] {
  const here = row[at];
  if (here === undefined) return [...FOAM, 1];
  const start = here.end - here.width;
  const [before, after] = [row[at - 1], row[at + 1]];
  for (const [border, low, high] of [[start, before, here], [here.end, here, after]] as const) {
    if (low === undefined || high === undefined) continue;
    const reach = Math.min(softness, ((1 - KEPT) / 2) * Math.min(low.width, high.width));
    const away = (place - border) / Math.max(reach, 1e-9);
    if (Math.abs(away) >= 1) continue;
    const t = smooth((away + 1) / 2);
    const dark = SEAM * smooth((apart(low.colour, high.colour) - NEAR) / (FAR - NEAR)) * 4 * t * (1 - t);
    return [...mix(low.colour, high.colour, t), 1 - dark];
  }
  return [...here.colour, 1];
}

function apart(a: Lab, b: Lab): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** 0 below 0, 1 above 1, and no corner between. */
export function smooth(t: number): number {
  const x = Math.min(1, Math.max(0, t));
  return x * x * (3 - 2 * x);
}
