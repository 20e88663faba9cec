/** Where everything lies on the map, in CSS pixels: pure geometry, no canvas. */
import type { Place } from "../ground/types";

export interface Spot {
  x: number;
  y: number;
}

/** The part of the map in which places may lie, and how much room each needs for its light and its name. */
export interface Frame {
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Two places are at least about this far apart, sideways or downwards. */
  apart: Spot;
}

const ROUNDS = 80;
const GOLDEN = 2.399963;
/** Positions that spread less than this over the city's map keep their distances instead of being stretched. */
const LEAST_SPREAD = 0.3;

/**
 * Place every one of `places` into the frame: as the city's map says, stretched to fill it, and pushed apart where two
 * would cover each other. The same places and frame give the same chart.
 */
export function chart(places: readonly Pick<Place, "id" | "position">[], frame: Frame): Map<string, Spot> {
  const x = axis(places.map((place) => place.position[0]), frame.left, frame.right);
  const y = axis(places.map((place) => place.position[1]), frame.top, frame.bottom);
  const spots = places.map((place) => ({ x: x(place.position[0]), y: y(place.position[1]) }));
  for (let round = 0; round < ROUNDS; round += 1) if (!pushApart(spots, frame)) break;
  return new Map(places.map((place, at) => [place.id, spots[at] ?? { x: 0, y: 0 }]));
}

function axis(values: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spread = high - low;
  if (spread < LEAST_SPREAD) return (value) => (from + to) / 2 + (value - (low + high) / 2) * (to - from);
  return (value) => from + ((value - low) / spread) * (to - from);
}

/** One round of pushing; returns whether anything moved. */
function pushApart(spots: Spot[], { left, top, right, bottom, apart }: Frame): boolean {
  let moved = false;
  spots.forEach((a, i) => {
    for (const [ahead, b] of spots.slice(i + 1).entries()) {
      let [dx, dy] = [(b.x - a.x) / apart.x, (b.y - a.y) / apart.y];
      let far = Math.hypot(dx, dy);
      if (far >= 1) continue;
      if (far < 1e-6) [dx, dy, far] = [Math.cos((i + ahead) * GOLDEN), Math.sin((i + ahead) * GOLDEN), 1e-6];
      const push = (1 - far) / 2 / Math.hypot(dx, dy);
      a.x -= dx * push * apart.x;
      a.y -= dy * push * apart.y;
      b.x += dx * push * apart.x;
      b.y += dy * push * apart.y;
      moved = true;
    }
  });
  for (const spot of spots) {
    spot.x = Math.min(right, Math.max(left, spot.x));
    spot.y = Math.min(bottom, Math.max(top, spot.y));
  }
  return moved;
}

/** How large the light of a place is, CSS pixels: it grows with its voices, ever more slowly. */
export function radiusOf(people: number, small: boolean): number {
  const grown = Math.log10(1 + people / 20);
  return (small ? 11 : 15) + (small ? 5 : 8.5) * Math.min(3.2, grown);
}

/** A smooth closed line around `spots` at the distance `far`: `count` points, evenly spaced along it. */
export function membrane(spots: readonly Spot[], far: number, count: number): Spot[] {
  const rim = spots.flatMap(({ x, y }) =>
    Array.from({ length: 16 }, (_, step) => {
      const angle = (step / 16) * 2 * Math.PI;
      return { x: x + far * Math.cos(angle), y: y + far * Math.sin(angle) };
    }),
  );
  return softened(evenly(hull(rim), count));
}

/** Convex hull, counter-clockwise on a y-up plane (Andrew's monotone chain). */
export function hull(points: readonly Spot[]): Spot[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const half = (way: readonly Spot[]): Spot[] => {
    const chain: Spot[] = [];
    for (const point of way) {
      while (chain.length >= 2 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}

function turn(a: Spot, b: Spot, c: Spot): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** `count` points at equal distances along the closed line through `corners`. */
export function evenly(corners: readonly Spot[], count: number): Spot[] {
  const sides = corners.map((from, at) => {
    const to = corners[(at + 1) % corners.length] ?? from;
    return { from, to, long: Math.hypot(to.x - from.x, to.y - from.y) };
  });
  const whole = sides.reduce((sum, side) => sum + side.long, 0);
  let [at, passed] = [0, 0];
  return Array.from({ length: count }, (_, step) => {
    const wanted = (step / count) * whole;
    while (at < sides.length - 1 && passed + sides[at]!.long < wanted) passed += sides[at++]!.long;
    const { from, to, long } = sides[at]!;
    const t = long > 0 ? (wanted - passed) / long : 0;
    return { x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t };
  });
}

/** Corners rounded: every point moves a little towards the middle of its neighbours, many times. */
function softened(line: readonly Spot[]): Spot[] {
  let soft = [...line];
  for (let round = 0; round < line.length / 4; round += 1) {
    soft = soft.map(({ x, y }, at) => {
      const [before, after] = [soft.at(at - 1)!, soft[(at + 1) % soft.length]!];
      return { x: x / 2 + (before.x + after.x) / 4, y: y / 2 + (before.y + after.y) / 4 };
    });
  }
  return soft;
}

/** The part of a line between two lights that lies outside both; null where they touch. */
export function between(a: Spot, clearOfA: number, b: Spot, clearOfB: number): [Spot, Spot] | null {
  const long = Math.hypot(b.x - a.x, b.y - a.y);
  if (long <= clearOfA + clearOfB) return null;
  const on = (far: number): Spot => ({ x: a.x + ((b.x - a.x) * far) / long, y: a.y + ((b.y - a.y) * far) / long });
  return [on(clearOfA), on(long - clearOfB)];
}

/** Lines between neighbours, each once, whichever of the two names the other. */
export function neighbours(places: readonly Place[]): [string, string][] {
  const known = new Set(places.map((place) => place.id));
  const pairs = new Map<string, [string, string]>();
  for (const place of places) {
    for (const other of place.adjacent) {
      const pair: [string, string] = place.id < other ? [place.id, other] : [other, place.id];
      if (known.has(other) && other !== place.id) pairs.set(pair.join(" "), pair);
    }
  }
  return [...pairs.values()];
}
