import { beforeEach, describe, expect, test } from "vitest";

import { LOCALES, timeOfDay, useMessages, type Locale, type Messages } from "../ground/i18n";
import type { Receipt } from "../ground/types";
import { receiptOf } from "./fakes";
import type { Entry } from "./journal";
import {
  cost, explain, leftThePhone, leftWithoutReceipt, sayFor, sayPoint, stayedHere, whenDeleted, whenItSpeaks, whoCounts, type Told,
} from "./receipt";

const files = import.meta.glob<Messages>("../locales/*/feelings.json", { import: "default", eager: true });

function speak(locale: Locale): void {
  useMessages(locale, files[`../locales/${locale}/feelings.json`] ?? {});
}

const TOLD: Told = { placeName: (id) => ({ square: "Valen Square", nexus: "Nexus City" })[id] ?? id, timeZone: "UTC", secondsUntil: () => 42, hurried: false };
const ENTRY: Entry = {
  key: "k", at: 0, place: "square", placeName: "Valen Square", point: { valence: 0.6, arousal: 0.6 }, words: ["eager", "glad"],
  wordLabels: ["eager", "glad"], ownWords: [], note: "", reach: "city", state: "given",
};

function receipt(change: Partial<Receipt> = {}): Receipt {
  return receiptOf("square", "k", { cell: 54, audience: "city", words: ["eager", "glad"] }, change);
}

const LIVE = receipt({ stands_until: "2026-11-24T19:05:00Z", epsilon: { check_in: 0.45, day: 1 }, counted_today: 2 });

/** Everything that a receipt can say, in every state. */
function allThatIsSaid(): string[] {
  const kept = (["day-full", "nobody-speaks", "opted-out", "charter-unseen", "budget-spent"] as const).map((reason) => receipt({ state: "kept", reason, speaker: null, window: null, speaks_at: null }));
  const receipts = [receipt(), receipt({ speaker: "nexus" }), receipt({ audience: "place" }), LIVE, ...kept];
  const refusals = ["not-allowed", "already-spoken", "bad-input"].map((slug) => ({ type: `/problems/${slug}`, title: "", status: 400, detail: "", remedy: "" }));
  const entries: Entry[] = [
    ...(["private", "waiting", "late"] as const).map((state) => ({ ...ENTRY, state })),
    ...refusals.map((refusal) => ({ ...ENTRY, state: "refused" as const, refusal })),
    ...receipts.map((each) => ({ ...ENTRY, receipt: each })),
    { ...ENTRY, note: "x" }, { ...ENTRY, ownWords: ["y"] }, { ...ENTRY, note: "x", ownWords: ["y"], reach: "place" },
  ];
  const hurried = { ...TOLD, hurried: true };
  const spoken = { ...TOLD, secondsUntil: () => -1 };
  return [
    ...receipts.flatMap((each) => [leftThePhone(ENTRY, each), whoCounts(ENTRY, each), cost(each)]),
    ...receipts.flatMap((each) => [TOLD, hurried, spoken].flatMap((told) => [whenItSpeaks(each, told), whenDeleted(each, told)])),
    ...entries.flatMap((each) => [explain(each, TOLD), stayedHere(each), leftWithoutReceipt(each)]),
    ...[1, 42, 600, 40_000].map(sayFor),
  ].filter((text) => text !== "");
}

describe.each(LOCALES)("a receipt in %s", (locale) => {
  beforeEach(() => speak(locale));

  test("says every state in whole sentences, and no key shows through", () => {
    for (const text of allThatIsSaid()) {
      expect(text).not.toMatch(/\b(receipt|plane|span|feel)\.[a-z]/);
      expect(text).not.toMatch(/[{}!]|undefined|NaN|\s{2,}/);
    }
  });

  test("says until when somebody stands at a live place", () => {
    expect(whenItSpeaks(LIVE, TOLD)).toContain(timeOfDay("2026-11-24T19:05:00Z", "UTC"));
    expect(whenItSpeaks(receipt(), TOLD)).not.toContain(timeOfDay("2026-11-24T19:05:00Z", "UTC"));
  });

  test("names the place that speaks, and the clock", () => {
    expect(whenItSpeaks(receipt(), TOLD)).toMatch(/Valen Square.*42.*13:01|Valen Square.*42.*1:01/);
    expect(whenItSpeaks(receipt({ speaker: "nexus" }), TOLD)).toContain("Nexus City");
  });

  test("says its cost in ε, and nothing where nothing was counted", () => {
    expect(cost(receipt())).toContain("ε");
    expect(cost(receipt({ state: "kept", reason: "day-full" }))).not.toContain("ε");
  });

  test("names the words that left, and only where words leave", () => {
    expect(leftThePhone(ENTRY, receipt())).toContain("eager");
    expect(leftThePhone({ ...ENTRY, reach: "place" }, receipt({ audience: "place" }))).not.toContain("eager");
  });
});

describe("in English", () => {
  beforeEach(() => speak("en"));

  test("a quarter of a day is said as one, and an odd share as per cent", () => {
    expect(cost(receipt())).toBe("A quarter of today’s privacy: ε 0.25 of 1. Number 1 of the 4 that count in a day.");
    expect(cost(receipt({ epsilon: { check_in: 0.225, day: 1 } }))).toContain("22.5%");
  });

  test("what left is the area and not the point", () => {
    const said = leftThePhone(ENTRY, receipt());
    expect(said).toContain("the words eager and glad");
    expect(said).not.toContain("0.6");
  });

  test("a full day and a silent place are told apart", () => {
    expect(whenItSpeaks(receipt({ state: "kept", reason: "day-full" }), TOLD)).toContain("counts in a day has been given");
    expect(whenItSpeaks(receipt({ state: "kept", reason: "nobody-speaks", speaker: null, speaks_at: null }), TOLD)).toContain("Too few");
  });

  test("a refusal says what to do about it", () => {
    const refusal = { type: "/problems/not-allowed", title: "", status: 403, detail: "", remedy: "" };
    expect(explain({ ...ENTRY, state: "refused", refusal }, TOLD)).toContain("Scan the code");
  });

  test("times are said as one would say them", () => {
    expect([0.2, 42, 89, 91, 3600, 9 * 3600].map(sayFor)).toEqual([
      "1 second", "42 seconds", "89 seconds", "about 2 minutes", "about 60 minutes", "about 9 hours",
    ]);
  });

  test("the middle is one word, not two", () => {
    expect(sayPoint({ valence: 0, arousal: 0 })).toBe("in the middle of everything");
    expect(sayPoint({ valence: 0.3, arousal: -0.9 })).toBe("pleasant, with very little energy");
  });
});
