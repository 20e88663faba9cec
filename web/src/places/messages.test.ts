/** What this room says: every key that its pages use has its message in every language, with the same values in it. */
import { expect, test } from "vitest";

import type { Messages } from "../ground/i18n";
import { checkMessages } from "../ground/messages.checks";
import { TOLD } from "./terms";

const files = import.meta.glob<Messages>("../locales/*/*.json", { import: "default", eager: true });
const sources = import.meta.glob<string>(["./*.svelte", "./*.ts", "!./*.test.ts"], { query: "?raw", import: "default", eager: true });
const of = (locale: string, room = "places"): Messages => files[`../locales/${locale}/${room}.json`] ?? {};

const WIDENED = TOLD.filter((term) => term !== "welcome" && term !== "expected_crowd");
const CHOICES = ["consent", "aside", "object"];
const VERDICTS = ["adopted", "declined", "vetoed", "lapsed"];
const DIRECTIONS = ["same", "stricter", "looser"];
const KEPT = ["check-in", "key-print", "released", "account"];
const SEES = ["you", "everybody", "architect", "host"];
const REACHES = ["place", "district", "city"];
/** What may stand in the holes of keys that the code puts together. */
const HOLES: Record<string, readonly string[]> = {
  "term.*": TOLD, "name.*": TOLD, "wider.*": WIDENED, "reach.*": REACHES, "ring.*": REACHES,
  "stays.*": ["point", "note", "journal", "name"], "leaves.*": ["area", "words", "reach", "token", "pass"],
  "sees.*": SEES, "sees.*.what": SEES, "kept.*": KEPT, "kept.*.until": KEPT, "direction.*": DIRECTIONS, "versions.*": DIRECTIONS,
  "versions.by.*": ["founder", "architect", "community"], "seen.*": ["first", "again"], "proposal.*": VERDICTS, "vote.*": CHOICES,
  "charter.*": ["offline", "unknown", "other"],
};

/** Every string in the code that looks like a key of this room, holes filled. */
function used(): Set<string> {
  const keys = new Set<string>();
  const rooms = new Set(Object.keys(of("en")).map((key) => key.split(".")[0]));
  for (const source of Object.values(sources)) {
    for (const [, key = ""] of source.matchAll(/"([a-z]+(?:\.[a-z-]+)*)"/g)) if (key in of("en") || (key.includes(".") && rooms.has(key.split(".")[0]))) keys.add(key);
    for (const [, holed = ""] of source.matchAll(/(?<![\w.])t\(`([^`]+)`/g)) {
      const pattern = holed.replace(/\$\{[^}]*\}/g, "*");
      expect(HOLES[pattern], `nobody says what may stand in ${pattern}`).toBeDefined();
      for (const part of HOLES[pattern] ?? []) keys.add(pattern.replace("*", part));
    }
  }
  return keys;
}

checkMessages(of, used);

test("no key of this room is one of a room whose page it stands on", () => {
  for (const room of ["ground", "feelings"]) expect(Object.keys(of("en", room)).filter((key) => key in of("en"))).toEqual([]);
});
