/**
 * The rehearsal: in a demo's city, whose people are simulated, a visitor breaks the mirror, calls circles, repairs it and
 * holds the rally. A city that is really served has no such doors.
 */
import { foreseen, type Api } from "../ground/api";

export type RehearsalAct = "break" | "repair" | "circles" | "rally";
export const ACTS: readonly RehearsalAct[] = ["break", "circles", "repair", "rally"];

export interface RehearsalFacts {
  says: string;
  /** What may be done now. */
  can: RehearsalAct[];
  /** `broken_since`: real time, null while the mirror is whole. */
  communities: { id: string; name: string; broken_since: string | null }[];
  /** Real time. */
  running: { act: RehearsalAct; since: string; until: string }[];
  /** The place to which people come for the rally. */
  square: string;
}

/** How the rehearsal stands; null where there is none, or nobody answers. */
export async function rehearsalOf(api: Api): Promise<RehearsalFacts | null> {
  try {
    return await api.ask<RehearsalFacts>("/v1/rehearsal");
  } catch (error) {
    foreseen(error);
    return null;
  }
}

/** Let something happen; a rally is for everybody, the rest for those that are named. */
export function rehearse(api: Api, act: RehearsalAct, communities: readonly string[]): Promise<RehearsalFacts> {
  return api.ask("/v1/rehearsal", { method: "POST", body: { act, communities: act === "rally" ? [] : communities } });
}

/** Whom an act concerns: of those chosen, the ones to which it can happen; for circles, none named means all that drift. */
export function concerned(act: RehearsalAct, facts: RehearsalFacts, chosen: readonly string[]): string[] {
  const broken = new Set(facts.communities.filter((each) => each.broken_since !== null).map(({ id }) => id));
  if (act === "break") return chosen.filter((id) => !broken.has(id));
  if (act === "repair") return chosen.filter((id) => broken.has(id));
  return [...chosen];
}

const NIGHT = { from: 23, to: 7 };

/** Whether it is night in the city, when few are awake: `at` is city time, Unix ms. */
export function isNight(at: number, timeZone: string | undefined): boolean {
  const zone = timeZone === undefined ? {} : { timeZone };
  const hour = Number(new Intl.DateTimeFormat("en", { hour: "2-digit", hourCycle: "h23", ...zone }).format(at));
  return hour >= NIGHT.from || hour < NIGHT.to;
}

/** Something to look at next: the sentence, and where. */
export interface Hint {
  say: "broken" | "status" | "circles" | "rally" | "whole";
  href: string;
  name: string;
}

export function hints(facts: RehearsalFacts): Hint[] {
  const broken = facts.communities.filter((each) => each.broken_since !== null);
  const runs = (act: RehearsalAct): boolean => facts.running.some((each) => each.act === act);
  return [
    ...broken.map(({ id, name }): Hint => ({ say: "broken", href: `/wall/${id}`, name })),
    ...(broken.length ? [{ say: "status", href: "/status", name: "" } as const] : []),
    ...(runs("circles") ? [{ say: "circles", href: "/", name: "" } as const] : []),
    ...(runs("rally") ? [{ say: "rally", href: `/wall/${facts.square}`, name: "" } as const] : []),
    ...(broken.length || facts.running.length ? [] : [{ say: "whole", href: "/", name: "" } as const]),
  ];
}
