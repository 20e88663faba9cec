/** What a place says, in words: for the names of its links, for the list, for the heading of its panel. */
import { number, t, timeOfDay, weekday } from "../ground/i18n";
import type { Climate, Place, Voice } from "../ground/types";
import { about, foremost, heardSince } from "./mixture";

const DAYLONG_MS = 20 * 3_600_000;

/** In the order of the cells of the 2×2 grid. */
export function quadrantName(quadrant: number): string {
  return [t("quadrant.low"), t("quadrant.calm"), t("quadrant.tense"), t("quadrant.lively")][quadrant] ?? "";
}

export function percent(share: number): string {
  return number(share, { style: "percent", maximumFractionDigits: 0 });
}

/** "13:00 to 13:15", in the city's zone; a window as long as a day says its days too. */
export function sayWindow(climate: Climate, zone: string | undefined): string {
  const [start, end] = [heardSince(climate), climate.window.end];
  const long = Date.parse(end) - Date.parse(start) >= DAYLONG_MS;
  const at = (iso: string): string => (long ? `${weekday(iso, zone)} ${timeOfDay(iso, zone)}` : timeOfDay(iso, zone));
  return t("window", { start: at(start), end: at(end) });
}

/** The short form: "mostly calm and content". */
export function sayMood(climate: Pick<Climate, "mixture" | "grid"> | null): string {
  const first = foremost(climate);
  return first ? t("say.mood", { mood: quadrantName(first.quadrant), share: percent(first.share) }) : "";
}

/** One line on what a place says now, also where it does not speak itself. */
export function sayVoice(voice: Voice | undefined, places: ReadonlyMap<string, Place>, away: boolean): string {
  if (!voice || (away && !voice.climate)) return t("say.unknown");
  const { climate, state } = voice;
  if (voice.speaker === voice.place && climate) {
    return t("say.speaks", { mood: sayMood(climate), people: number(about(climate.people, climate.people_sd)) });
  }
  const speaker = voice.speaker ? places.get(voice.speaker)?.name : undefined;
  if (speaker === undefined) return state === "resting" ? t("say.resting") : t("say.quiet");
  const values = { speaker, mood: sayMood(climate) };
  return state === "resting" ? t("say.resting-for", values) : t("say.quiet-for", values);
}

/** How long until `seconds` from now: "in 12 s", "in 4 min", "in 3 h". */
export function sayWait(seconds: number): string {
  if (seconds < 1) return t("wait.now");
  if (seconds < 90) return t("wait.seconds", { count: Math.ceil(seconds) });
  if (seconds < 90 * 60) return t("wait.minutes", { count: Math.round(seconds / 60) });
  return t("wait.hours", { count: Math.round(seconds / 3600) });
}
