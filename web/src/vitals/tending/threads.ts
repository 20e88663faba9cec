/** Threads of the mirror: from each place to what it belongs to, whole where its echo works, torn where it does not. */
import { between, type Spot } from "../../climate/chart";
import type { IncidentFacts } from "../../ground/types";
import type { Mirror, PlaceThen } from "./doors";

/** Between a light and a thread that leads to it. */
const GAP = 5;
/** The part of a torn thread that is missing. */
const TORN = 0.34;
/** How far the ends of a torn thread hang aside, as a share of its length. */
const HANGS = 0.07;

export interface Light {
  id: string;
  at: Spot;
  radius: number;
}

export interface Thread {
  from: string;
  mirror: Mirror;
  /** Lines to draw, as SVG paths: one, or the two ends of a torn one. */
  paths: readonly string[];
}

export const isTorn = (mirror: Mirror): boolean => mirror !== "in-step" && mirror !== "unheard";

/** Whether an incident lasts although every mirror that it touched shows what was released; `places` are those of now. */
export function allMended({ ended, places: touched }: Pick<IncidentFacts, "ended" | "places">, places: readonly PlaceThen[]): boolean {
  const whole = new Set(places.filter(({ mirror }) => mirror === "in-step").map(({ id }) => id));
  return ended === null && touched.length > 0 && touched.every((id) => whole.has(id));
}

/** The threads of `places`, whose lights lie as `lights` say; one between lights that touch is left out. */
export function threads(places: readonly PlaceThen[], lights: ReadonlyMap<string, Light>): Thread[] {
  return places.flatMap((place) => {
    const [own, other] = [lights.get(place.id), lights.get(place.parent ?? "")];
    const line = own && other ? between(own.at, own.radius + GAP, other.at, other.radius + GAP) : null;
    if (!line) return [];
    const [a, b] = line;
    const paths = isTorn(place.mirror) ? [end(a, b, 1), end(b, a, 1)] : [`M${spot(a)}L${spot(b)}`];
    return [{ from: place.id, mirror: place.mirror, paths }];
  });
}

/** One end of a torn thread: it leaves `from` straight towards `to`, and hangs aside where it is torn. */
function end(from: Spot, to: Spot, side: number): string {
  const part = (1 - TORN) / 2;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const bend = { x: from.x + dx * part * 0.75, y: from.y + dy * part * 0.75 };
  const tip = { x: from.x + dx * part - side * dy * HANGS, y: from.y + dy * part + side * dx * HANGS };
  return `M${spot(from)}Q${spot(bend)} ${spot(tip)}`;
}

function spot({ x, y }: Spot): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
