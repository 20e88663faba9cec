/** What may leave the phone: a wish, held against the boundary. It is only ever made less. */
import type { Place } from "../../ground/types";
import { allowed, openness, OUTWARD, says, strictest, type Boundary, type Declared, type Resolution, type Situation } from "./policy";

/** What a person wishes to give, or has given. */
export interface Given {
  reach: Declared;
  resolution: Resolution;
  /** Ids of words. */
  words: readonly string[];
  research: boolean;
}

/** The families of words, by the quarter of the plane in which they lie; in the order of the grid's cells. */
export const FAMILIES = ["low", "calm", "tense", "lively"] as const;
export type Family = (typeof FAMILIES)[number];

export function familyOf({ valence, arousal }: { valence: number; arousal: number }): Family {
  return FAMILIES[(arousal >= 0 ? 2 : 0) + (valence >= 0 ? 1 : 0)] ?? "low";
}

/** Where and when: a place among all places, and a time by the clock of whoever is there. */
export function situationAt(place: Place, places: readonly Place[], at: Date): Situation {
  const chain = [place.id];
  for (let above = place.parent; above !== null && !chain.includes(above); ) {
    chain.push(above);
    above = places.find(({ id }) => id === above)?.parent ?? null;
  }
  const audiences = place.parent === null ? (["city"] as const) : (place.audiences ?? (["place", "city"] as const));
  return {
    chain,
    minute: at.getHours() * 60 + at.getMinutes(),
    terms: { audiences, finest_grid: place.finest_grid ?? 8, words: place.words ?? true },
  };
}

/** The same for a place that this phone does not know now: every rule about a place is taken to hold. */
export function situationUnknown(id: string, reach: Declared, boundary: Boundary, at: Date): Situation {
  const named = boundary.rules.flatMap(({ place }) => (place === null ? [] : [place]));
  return {
    chain: [id, ...named],
    minute: at.getHours() * 60 + at.getMinutes(),
    terms: { audiences: [reach], finest_grid: 8, words: true },
  };
}

/**
 * As much of a wish as the boundary allows: to the furthest declared audience that lies no further than wished. null when
 * nothing is left. `family` of a word is null where it is not known.
 */
export function narrowed(boundary: Boundary, situation: Situation, wish: Given, family: (word: string) => Family | null): Given | null {
  const near = OUTWARD.slice(0, OUTWARD.indexOf(wish.reach) + 1);
  for (const reach of [...near].reverse()) {
    if (!isDeclared(reach, situation)) continue;
    const resolution = strictest(wish.resolution, allowed(boundary, situation, reach));
    if (resolution === "nothing") continue;
    return {
      reach,
      resolution,
      words: resolution === "cell" ? wish.words.filter((word) => says(boundary, situation, reach, family(word))) : [],
      research: wish.research && reach === "city" && openness(resolution) <= openness(allowed(boundary, situation, "research")),
    };
  }
  return null;
}

function isDeclared(reach: string, { terms }: Situation): reach is Declared {
  return (terms.audiences as readonly string[]).includes(reach);
}

const SIDE = 8;
const HALF = SIDE / 2;

/** Four random bits from the browser's generator. */
function fourBits(): number {
  return crypto.getRandomValues(new Uint8Array(1))[0]! & 15;
}

/**
 * The cell that leaves: itself, or any cell of its quarter, each as likely (16 of them, so four bits choose without a
 * bias). The city then learns the quarter and cannot even tell that somebody holds back. Of presence, none leaves.
 */
export function cellThatLeaves(cell: number, resolution: Resolution, bits: () => number = fourBits): number | null {
  if (resolution === "cell") return cell;
  if (resolution !== "quadrant") return null;
  const drawn = bits();
  return (quarterStart(Math.floor(cell / SIDE)) + (drawn >> 2)) * SIDE + quarterStart(cell % SIDE) + (drawn & 3);
}

function quarterStart(line: number): number {
  return line < HALF ? 0 : HALF;
}

/** The 16 cells of the quarter in which a cell lies. */
export function quarterOf(cell: number): ReadonlySet<number> {
  return new Set(Array.from({ length: 16 }, (_, drawn) => cellThatLeaves(cell, "quadrant", () => drawn) ?? -1));
}
