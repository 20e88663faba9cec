import { beforeEach, describe, expect, test } from "vitest";

import { memoryShelf } from "../ground/phone";
import type { Report } from "../ground/types";
import { FakeCity, problem } from "./fakes";
import { LIFE_MS, Outbox, type Item } from "./outbox";

const CALM: Report = { cell: 12, audience: "city" };
const GLAD: Report = { cell: 62, audience: "place" };

let city: FakeCity;
let store: ReturnType<typeof memoryShelf<Item>>;
let outbox: Outbox;
let outcomes: string[];
let now: number;

beforeEach(() => {
  city = new FakeCity();
  store = memoryShelf<Item>();
  outcomes = [];
  now = 1_000;
  outbox = new Outbox(store, city, (item, outcome) => Promise.resolve(void outcomes.push(`${item.key} ${outcome.kind}`)), () => now);
});

describe("giving", () => {
  test("what was given leaves once, and then nothing waits", async () => {
    await outbox.give("a", "square", CALM, "cell");
    expect(await outbox.flush()).toBe(true);
    expect(await outbox.flush()).toBe(true);
    expect(outcomes).toEqual(["a acknowledged"]);
    expect(city.asked).toEqual(["give a"]);
  });

  test("without a network it waits, and goes the oldest first", async () => {
    city.reachable = false;
    await outbox.give("late", "square", CALM, "cell");
    now -= 500;
    await outbox.give("early", "square", GLAD, "cell");
    expect(await outbox.flush()).toBe(false);
    expect(outcomes).toEqual([]);
    city.reachable = true;
    expect(await outbox.flush()).toBe(true);
    expect(outcomes).toEqual(["early acknowledged", "late acknowledged"]);
  });

  test("a lost answer does not count it twice", async () => {
    city.losesAnswers = true;
    await outbox.give("a", "square", CALM, "cell");
    await outbox.flush();
    city.losesAnswers = false;
    await outbox.flush();
    expect(city.held.size).toBe(1);
    expect(outcomes).toEqual(["a acknowledged"]);
  });

  test("a new report for what may have arrived changes it there", async () => {
    city.losesAnswers = true;
    await outbox.give("a", "square", CALM, "cell");
    await outbox.flush();
    city.losesAnswers = false;
    await outbox.give("a", "square", GLAD, "cell");
    expect(await outbox.flush()).toBe(true);
    expect(city.held.get("a")).toEqual(GLAD);
    expect(outcomes).toEqual(["a acknowledged"]);
  });

  test("after twelve hours it is no longer sent: a feeling is about now", async () => {
    await outbox.give("a", "square", CALM, "cell");
    now += LIFE_MS + 1;
    expect(await outbox.flush()).toBe(true);
    expect(outcomes).toEqual(["a too-late"]);
    expect(city.asked).toEqual([]);
  });

  test.each([429, 500, 503])("a passing %d is not a refusal", async (status) => {
    city.refusal = problem(status, "passing").problem;
    await outbox.give("a", "square", CALM, "cell");
    expect(await outbox.flush()).toBe(false);
    expect(outcomes).toEqual([]);
    expect(await store.all()).toHaveLength(1);
  });

  test("a refusal is told, and does not stop the others for ever", async () => {
    city.refusal = problem(403, "not-allowed").problem;
    await outbox.give("a", "gallery", CALM, "cell");
    expect(await outbox.flush()).toBe(true);
    expect(outcomes).toEqual(["a refused"]);
  });

  test("what is given while others are on their way goes with them", async () => {
    city.meanwhile = async () => {
      city.meanwhile = () => Promise.resolve();
      await outbox.give("b", "square", GLAD, "cell");
    };
    await outbox.give("a", "square", CALM, "cell");
    expect(await outbox.flush()).toBe(true);
    expect(outcomes).toEqual(["a acknowledged", "b acknowledged"]);
  });
});

