/**
 * The receipt in plain words: what left the phone and what did not, what it cost, when it will speak and by whom, and
 * when the record is deleted.
 */
import { dayOf, listed, number, t, timeOfDay } from "../ground/i18n";
import type { Receipt } from "../ground/types";
import type { Entry } from "./journal";
import { band, centreOf, type Point } from "./plane";

export interface Told {
  /** Names of places by id. */
  placeName: (id: string) => string;
  timeZone: string | undefined;
  /** Real seconds until a city time. */
  secondsUntil: (iso: string) => number;
  /** Whether the city's clock runs faster than ours. */
  hurried: boolean;
}

/** "pleasant, calm", or "in the middle" where both axes say so. */
export function sayPoint({ valence, arousal }: Point): string {
  const [v, a] = [band(valence), band(arousal)];
  if (v === "middle" && a === "middle") return t("plane.middle");
  return t("plane.both", { valence: t(`plane.valence.${v}`), arousal: t(`plane.arousal.${a}`) });
}

export function leftThePhone(entry: Entry, receipt: Receipt): string {
  if (receipt.cell === null) return t("receipt.left.presence");
  if (entry.resolution === "quadrant") return t("receipt.left.quarter", { area: sayPoint(quarterCentre(receipt.cell)) });
  const labels = entry.wordLabels.filter((_, at) => said(entry).includes(entry.words[at] ?? ""));
  return t("receipt.left.text", { area: sayPoint(centreOf(receipt.cell)), count: labels.length, words: listed(labels) });
}

function said(entry: Entry): readonly string[] {
  return entry.said ?? (entry.reach === "city" ? entry.words : []);
}

function quarterCentre(cell: number): Point {
  const { valence, arousal } = centreOf(cell);
  return { valence: Math.sign(valence) / 2, arousal: Math.sign(arousal) / 2 };
}

/** The same where no receipt says so. */
export function leftWithoutReceipt(entry: Entry): string {
  if (entry.state === "private") return t("receipt.left.nothing");
  return t(entry.state === "refused" ? "receipt.left.refused" : "receipt.left.not-yet");
}

/** Who counts it, if anybody. */
export function whoCounts(entry: Entry, receipt: Receipt): string {
  if (receipt.state === "kept") return t("receipt.counts.nobody");
  return t("receipt.counts.text", { audience: receipt.audience, place: entry.placeName, research: entry.research ? "yes" : "no" });
}

export function stayedHere(entry: Entry): string {
  if (entry.state === "private") return t("receipt.stayed.all");
  const [note, own] = [entry.note !== "", entry.ownWords.length > 0];
  const unsaid = entry.words.length > said(entry).length;
  return t("receipt.stayed.text", { own: note && own ? "both" : note ? "note" : own ? "words" : "none", unsaid: unsaid ? "yes" : "no" });
}

const FRACTIONS: readonly [value: number, name: string][] = [[1, "whole"], [1 / 2, "half"], [1 / 3, "third"], [1 / 4, "quarter"]];

export function cost(receipt: Receipt): string {
  if (receipt.state === "kept") return t("receipt.cost.none");
  const share = receipt.epsilon.check_in / receipt.epsilon.day;
  const fraction = FRACTIONS.find(([value]) => Math.abs(value - share) < 0.005)?.[1] ?? "other";
  return t("receipt.cost.text", {
    fraction,
    percent: number(share, { style: "percent", maximumFractionDigits: 1 }),
    epsilon: number(receipt.epsilon.check_in, { maximumFractionDigits: 3 }),
    day: number(receipt.epsilon.day, { maximumFractionDigits: 2 }),
    count: receipt.counted_today,
    of: receipt.of,
  });
}

export function whenItSpeaks(receipt: Receipt, told: Told): string {
  const unheard = receipt.reason ?? (receipt.speaks_at === null || receipt.speaker === null ? "nobody-speaks" : null);
  if (unheard !== null || receipt.speaks_at === null || receipt.speaker === null) {
    return t(`receipt.kept.${unheard}`, { of: receipt.of, place: told.placeName(receipt.place) });
  }
  const own = receipt.speaker === receipt.place;
  const seconds = told.secondsUntil(receipt.speaks_at);
  const speaker = told.placeName(receipt.speaker);
  const clock = timeOfDay(receipt.speaks_at, told.timeZone);
  const hurried = told.hurried ? "yes" : "no";
  if (seconds <= 0) return t("receipt.speaks.now", { speaker, clock, own: own ? "yes" : "no", hurried });
  const speaks = t("receipt.speaks.text", { speaker, clock, own: own ? "yes" : "no", span: sayFor(seconds), hurried });
  if (receipt.stands_until === undefined) return speaks;
  return `${speaks} ${t("receipt.stands.text", { clock: timeOfDay(receipt.stands_until, told.timeZone), hurried })}`;
}

export function whenDeleted(receipt: Receipt, told: Told): string {
  const at = receipt.deleted_by;
  return t("receipt.deleted.text", { day: dayOf(at, told.timeZone), clock: timeOfDay(at, told.timeZone), hurried: told.hurried ? "yes" : "no" });
}

/** Why an entry is not on its way to a light: chosen so, waiting, too late, refused, or acknowledged and not counted. */
export function explain(entry: Entry, told: Told): string {
  const place = entry.placeName;
  if (entry.state === "given") return entry.receipt ? whenItSpeaks(entry.receipt, told) : "";
  if (entry.state !== "refused") return t(`receipt.${entry.state}.text`);
  const slug = entry.refusal?.type.split("/").at(-1);
  if (slug === "not-allowed") return t("receipt.refused.presence", { place });
  return slug === "already-spoken" ? t("receipt.refused.spoken", { place }) : t("receipt.refused.text");
}

/** A stretch of real time, as one would say it: "42 seconds", "about 3 hours". */
export function sayFor(seconds: number): string {
  if (seconds < 90) return t("span.seconds", { count: Math.max(1, Math.ceil(seconds)) });
  if (seconds < 90 * 60) return t("span.minutes", { count: Math.round(seconds / 60) });
  return t("span.hours", { count: Math.round(seconds / 3600) });
}
