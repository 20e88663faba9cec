/** What may be proposed: each term with the values that it can take, in plain words. */
import type { Audience, Terms } from "../ground/types";

/** Terms whose values are few enough to choose from. */
export type Chosen = "setting" | "presence" | "audiences" | "finest_grid" | "fastest_s" | "live" | "words" | "policy";

const AUDIENCES: readonly Audience[][] = [
  ["place"], ["district"], ["city"], ["place", "district"], ["place", "city"], ["district", "city"], ["place", "district", "city"],
];

export const VALUES: { readonly [Term in Chosen]: readonly Terms[Term][] } = {
  setting: ["public", "care", "school", "work"],
  presence: ["open", "required"],
  audiences: AUDIENCES,
  finest_grid: [2, 4, 8],
  fastest_s: [900, 3600, 14400, 86400],
  live: ["no", "decaying", "continual"],
  words: [true, false],
  policy: ["echo", "complement", "rest"],
};

/** Values that a term could take instead of the one it has; work and school speak once a day, and live is for the public. */
export function others<Term extends Chosen>(terms: Terms, term: Term): Terms[Term][] {
  if (term === "fastest_s" && (terms.setting === "work" || terms.setting === "school")) return [];
  if (term === "live" && terms.setting !== "public") return [];
  const now = JSON.stringify(terms[term]);
  return VALUES[term].filter((each) => JSON.stringify(each) !== now) as Terms[Term][];
}

/** Terms that can be changed at all, in the order in which they are told; `root`: all given at the city is for the city. */
export function changeable(terms: Terms, root = false): (Chosen | "welcome" | "expected_crowd" | "consent")[] {
  const chosen = (Object.keys(VALUES) as Chosen[]).filter((term) => others(terms, term).length > 0 && !(root && term === "audiences"));
  return [...chosen, "expected_crowd", "welcome", "consent"];
}
