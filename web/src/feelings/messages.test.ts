/** What this room says: every key that its pages use has its message in every language, with the same values in it. */
import { expect } from "vitest";

import type { Messages } from "../ground/i18n";
import { checkMessages } from "../ground/messages.checks";

const files = import.meta.glob<Messages>("../locales/*/feelings.json", { import: "default", eager: true });
const sources = import.meta.glob<string>(["./*.svelte", "./*.ts", "!./*.test.ts", "!./fakes.ts"], { query: "?raw", import: "default", eager: true });
const of = (locale: string): Messages => files[`../locales/${locale}/feelings.json`] ?? {};

const BANDS = ["far-below", "below", "middle", "above", "far-above"];
const REASONS = ["day-full", "nobody-speaks", "opted-out", "charter-unseen", "budget-spent"];
const STANDINGS = ["private", "waiting", "late", "refused", ...REASONS, "open", "closing", "spoken"];
const REACHES = ["me", "place", "district", "city", "root"];
/** What may stand in the holes of keys that the code puts together. */
const HOLES: Record<string, string[]> = {
  "plane.valence.*": BANDS, "plane.arousal.*": BANDS, "plane.*.label": ["valence", "arousal"],
  "feel.reach.*": REACHES, "feel.reach.*.what": REACHES, "feel.exactly.*": ["cell", "quadrant", "presence"],
  "feel.closed.*": ["browser", "boundary"], "receipt.kept.*": REASONS,
  "presence.*": ["needed", "stale", "unreached"], "*.title": ["unknown", "unreached"],
  "receipt.title.*": STANDINGS, "receipt.*.text": ["private", "waiting", "late"], "journal.state.*": [...STANDINGS, "replaced"],
};

/** Every string in the code that looks like a key of this room, holes filled. */
function used(): Set<string> {
  const keys = new Set<string>();
  const rooms = new Set(Object.keys(of("en")).map((key) => key.split(".")[0]));
  for (const source of Object.values(sources)) {
    for (const [, key = ""] of source.matchAll(/"([a-z]+(?:\.[a-z-]+)+|again)"/g)) if (rooms.has(key.split(".")[0])) keys.add(key);
    for (const [, holed = ""] of source.matchAll(/t\(`([^`]+)`/g)) {
      const pattern = holed.replace(/\$\{[^}]*\}/g, "*");
      const filled = HOLES[pattern];
      expect(filled, `nobody says what may stand in ${pattern}`).toBeDefined();
      for (const part of filled ?? []) keys.add(pattern.replace("*", part));
    }
  }
  return keys;
}

checkMessages(of, used);
