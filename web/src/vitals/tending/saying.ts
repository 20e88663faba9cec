/** What a place and its mirror were like at a moment, in words: for the links of the map and for the table. */
import { about } from "../../climate/mixture";
import { sayMood } from "../../climate/saying";
import { dayOf, number, t, timeOfDay, weekday } from "../../ground/i18n";
import type { PlaceThen } from "./doors";
import type { Sight } from "./hours";
import { isTorn } from "./threads";

const DAY_MS = 86_400_000;

/** A moment of real time, as short as it can be: "14:02", or "Mon 14:02" when that is longer ago. */
export function sayShort(iso: string, nowMs = Date.now()): string {
  const long = nowMs - Date.parse(iso) > DAY_MS / 2;
  return long ? `${weekday(iso)} ${timeOfDay(iso)}` : timeOfDay(iso);
}

/** A moment of city time, such as "Wednesday 25 November, 14:00". */
export function sayMoment(iso: string, zone: string | undefined): string {
  return `${dayOf(iso, zone)}, ${timeOfDay(iso, zone)}`;
}

/** What a place said. */
export function sayVoice(place: PlaceThen, places: ReadonlyMap<string, PlaceThen>, sight: Sight): string {
  if (sight === "nothing") return t("voice.unknown");
  const { climate } = place;
  if (climate) return t("say.speaks", { mood: sayMood(climate), people: number(about(climate.people, climate.people_sd)) });
  const speaker = place.speaker ? places.get(place.speaker) : undefined;
  if (!speaker && place.state === "resting") return t(sight === "now" ? "say.resting" : "voice.rested");
  if (!speaker) return t("say.quiet");
  const values = { speaker: speaker.name, mood: sayMood(speaker.climate) };
  return place.state === "resting" ? t("say.resting-for", values) : t("say.quiet-for", values);
}

/** How its mirror was; of the past only what was wrong is known. */
export function sayMirror({ kind, mirror, since }: PlaceThen, sight: Sight): string {
  if (sight === "nothing") return t("mirror.unknown");
  if (mirror === "unheard" && sight === "then") return t("mirror.then");
  if (mirror === "unheard" && kind !== "place") return t("mirror.none");
  if (!isTorn(mirror) || since === null) return t(`mirror.${mirror}`);
  return t("mirror.since", { how: t(`mirror.${mirror}`), when: sayShort(since) });
}

/** Both, in one line. */
export function sayPlace(place: PlaceThen, places: ReadonlyMap<string, PlaceThen>, sight: Sight): string {
  return `${sayVoice(place, places, sight)}. ${t("table.mirror")}: ${sayMirror(place, sight)}`;
}
