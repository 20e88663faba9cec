/** What the wall says in words: to those who read its caption, and to those who hear it. */
import { about, heardSince } from "../climate/mixture";
import { listed, number, t, timeOfDay } from "../ground/i18n";
import type { Climate, Place, Voice, Why } from "../ground/types";

/** Moods that are named when a mixture is read out. */
const NAMED = 4;

/** How it stands with a place: its own voice, that of an ancestor, nobody's, or a rest of its own choice. */
export type Standing = "own" | "borrowed" | "silent" | "rests";

export function standingOf(place: Place, voice: Voice): Standing {
  if (place.policy === "rest") return "rests";
  if (!voice.climate?.mixture) return "silent";
  return voice.climate.place === place.id ? "own" : "borrowed";
}

/** "26 %"; what is there but rounds to nothing is "< 1 %", for a mood that somebody has is never nothing. */
export function percent(share: number): string {
  const whole = (part: number): string => number(part, { style: "percent", maximumFractionDigits: 0 });
  return share > 0 && share < 0.005 ? `< ${whole(0.01)}` : whole(share);
}

/** "about 420 people, give or take 18": with no digit that the noise makes meaningless. */
export function sayPeople({ people, people_sd }: Climate): string {
  const give = people_sd >= 10 ? Math.round(people_sd / 5) * 5 : Math.max(1, Math.round(people_sd));
  return t("people", { people: number(about(people, people_sd)), sd: number(give) });
}

/** "14:00–15:00", in the city's zone. */
export function sayWindow(climate: Climate, zone: string | undefined): string {
  return t("window", { start: timeOfDay(heardSince(climate), zone), end: timeOfDay(climate.window.end, zone) });
}

/** "ε 1 a day". */
export function sayCost({ epsilon }: Climate): string {
  return t("cost", { epsilon: number(epsilon.day) });
}

/** The largest moods with their shares, as a sentence. */
export function sayMixture(why: Why | null): string {
  if (!why || why.parts.length === 0) return "";
  const named = why.parts.slice(0, NAMED).map(({ label, share }) => t("part", { label, share: percent(share) }));
  return t("mixture", { parts: listed(named) });
}

/** A place and all that lie above it, the nearest first. */
export function upwards(id: string, places: readonly Place[]): string[] {
  const chain: string[] = [];
  for (let at: string | null = id; at !== null && !chain.includes(at); ) {
    chain.push(at);
    const here: string = at;
    at = places.find((place) => place.id === here)?.parent ?? null;
  }
  return chain;
}
