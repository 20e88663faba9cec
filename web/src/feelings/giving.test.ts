import { beforeEach, describe, expect, test } from "vitest";

import { quarterOf, type Given } from "../boundaries/mine/leaving";
import { OfflineError, ProblemError, type Api } from "../ground/api";
import { memoryShelf } from "../ground/phone";
import { FakeCity, problem, receiptOf } from "./fakes";
import { Giving, reportOf, type Draft } from "./giving";
import { Journal, type Entry } from "./journal";
import type { Item } from "./outbox";
import { cellOf } from "./plane";

const SQUARE = { id: "square", name: "Valen Square" };
const DRAFT: Draft = {
  point: { valence: 0.31415, arousal: -0.27182 }, words: [{ id: "calm", label: "ruhig" }], ownWords: ["halbwach"], note: " nur für mich ", reach: "city", resolution: "cell", said: ["calm"],
  research: false, chosen: false, charter: null,
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

  test("roughly is some area of the same quarter, and presence is none", () => {
    const drawn = Array.from({ length: 200 }, () => reportOf({ ...DRAFT, resolution: "quadrant" }, null)?.cell);
    const quarter = quarterOf(cellOf(DRAFT.point));
    expect(drawn.every((cell) => quarter.has(cell ?? -1))).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(8); // 200 draws from 16: fewer than 9 once in 10^50
    expect(reportOf({ ...DRAFT, resolution: "presence", said: [] }, null)).toEqual({ cell: null, audience: "city" });
  });

  test("words that the boundary holds back stay in the journal", async () => {
    const entry = await giving.give(SQUARE, { ...DRAFT, said: [] }, null);
    expect(city.held.get(entry.key)).not.toHaveProperty("words");
    expect(entry).toMatchObject({ words: ["calm"], said: [] });
  });

  test("research, the person's own choice and the charter travel only where they are so", () => {
    expect(reportOf({ ...DRAFT, research: true, chosen: true, charter: 3 }, null)).toMatchObject({ research: true, chosen: true, charter: 3 });
    expect(Object.keys(reportOf(DRAFT, null) ?? {})).toEqual(["cell", "audience", "words"]);
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

describe("when the boundary becomes stricter", () => {
  const less = (change: Partial<Given>) => (_: Entry, given: Given): Given => ({ ...given, words: [], ...change });

  test("what is open is changed where it is, to an area of the same quarter", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    expect(await giving.obey([entry], less({ resolution: "quadrant" }))).toBe(1);
    const held = city.held.get(entry.key);
    expect(quarterOf(cellOf(DRAFT.point)).has(held?.cell ?? -1)).toBe(true);
    expect(held).not.toHaveProperty("words");
    expect(await only()).toMatchObject({ state: "given", resolution: "quadrant", said: [], point: DRAFT.point });
  });

  test("what may not stay at all is taken back, and stays in the journal", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    await giving.obey([entry], () => null);
    expect(city.held.size).toBe(0);
    expect(await only()).toMatchObject({ key: entry.key, state: "private", reach: "me", note: "nur für mich" });
  });

  test("offline it happens as soon as there is a network", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    city.reachable = false;
    await giving.obey([entry], () => null);
    expect(city.held.size).toBe(1);
    city.reachable = true;
    await giving.flush();
    expect(city.held.size).toBe(0);
    expect((await only()).state).toBe("private");
  });

  test("what still waits leaves as the new boundary allows, or not at all", async () => {
    city.reachable = false;
    const one = await giving.give(SQUARE, DRAFT, null);
    await giving.obey([one], less({ resolution: "presence" }));
    city.reachable = true;
    await giving.flush();
    expect(city.held.get(one.key)).toMatchObject({ cell: null, audience: "city" });
  });

  test("what the boundary allows as it is, is left alone", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    city.asked.length = 0;
    expect(await giving.obey([entry], (_, given) => given)).toBe(0);
    expect(city.asked).toEqual([]);
  });

  test("roughly given before, its area is not drawn again: a second draw would tell more", async () => {
    const entry = await giving.give(SQUARE, { ...DRAFT, resolution: "quadrant", said: [] }, null);
    const before = city.held.get(entry.key)?.cell;
    await giving.obey([entry], less({ reach: "place" }));
    expect(city.held.get(entry.key)).toMatchObject({ cell: before, audience: "place" });
  });

  test("for a nearer audience than its speaker is, it is taken back", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    await journal.amend(entry.key, { receipt: receiptOf("square", entry.key, { cell: 1, audience: "city" }, { speaker: "old-town" }) });
    await giving.obey([(await only())], less({ reach: "place" }));
    expect(city.held.size).toBe(0);
  });

  test("what has been spoken stays said, and the journal says so", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    city.refusal = problem(409, "already-spoken").problem;
    await giving.obey([entry], () => null);
    expect(await only()).toMatchObject({ state: "given", reach: "city" });
  });
});

describe("withdrawing everything", () => {
  test("takes back what the journal knows and what it does not", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    city.held.set("given before the journal was erased", { cell: 3, audience: "city" });
    expect(await giving.withdrawAll([entry])).toBe(true);
    expect(city.held.size).toBe(0);
    expect((await only()).state).toBe("private");
  });

  test("offline it is not done yet, and says so", async () => {
    const entry = await giving.give(SQUARE, DRAFT, null);
    city.reachable = false;
    expect(await giving.withdrawAll([entry])).toBe(false);
    expect(await giving.optOut(true)).toBe(false);
    city.reachable = true;
    await giving.flush();
    expect(city.held.size).toBe(0);
    expect(city.asked.at(-1)).toBe("opt out");
  });
});
