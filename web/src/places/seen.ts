/**
 * Which version of a place's charter this phone has seen. It is kept here only and sent with what is given, so that a
 * place which opens wider hears nothing from somebody who does not know it yet.
 */
import type { Boundary, Rule } from "../boundaries/mine/policy";
import type { Api } from "../ground/api";
import type { Store } from "../ground/phone";
import type { Charter, TermChange } from "../ground/types";

/** known: nothing stands between. unread: the charter has opened, and this is how. */
export type Reading = { kind: "known"; seen: number | null } | { kind: "unread"; charter: Charter };

const shelfOf = (place: string): string => `charter:${place}`;

export async function seenAt(keep: Store<string>, place: string): Promise<number | null> {
  const kept = Number(await keep.get(shelfOf(place)));
  return Number.isInteger(kept) && kept > 0 ? kept : null;
}

export async function markSeen(keep: Store<string>, place: string, version: number): Promise<void> {
  await keep.put(shelfOf(place), String(version));
}

/**
 * Whether the person has to read something before giving here. The city is asked only when the version in force (undefined
 * where it is not known) is not the one that this phone has seen; out of reach, what was seen last goes along, and the
 * city decides. `claimed` is a version that went along and was not enough.
 */
export async function readingAt(
  api: Pick<Api, "charter">, keep: Store<string>, place: string, inForce: number | undefined, claimed: number | null = null,
): Promise<Reading> {
  const seen = claimed ?? (await seenAt(keep, place));
  if (seen !== null && seen === inForce) return { kind: "known", seen };
  try {
    const charter = await api.charter(place, seen);
    return charter.since.refused ? { kind: "unread", charter } : { kind: "known", seen: charter.version.number };
  } catch {
    return { kind: "known", seen };
  }
}

/**
 * Rules of the person's own boundary with which everything here stays as it was, or null where the phone cannot see to
 * that: how fast a place speaks, or what its light does, is not in anybody's hand alone.
 */
export function rulesToKeep(place: string, changes: readonly TermChange[]): Rule[] | null {
  const rules: Rule[] = [];
  for (const change of changes) {
    if (change.direction !== "looser") continue;
    if (change.term === "finest_grid") rules.push({ audience: "place", at_most: "quadrant", place, hours: null });
    else if (change.term === "audiences") {
      const nearest = (["place", "district", "city"] as const).find((each) => change.after.includes(each) && !change.before.includes(each));
      const further = nearest !== undefined && change.before.every((each) => OUTWARD.indexOf(each) < OUTWARD.indexOf(nearest));
      if (!further || nearest === "place") return null;
      rules.push({ audience: nearest, at_most: "nothing", place, hours: null });
    } else return null;
  }
  return rules.length > 0 ? rules : null;
}

const OUTWARD = ["place", "district", "city"];

/** A boundary with `rules` beside its own. */
export function withRules(boundary: Boundary, rules: readonly Rule[]): Boundary {
  return { ...boundary, rules: [...boundary.rules, ...rules] };
}

/** A boundary under which nothing leaves for a place any more. */
export function without(boundary: Boundary, place: string): Boundary {
  return withRules(boundary, [{ audience: "place", at_most: "nothing", place, hours: null }]);
}
