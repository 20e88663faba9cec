/**
 * The water of the wall as numbers. `territory` says which mood a point belongs to, `light` how much light there is,
 * whatever the mood. shader.ts says the same two things to the graphics card, line by line: what is measured here holds
 * there.
 *
 * A point is (x, y) from the middle of the wall, y upwards, in units in which the wall has area 1: a tall wall and a
 * wide one show as much water. Time is in seconds; everything is slow.
 */
import { smooth } from "./bands";

type Point = readonly [x: number, y: number];

/** Levels of the measured distribution of the territory. */
export const RANKS = 65;
const SAMPLES = 52;
/** The light of the darkest water: a mood is never quite out of sight. */
const FAINT = 0.005;

/** The point, carried away by three currents. */
export function bent([x, y]: Point, time: number): Point {
  const { sin } = Math;
  let [p, q] = [2.7 * x, 2.7 * y];
  [p, q] = [p + 0.62 * sin(1.25 * q + 0.083 * time + 0.4), q + 0.62 * sin(1.25 * p - 0.071 * time + 2.1)];
  [p, q] = [p + 0.34 * sin(2.35 * q - 0.101 * time + 3.7), q + 0.34 * sin(2.35 * p + 0.092 * time + 1.2)];
  return [p + 0.15 * sin(4.9 * q + 0.127 * time + 1.9), q + 0.15 * sin(4.9 * p - 0.113 * time + 5.3)];
}

/** A slow scalar field over the bent water: what is near is alike. */
export function territory([p, q]: Point, time: number): number {
  const { sin } = Math;
  return (
    sin(1.05 * p + 0.041 * time) +
    0.85 * sin(1.3 * q - 0.7 * p - 0.037 * time + 1) +
    0.45 * sin(1.9 * q + 1.1 * p + 0.053 * time + 4)
  );
}

/** The middle of each of `wide`·`high` tiles of a wall, row by row from the bottom. */
export function* tiles(wide: number, high: number, aspect: number): Generator<Point> {
  const stretch = Math.sqrt(aspect);
  for (let row = 0; row < high; row += 1) {
    for (let column = 0; column < wide; column += 1) {
      yield [((column + 0.5) / wide - 0.5) * stretch, ((row + 0.5) / high - 0.5) / stretch];
    }
  }
}

/**
 * The distribution of the territory over a wall of `aspect` (width : height) at `time`: `RANKS` values, evenly spaced in
 * rank. It must be measured: with an assumed distribution, areas are off by up to 0.15.
 */
export function ranksAt(time: number, aspect: number): Float32Array {
  const stretch = Math.sqrt(aspect);
  const wide = Math.max(8, Math.round(SAMPLES * stretch));
  const high = Math.max(8, Math.round(SAMPLES / stretch));
  const values = Float32Array.from(tiles(wide, high, aspect), (point) => territory(bent(point, time), time)).sort();
  return Float32Array.from({ length: RANKS }, (_, rank) => values[Math.round((rank / (RANKS - 1)) * (values.length - 1))]!);
}

/** The share of the wall, 0..1, whose territory lies below `value`. */
export function rankOf(value: number, ranks: Float32Array): number {
  let [low, high] = [0, RANKS - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value < ranks[middle]!) high = middle;
    else low = middle;
  }
  const part = (value - ranks[low]!) / Math.max(ranks[high]! - ranks[low]!, 1e-5);
  return Math.min(1, Math.max(0, (low + part) / (RANKS - 1)));
}

/** How far a sheet that is bent by waves is stretched at a point; below zero it lies folded over. */
function stretched([x, y]: Point, time: number, seed: number, turn: number, size: number): number {
  let [stretch, angle, wave, p, q] = [1, seed, 1, x, y];
  for (let fold = 0; fold < 4; fold += 1) {
    angle += turn;
    const [a, b] = [Math.cos(angle), Math.sin(angle)];
    const [across, along] = [0.766 * a - 0.643 * b, 0.643 * a + 0.766 * b];
    const phase = wave * (a * p + b * q) + seed * 3.1 + time * (0.06 + 0.017 * fold) * (fold % 2 ? 1 : -1);
    [p, q] = [p + size * across * Math.sin(phase), q + size * along * Math.sin(phase)];
    stretch *= 1 + size * wave * 0.766 * Math.cos(phase);
    size *= 0.6;
    wave *= 1.72;
  }
  return stretch;
}

/** Light gathers where the sheet turns over: a fine rim, its halo, and a breath of light in the fold itself. */
function membrane(stretch: number): number {
  const away = Math.abs(stretch);
  const rim = 0.05 / (0.05 + away);
  return 1.6 * rim * rim + 0.17 * Math.exp(-5.5 * away) + 0.06 * smooth((0.02 - stretch) / 0.52);
}

/** Two membranes, each bright where its own slow swell is. */
function veils([x, y]: Point, [p, q]: Point, time: number): number {
  const towards = (part: number, scale: number, shift: number): Point => [
    (2.4 * x + (p - 2.4 * x) * part) * scale + shift, (2.4 * y + (q - 2.4 * y) * part) * scale + shift,
  ];
  const far = membrane(stretched(towards(0.6, 1.35, 0), time, 0.3, 1.9, 1.15));
  const near = membrane(stretched(towards(0.8, 2.3, 3), time * 1.2, 2.2, 2.3, 1.05));
  const here = smooth((Math.sin(1.9 * x + 0.8 * q + 0.06 * time) + 0.7) / 1.7);
  const there = smooth((Math.sin(1.4 * y - 0.9 * p - 0.05 * time) + 0.9) / 1.7);
  const glow = far * (0.2 + 0.8 * there) + 0.7 * near * here;
  const shine = (1.75 * glow) / (1 + 0.8 * glow);
  return FAINT + shine * smooth(shine / 0.65); // what is faint sinks, so that most of the water is deep
}
/** The moon on water that rests: a path towards the one who looks, broken by long ripples. */
function moonlight([x, y]: Point, [p]: Point, time: number): number {
  const { sin, exp } = Math;
  const away = Math.min(1.3, Math.max(0.02, 0.55 - y));
  const depth = 1 / (0.12 + away);
  const aside = x + 0.04 * sin(5 * y + 0.07 * time);
  const path = exp((-aside * aside) / (0.012 + 0.075 * away));
  const swell = sin(7 * depth + 1.6 * sin(2.6 * x + 0.09 * time) + 0.6 * p - 0.24 * time);
  const ripple = sin(21 * depth + 2.4 * sin(5.2 * x - 0.06 * time) + 1.3 * swell + 0.19 * time);
  const broken = 0.5 + 0.5 * sin(13 * x + 5 * depth + 2 * ripple + 0.11 * time);
  const crest = (0.55 + 0.45 * swell) * (0.5 + 0.5 * ripple) ** 4 * (0.35 + 0.65 * broken);
  const sky = 0.035 * exp(-3.2 * Math.hypot(x * 0.6, away));
  return 0.004 + sky + 0.016 * path + 0.8 * crest * (0.045 + 0.955 * path);
}

/** How much light there is at a point of the wall, 0..2; `rest` 0..1. */
export function light(at: Point, p: Point, time: number, rest: number): number {
  const awake = rest < 1 ? veils(at, p, time) : 0;
  return rest > 0 ? awake * (1 - rest) + moonlight(at, p, time) * rest : awake;
}
