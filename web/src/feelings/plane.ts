/**
 * The mood plane: valence to the right, arousal upwards, both -1..1. A contribution is a cell of the 8×8 grid, row * 8 +
 * column, row 0 the calmest; the exact point never leaves the phone.
 */

export interface Point {
  valence: number;
  arousal: number;
}

export const SIDE = 8;
/** One press of an arrow key; with Shift, a cell of the grid. */
export const STEP = 0.05;
export const STRIDE = 2 / SIDE;

export function clamp(point: Point): Point {
  return { valence: within(point.valence), arousal: within(point.arousal) };
}

function within(value: number): number {
  return Math.min(1, Math.max(-1, value));
}

/** The cell that a point lies in, 0..63. */
export function cellOf({ valence, arousal }: Point): number {
  return index(arousal) * SIDE + index(valence);
}

function index(value: number): number {
  return Math.min(SIDE - 1, Math.max(0, Math.floor(((value + 1) * SIDE) / 2)));
}

/** Column and row of a cell; row 0 is the calmest. */
export function columnAndRow(cell: number): [column: number, row: number] {
  return [cell % SIDE, Math.floor(cell / SIDE)];
}

export function centreOf(cell: number): Point {
  const [column, row] = columnAndRow(cell);
  return { valence: ((column + 0.5) * 2) / SIDE - 1, arousal: ((row + 0.5) * 2) / SIDE - 1 };
}

/** A place on the screen, x and y from the upper left corner as fractions 0..1, to a point. */
export function fromScreen(x: number, y: number): Point {
  return clamp({ valence: x * 2 - 1, arousal: 1 - y * 2 });
}

/** A point to the screen: fractions 0..1 from the upper left corner. */
export function toScreen({ valence, arousal }: Point): [x: number, y: number] {
  return [(valence + 1) / 2, (1 - arousal) / 2];
}

const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Where a key leads from `from` (the middle when there is no point yet); null for keys that mean nothing here. */
export function move(from: Point | null, key: string, far: boolean): Point | null {
  const start = from ?? { valence: 0, arousal: 0 };
  if (key === "Home") return { valence: 0, arousal: 0 };
  const direction = MOVES[key];
  if (direction === undefined) return null;
  const length = far ? STRIDE : STEP;
  return clamp({ valence: tidy(start.valence + direction[0] * length), arousal: tidy(start.arousal + direction[1] * length) });
}

function tidy(value: number): number {
  return Math.round(value * 1e4) / 1e4; // steps of 0.05 stay multiples of 0.05
}

export type Band = "far-below" | "below" | "middle" | "above" | "far-above";

/** In which fifth of an axis a value lies; each has its word in every language. */
export function band(value: number): Band {
  if (value < -0.6) return "far-below";
  if (value < -0.15) return "below";
  if (value <= 0.15) return "middle";
  return value <= 0.6 ? "above" : "far-above";
}

/** Those of `words` that lie nearest to `point`, nearest first. */
export function nearest<T extends Point>(words: readonly T[], point: Point, count: number): T[] {
  return words
    .map((word) => ({ word, far: Math.hypot(word.valence - point.valence, word.arousal - point.arousal) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, count)
    .map(({ word }) => word);
}
