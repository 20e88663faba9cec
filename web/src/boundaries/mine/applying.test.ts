import { beforeEach, describe, expect, test, vi } from "vitest";

import { FakeCity } from "../../feelings/fakes";
import { Giving, type Draft } from "../../feelings/giving";
import { Journal, type Entry } from "../../feelings/journal";
import type { Item } from "../../feelings/outbox";
import type { Api } from "../../ground/api";
import { memoryShelf } from "../../ground/phone";
import type { Place } from "../../ground/types";
import { applyBoundary, type Here } from "./applying";
import { AS_I_AM, keptBoundary, limited, ONLY_ME } from "./keeping";
import { withLimit, withRule, withTopic } from "./setting";

const PLACE = { id: "square", name: "The Square", parent: "city", kind: "place", adjacent: [], position: [0, 0], presence: "open", policy: "echo", setting: "public", welcome: "" } as unknown as Place;
const PLACES = [{ ...PLACE, id: "city", parent: null }, PLACE];
const WORDS = [{ id: "sad", word: "sad", definition: "", valence: -0.6, arousal: -0.4 }];
const DRAFT: Draft = {
  point: { valence: 0.3, arousal: 0.3 }, words: [{ id: "sad", label: "sad" }], ownWords: [], note: "", reach: "city", resolution: "cell",
  said: ["sad"], research: false, chosen: false, charter: null,
};
const NOON = new Date(2026, 10, 24, 12, 0).getTime();

let city: FakeCity;
let here: Here;
let entry: Entry;

beforeEach(async () => {
  vi.stubGlobal("navigator", {});
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) });
  city = new FakeCity();
  const journal = new Journal(memoryShelf<Entry>());
  const give = new Giving(city as unknown as Api, journal, memoryShelf<Item>(), () => NOON);
  entry = await give.give({ id: "square", name: "The Square" }, DRAFT, null);
  here = { give, places: PLACES, words: WORDS, open: [entry], known: true };
  city.asked.length = 0;
});

const held = () => city.held.get(entry.key);

describe("a boundary that becomes stricter", () => {
  test("lessens what is open, at once", async () => {
    expect(await applyBoundary(limited("presence", "presence", "presence"), here)).toEqual({ kept: true, lessened: 1 });
    expect(held()).toEqual({ cell: null, audience: "city", chosen: true });
    expect(keptBoundary(false).chosen).toBe(true);
  });

  test("brings it home where the city may not know it any more", async () => {
    await applyBoundary(limited("cell", "nothing", "nothing"), here);
    expect(held()).toMatchObject({ audience: "place" });
  });

  test("takes it back where nobody may", async () => {
    await applyBoundary(ONLY_ME, here);
    expect(city.held.size).toBe(0);
    expect(city.asked).toEqual([`withdraw ${entry.key}`, "opt out"]);
  });

  test("takes words out of it", async () => {
    await applyBoundary(withTopic(AS_I_AM, "low", true), here);
    expect(held()).not.toHaveProperty("words");
    expect(held()).toHaveProperty("audience", "city");
  });

  test("asks when and where it was given, not when the boundary was set", async () => {
    const night = { audience: "place", at_most: "nothing", place: null, hours: [1320, 360] } as const;
    expect((await applyBoundary(withRule(AS_I_AM, night), here)).lessened).toBe(0);
    expect((await applyBoundary(withRule(AS_I_AM, { ...night, hours: [660, 780] }), here)).lessened).toBe(1);
  });

  test("is judged most strictly at a place that this phone does not know now", async () => {
    const elsewhere = withRule(AS_I_AM, { audience: "place", at_most: "nothing", place: "gallery", hours: null });
    await applyBoundary(elsewhere, { ...here, places: [] });
    expect(city.held.size).toBe(0);
  });
});

describe("a boundary that opens", () => {
  test("changes nothing that was given", async () => {
    await applyBoundary(limited("presence", "presence", "presence"), here);
    city.asked.length = 0;
    await applyBoundary(AS_I_AM, here);
    expect(held()?.cell).toBeNull();
    expect(city.asked).toEqual(["opt in"]);
  });
});

test("a phone that the city has never met does not introduce itself to say that it takes no part", async () => {
  await applyBoundary(ONLY_ME, { ...here, open: [], known: false });
  expect(city.asked).toEqual([]);
});

test("where the browser keeps nothing, nothing is done and it is told", async () => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => { throw new Error("closed"); } });
  expect(await applyBoundary(withLimit(AS_I_AM, "city", "nothing"), here)).toEqual({ kept: false, lessened: 0 });
  expect(city.asked).toEqual([]);
});
