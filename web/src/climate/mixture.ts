/**
 * Shares of moods, seen by finer and coarser eyes. Grids nest (2×2 → 4×4 → 8×8); a cell is row · side + column, columns
 * from unpleasant to pleasant, rows from calm to activated. Everything here keeps the sum: a mixture is never averaged.
 */
import type { Climate, Grid } from "../ground/types";

export const FINE = 8;
export const CELLS = FINE * FINE;

/** The quadrants in the order of their cells, and the order in which they stand when one walks around the plane. */
export const LOW = 0;
export const CALM = 1;
export const TENSE = 2;
export const LIVELY = 3;
export const QUADRANTS_AROUND: readonly number[] = [LIVELY, CALM, LOW, TENSE];

/** City time from which on people spoke who are in a climate: that of its window, or as long as a live check-in counts. */
export function heardSince({ window, live }: Climate): string {
  return live ? new Date(Date.parse(window.end) - live.stays_s * 1000).toISOString() : window.start;
}

/** The cell of a coarser grid in which `cell` lies. */
export function coarseCell(cell: number, grid: number, side: number): number {
  const block = grid / side;
  return Math.floor(Math.floor(cell / grid) / block) * side + Math.floor((cell % grid) / block);
}

/** `mixture` summed to a coarser grid of `side`. */
export function coarsen(mixture: readonly number[], grid: Grid, side: number): number[] {
  const shares = new Array<number>(side * side).fill(0);
  mixture.forEach((share, cell) => {
    const into = coarseCell(cell, grid, side);
    shares[into] = (shares[into] ?? 0) + share;
  });
  return shares;
}

/** `mixture` on the 8×8 grid; what was not known more finely is spread evenly. */
export function refine(mixture: readonly number[], grid: Grid): number[] {
  const parts = (FINE / grid) ** 2;
  return Array.from({ length: CELLS }, (_, cell) => (mixture[coarseCell(cell, FINE, grid)] ?? 0) / parts);
}

/** Clockwise from the top of the plane, 0..2π: from lively over calm and low to tense. */
function bearing(cell: number, side: number): number {
  const valence = (cell % side) + 0.5 - side / 2;
  const arousal = Math.floor(cell / side) + 0.5 - side / 2;
  return (Math.atan2(valence, arousal) + 2 * Math.PI) % (2 * Math.PI);
}

/**
 * The cells of the grid of `side` as one walks around the plane: neighbours in this order are neighbours in mood, and
 * what belongs to one coarser cell stays together.
 */
export function around(side: number): number[] {
  const rank = (cell: number): number[] =>
    [2, 4, 8]
      .filter((each) => each <= side)
      .map((each) => ({ each, within: coarseCell(cell, side, each) }))
      .flatMap(({ each, within }) => [bearing(within, each), within]);
  return Array.from({ length: side * side }, (_, cell) => ({ cell, rank: rank(cell) }))
    .sort((a, b) => compare(a.rank, b.rank))
    .map(({ cell }) => cell);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let step = 0; step < a.length; step += 1) {
    const apart = (a[step] ?? 0) - (b[step] ?? 0);
    if (Math.abs(apart) > 1e-9) return apart;
  }
  return 0;
}

/** The quadrant that most people are in, with its share; null where nothing is said. */
export function foremost(climate: Pick<Climate, "mixture" | "grid"> | null | undefined): { quadrant: number; share: number } | null {
  if (!climate?.mixture) return null;
  const shares = coarsen(climate.mixture, climate.grid, 2);
  const share = Math.max(...shares);
  return { quadrant: shares.indexOf(share), share };
}

/** People rounded as coarsely as the noise makes them uncertain: no digit that means nothing. */
export function about(people: number, sd: number): number {
  let step = 1;
  while (step * 2 < sd) step *= step < 10 ? 10 : 5;
  return Math.max(step, Math.round(people / step) * step);
}
