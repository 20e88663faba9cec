import { beforeEach, describe, expect, test } from "vitest";

import { OfflineError, ProblemError, type Api } from "../ground/api";
import { memoryShelf } from "../ground/phone";
import { FakeCity, problem, receiptOf } from "./fakes";
import { Giving, reportOf, type Draft } from "./giving";
import { Journal, type Entry } from "./journal";
import type { Item } from "./outbox";
import { cellOf } from "./plane";

const SQUARE = { id: "square", name: "Valen Square" };
const DRAFT: Draft = {
  point: { valence: 0.31415, arousal: -0.27182 }, words: [{ id: "calm", label: "ruhig" }], ownWords: ["halbwach"], note: " nur für mich ", reach: "city",
};

let city: FakeCity;
let journal: Journal;
let items: ReturnType<typeof memoryShelf<Item>>;
let giving: Giving;

beforeEach(() => {
  city = new FakeCity();
  journal = new Journal(memoryShelf<Entry>());
  items = memoryShelf<Item>();
  giving = new Giving(city as unknown as Api, journal, items, () => 1_000);
});

async function only(): Promise<Entry> {
  const entries = await journal.entries();
  expect(entries).toHaveLength(1);
  return entries[0] as Entry;
}

describe("what leaves the phone", () => {
  test("a report has the cell and the audience, and never the point, the note or words of one's own", () => {
    const report = reportOf(DRAFT, "pass");
    expect(report).toEqual({ cell: cellOf(DRAFT.point), audience: "city", words: ["calm"], pass: "pass" });
    const sent = JSON.stringify(report);
    for (const secret of ["0.31415", "0.27182", "halbwach", "nur für mich", "ruhig"]) expect(sent).not.toContain(secret);
  });

  test("'only me' makes no report at all, and asks the city nothing", async () => {
    const entry = await giving.give(SQUARE, { ...DRAFT, reach: "me" }, "pass");
    expect(entry.state).toBe("private");
    expect(city.asked).toEqual([]);
    expect(await items.all()).toEqual([]);
  });

  test("a place alone counts no words, so none are sent", () => {
    expect(reportOf({ ...DRAFT, reach: "place" }, null)).toEqual({ cell: cellOf(DRAFT.point), audience: "place" });
  });
});

describe("giving", () => {
  test("it is in the journal with its exact point, and its receipt beside it", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    expect(entry).toMatchObject({ state: "given", point: DRAFT.point, note: "nur für mich", wordLabels: ["ruhig"], ownWords: ["halbwach"] });
    expect(entry.receipt?.key).toBe(entry.key);
    expect(await only()).toEqual(entry);
  });

  test("offline it waits, and arrives once when there is a network", async () => {
    city.reachable = false;
    expect((await giving.give(SQUARE, DRAFT, null)).state).toBe("waiting");
    city.reachable = true;
    await Promise.all([giving.flush(), giving.flush()]);
    expect((await only()).state).toBe("given");
    expect(city.held.size).toBe(1);
  });

  test("nobody waits for a network that does not answer", async () => {
    city.meanwhile = () => new Promise(() => undefined);
    giving = new Giving(city as unknown as Api, journal, items, () => 1_000, () => Promise.resolve());
    expect((await giving.give(SQUARE, DRAFT, null)).state).toBe("waiting");
  });

  test("a refusal is kept with its reason", async () => {
    city.refusal = problem(403, "not-allowed").problem;
    const entry = await giving.give(SQUARE, DRAFT, null);
    expect(entry).toMatchObject({ state: "refused", refusal: { status: 403 } });
  });
});

describe("changing", () => {
  test("what was given is changed where it is, under the same key", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    const changed = await giving.change(entry, { ...DRAFT, point: { valence: -1, arousal: -1 } }, null);
    expect(changed.key).toBe(entry.key);
    expect(city.held.get(entry.key)?.cell).toBe(0);
    expect(await only()).toEqual(changed);
  });

  test("changed to 'only me', it is withdrawn and keeps no receipt", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    const changed = await giving.change(entry, { ...DRAFT, reach: "me" }, null);
    expect(city.held.size).toBe(0);
    expect(changed.state).toBe("private");
    expect(changed.receipt).toBeUndefined();
  });

  test("kept first and given later, after a taking back, it goes under a new key", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    const kept = await giving.change(entry, { ...DRAFT, reach: "me" }, null);
    const again = await giving.change(kept, DRAFT, null);
    expect(again.state).toBe("given");
    expect(again.key).not.toBe(entry.key);
    expect(await only()).toEqual(again);
  });

  test("what waits is changed before it leaves", async () => {
    city.reachable = false;
    const entry = await giving.give(SQUARE, DRAFT, null);
    await giving.change(entry, { ...DRAFT, reach: "place" }, null);
    city.reachable = true;
    await giving.flush();
    expect(city.held.get(entry.key)?.audience).toBe("place");
    expect((await only()).state).toBe("given");
  });

  test("offline, what was given cannot be changed, and nothing pretends it was", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    city.reachable = false;
    await expect(giving.change(entry, { ...DRAFT, reach: "me" }, null)).rejects.toThrow(OfflineError);
    expect(await only()).toEqual(entry);
  });

  test("what was acknowledged and not counted can be given anew", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    const receipt = receiptOf("square", entry.key, { cell: 1, audience: "place" }, { state: "kept", reason: "nobody-speaks", window: null });
    city.held.clear();
    await journal.amend(entry.key, { receipt });
    expect((await giving.change(entry, DRAFT, null)).receipt?.state).toBe("counted");
  });

  test("a place above does not hear what goes back to a place alone", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    await journal.amend(entry.key, { receipt: receiptOf("square", entry.key, { cell: 1, audience: "city" }, { speaker: "old-town" }) });
    await giving.change(entry, { ...DRAFT, reach: "place" }, null);
    expect(city.asked).toContain(`withdraw ${entry.key}`);
    expect(city.asked).not.toContain(`edit ${entry.key}`);
  });
});

describe("taking back", () => {
  test("it is gone from the city and from the journal", async () => {
    await giving.takeBack(await giving.give(SQUARE, DRAFT, null));
    expect(city.held.size).toBe(0);
    expect(await journal.entries()).toEqual([]);
  });

  test("what waits is gone without a network, and does not arrive later", async () => {
    city.reachable = false;
    await giving.takeBack(await giving.give(SQUARE, DRAFT, null));
    expect(await journal.entries()).toEqual([]);
    city.reachable = true;
    await giving.flush();
    expect(city.held.size).toBe(0);
  });

  test("what has been spoken stays in the journal, and the person is told", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    city.refusal = problem(409, "already-spoken").problem;
    await expect(giving.takeBack(entry)).rejects.toThrow(ProblemError);
    expect(await only()).toEqual(entry);
  });

  test("what the city no longer knows is removed from the journal", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    city.held.clear();
    await giving.takeBack(entry);
    expect(await journal.entries()).toEqual([]);
  });
});
