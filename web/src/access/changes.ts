/** What an architect may change about a place, and which of it was changed. */
import type { Place, PlaceSettings, Policy } from "../ground/types";

export const WELCOME_LIMIT = 200;
export const CROWD_LIMIT = 10_000_000;
export const PRESENCES = ["open", "required"] as const;
export const POLICIES: readonly Policy[] = ["echo", "complement", "rest"];

/** The form of one place, as it is filled in. */
export interface Wish {
  presence: "open" | "required";
  policy: Policy;
  welcome: string;
  /** Null while the field is empty or no number. */
  expected_crowd: number | null;
}

export function wishOf(place: Place): Wish {
  const { presence, policy, welcome, expected_crowd } = place;
  return { presence, policy, welcome, expected_crowd: expected_crowd ?? 0 };
}

/** Only what differs from what the place declares: an unchanged field is not sent. */
export function changesOf(place: Place, wish: Wish): PlaceSettings {
  const declared = wishOf(place);
  const changes: PlaceSettings = {};
  if (wish.presence !== declared.presence) changes.presence = wish.presence;
  if (wish.policy !== declared.policy) changes.policy = wish.policy;
  if (wish.welcome.trim() !== declared.welcome) changes.welcome = wish.welcome.trim();
  if (wish.expected_crowd !== null && wish.expected_crowd !== declared.expected_crowd) {
    changes.expected_crowd = wish.expected_crowd;
  }
  return changes;
}