describe("taking back what waits", () => {
  test("what was never tried just disappears", async () => {
    await outbox.give("a", "square", CALM, "cell");
    expect(await outbox.takeBack("a")).toBe(true);
    expect(await outbox.flush()).toBe(true);
    expect(city.asked).toEqual([]);
  });

  test("what may have arrived is taken back there as well", async () => {
    city.losesAnswers = true;
    await outbox.give("a", "square", CALM, "cell");
    await outbox.flush();
    city.losesAnswers = false;
    await outbox.takeBack("a");
    expect(await outbox.flush()).toBe(true);
    expect(city.held.size).toBe(0);
    expect(outcomes).toEqual(["a taken-back"]);
  });

  test("what never arrived counts as taken back", async () => {
    city.reachable = false;
    await outbox.give("a", "square", CALM, "cell");
    await outbox.flush();
    city.reachable = true;
    await outbox.takeBack("a");
    expect(await outbox.flush()).toBe(true);
    expect(outcomes).toEqual(["a taken-back"]);
  });

  test("undone while it is on its way, it is withdrawn, and no receipt is told", async () => {
    city.meanwhile = async () => {
      city.meanwhile = () => Promise.resolve();
      await outbox.takeBack("a");
    };
    await outbox.give("a", "square", CALM, "cell");
    expect(await outbox.flush()).toBe(true);
    expect(city.held.size).toBe(0);
    expect(outcomes).toEqual(["a taken-back"]);
  });

  test("a taking back is sent however late it is", async () => {
    city.losesAnswers = true;
    await outbox.give("a", "square", CALM, "cell");
    await outbox.flush();
    city.losesAnswers = false;
    await outbox.takeBack("a");
    now += LIFE_MS * 2;
    await outbox.flush();
    expect(city.asked).toEqual(["give a", "withdraw a"]);
  });

  test("nothing waits under a key that was acknowledged", async () => {
    await outbox.give("a", "square", CALM, "cell");
    await outbox.flush();
    expect(await outbox.takeBack("a")).toBe(false);
  });
});

describe("making less of what the city holds", () => {
  beforeEach(async () => {
    await outbox.give("a", "square", CALM, "cell");
    await outbox.flush();
    [city.asked.length, outcomes.length] = [0, 0];
  });

  test("a change goes to the same key, and waits while there is no network", async () => {
    city.reachable = false;
    await outbox.change("a", "square", GLAD, "cell");
    expect(await outbox.flush()).toBe(false);
    city.reachable = true;
    expect(await outbox.flush()).toBe(true);
    expect(city.held.get("a")).toEqual(GLAD);
    expect(city.asked).toEqual(["edit a", "edit a"]);
    expect(outcomes).toEqual(["a acknowledged"]);
  });

  test("what the city will not change so, it shall not keep either", async () => {
    city.editRefusal = problem(403, "not-allowed").problem;
    await outbox.change("a", "square", GLAD, "cell");
    await outbox.flush();
    expect(city.held.size).toBe(0);
    expect(outcomes).toEqual(["a taken-back"]);
  });

  test("recalled, it is gone there, also when a change was waiting that had never been tried", async () => {
    await outbox.change("a", "square", GLAD, "cell");
    expect(await outbox.recall("a", "square")).toBe(true);
    await outbox.flush();
    expect(city.asked).toEqual(["withdraw a"]);
    expect(city.held.size).toBe(0);
  });

  test("taken back by the person while a change waits, it is gone there too", async () => {
    await outbox.change("a", "square", GLAD, "cell");
    expect(await outbox.takeBack("a")).toBe(true);
    await outbox.flush();
    expect(city.held.size).toBe(0);
  });

  test("what has been spoken is told as that, and is no refusal", async () => {
    city.refusal = problem(409, "already-spoken").problem;
    await outbox.recall("a", "square");
    expect(await outbox.flush()).toBe(true);
    expect(outcomes).toEqual(["a spoken"]);
  });

  test("what never left needs no door", async () => {
    await outbox.give("b", "square", CALM, "cell");
    expect(await outbox.recall("b", "square")).toBe(false);
    expect(await outbox.flush()).toBe(true);
    expect(city.asked).toEqual([]);
  });

  test("a change of what still waits is given, not changed", async () => {
    await outbox.give("b", "square", CALM, "cell");
    await outbox.change("b", "square", GLAD, "cell");
    await outbox.flush();
    expect(city.asked).toEqual(["give b"]);
    expect(city.held.get("b")).toEqual(GLAD);
  });
});

describe("the phone itself", () => {
  test("taking part is said once, the last wish alone", async () => {
    await outbox.optOut(true);
    await outbox.optOut(false);
    await outbox.flush();
    expect(city.asked).toEqual(["opt in"]);
    expect(outcomes).toEqual(["taking-part told"]);
  });

  test("all that can be is taken back, as soon as the city is in reach", async () => {
    city.held.set("of another page", CALM);
    city.reachable = false;
    await outbox.withdrawAll();
    expect(await outbox.flush()).toBe(false);
    city.reachable = true;
    expect(await outbox.flush()).toBe(true);
    expect(city.held.size).toBe(0);
  });
});
