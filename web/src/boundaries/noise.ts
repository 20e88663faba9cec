/**
 * The noise of the city once more, so that a page can draw it and let a person feel it: discrete Laplace,
 * P(X = k) = (1 - p) / (1 + p) · p^|k| with p = exp(-1/scale). What the city really releases is drawn by the server, with
 * whole numbers only (src/nexus_city/boundaries/noise.py); nothing that is made here is ever sent.
 */

/** A number drawn evenly from 0 (excluded) to 1 (included). */
export type Uniform = () => number;

/** Even numbers from the browser's cryptographic generator, of 32 bits each. */
export const browserUniform: Uniform = () => {
  const bits = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return (bits + 1) / 2 ** 32;
};

export function probability(k: number, scale: number): number {
  const p = Math.exp(-1 / scale);
  return ((1 - p) / (1 + p)) * p ** Math.abs(k);
}

/** One draw: the difference of two geometric draws is discrete Laplace. */
export function draw(scale: number, uniform: Uniform): number {
  return geometric(scale, uniform) - geometric(scale, uniform);
}

/** `counts` as they might be released: each with noise of its own. */
export function releasedOnce(counts: readonly number[], scale: number, uniform: Uniform): number[] {
  return counts.map((count) => count + draw(scale, uniform));
}

function geometric(scale: number, uniform: Uniform): number {
  return Math.floor(-Math.log(uniform()) * scale);
}
