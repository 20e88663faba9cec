/** Coming to a place: which one it is, what it asks for, and the pass for a place that listens only to those who are there. */
import { OfflineError, ProblemError, type Api } from "../ground/api";
import type { Store } from "../ground/phone";
import type { Place, PresencePass } from "../ground/types";

export type Arrival =
  | { kind: "here"; place: Place; places: readonly Place[]; root: boolean; names: ReadonlyMap<string, string> }
  | { kind: "unknown" }
  | { kind: "unreached" };

/** Find the place of an address; the worker answers from memory where there is no network. */
export async function arrive(api: Pick<Api, "places">, id: string): Promise<Arrival> {
  try {
    const { root, places } = await api.places();
    const place = places.find((each) => each.id === id);
    if (place === undefined) return { kind: "unknown" };
    return { kind: "here", place, places, root: id === root, names: new Map(places.map((each) => [each.id, each.name])) };
  } catch (error) {
    if (error instanceof OfflineError || (error instanceof ProblemError && error.passing)) return { kind: "unreached" };
    throw error;
  }
}

/** needed: no code was brought. stale: the code is no longer shown. unreached: it could not be shown to the city. */
export type Presence = { kind: "free" } | { kind: "shown"; pass: string } | { kind: "needed" | "stale" | "unreached" };

/**
 * What a place that asks for presence gets: the pass for the code that was brought, else one that this phone still has.
 * A pass is kept until it ends, so that one scan is enough for a visit.
 */
export async function showPresence(
  api: Pick<Api, "presence">,
  place: Place,
  code: string | null,
  keep: Store<string>,
  nowMs: number = Date.now(),
): Promise<Presence> {
  if (place.presence === "open") return { kind: "free" };
  const shelf = `pass:${place.id}`;
  const kept = readPass(await keep.get(shelf));
  const held: Presence | null = kept && endOf(kept) > nowMs ? { kind: "shown", pass: kept.pass } : null;
  if (code === null) return held ?? { kind: "needed" };
  try {
    const pass = await api.presence(place.id, code);
    await keep.put(shelf, JSON.stringify(pass));
    return { kind: "shown", pass: pass.pass };
  } catch (error) {
    if (held) return held;
    if (error instanceof ProblemError && !error.passing) return { kind: "stale" };
    if (error instanceof OfflineError || error instanceof ProblemError) return { kind: "unreached" };
    throw error;
  }
}

function readPass(text: string | undefined): PresencePass | null {
  return text === undefined ? null : (JSON.parse(text) as PresencePass);
}

function endOf({ expires_at }: PresencePass): number {
  return typeof expires_at === "number" ? expires_at * 1000 : Date.parse(expires_at);
}
