/** What the numbers of a place mean for a person, computed from the numbers. */
import { probability } from "./noise";

/** How many times as likely a release can be with a person's day as without it, at most: e^ε. */
export function timesAsLikely(epsilon: number): number {
  return Math.exp(epsilon);
}

/**
 * How often, at most, somebody guesses right whether a device took part, who knows everything else and tosses a fair coin
 * beforehand: e^ε / (1 + e^ε), 0.5..1.
 */
export function rightGuesses(epsilon: number): number {
  return 1 / (1 + Math.exp(-epsilon));
}

/** Share that the distributions of a number with and without one voice have in common, 0..1. */
export function commonGround(scale: number): number {
  return 1 - probability(0, scale);
}

/** A column of the two hills: how likely a released number is that lies `k` above the true one without you. */
export interface Column {
  k: number;
  without: number;
  with: number;
}

/** The two hills, from `reach` below to `reach` above their middle. */
export function hills(scale: number, reach: number): Column[] {
  const columns: Column[] = [];
  for (let k = -reach; k <= reach + 1; k += 1) {
    columns.push({ k, without: probability(k, scale), with: probability(k - 1, scale) });
  }
  return columns;
}

/** How far from the true number the hills are worth drawing: where 98 % of the noise lies. */
export function reachOf(scale: number): number {
  return Math.max(4, Math.ceil(scale * Math.log(50)));
}

/** The most exact figure that still reads as one: 2.72, 13.9, 567. */
export function digitsFor(value: number): Intl.NumberFormatOptions {
  return { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 };
}
