import { describe, expect, it } from "vitest";

import { keyIn, turnCode, type Shown } from "./code";

/** A city that shows a code at its door, and a clock that is wound by hand. */
class Door {
  asked: { url: string; key: string | undefined }[] = [];
  waits: number[] = [];
  shown: (Shown | null)[] = [];
  answer: () => Response = () => json({ code: "ABCD2345", changes_in_s: 4, url: "http://city.test/p/gallery/feel?c=ABCD2345", qr: "<svg/>" });
  private next: (() => void) | null = null;

  open(): () => void {
    return turnCode({
      place: "gallery",
      key: "secret",
      fetch: (url, init) => {
        this.asked.push({ url, key: (init?.headers as Record<string, string>)["X-Display-Key"] });
        return Promise.resolve().then(this.answer);
      },
      onCode: (shown) => this.shown.push(shown),
      later: (run, ms) => {
        this.waits.push(ms);
        this.next = run;
      },
    });
  }

  async turn(): Promise<void> {
    this.next?.();
    this.next = null;
    for (let step = 0; step < 10; step += 1) await Promise.resolve();
  }
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status });
}

describe("a display's key", () => {
  it("is read from the part of the address that is never sent", () => {
    expect(keyIn("#key=abc-1_2")).toBe("abc-1_2");
    expect(keyIn("#key=")).toBeNull();
    expect(keyIn("")).toBeNull();
  });
});

describe("the rotating code", () => {
  it("is asked for with the display's key, and again as soon as it has turned", async () => {
    const door = new Door();
    door.open();
    await door.turn();
    await settled(() => door.waits.length === 1);
    expect(door.asked).toEqual([{ url: "/v1/places/gallery/code", key: "secret" }]);
    expect(door.shown).toEqual([{ url: "http://city.test/p/gallery/feel?c=ABCD2345", qr: "<svg/>" }]);
    expect(door.waits[0]).toBeGreaterThan(4_000);
    expect(door.waits[0]).toBeLessThan(5_000);
    await door.turn();
    expect(door.asked).toHaveLength(2);
  });

  it("says when the key does not open this place", async () => {
    const door = new Door();
    door.answer = () => json({}, 403);
    door.open();
    await settled(() => door.waits.length === 1);
    expect(door.shown).toEqual([null]);
  });

  it("keeps the last code while the city cannot be reached, and asks again", async () => {
    const door = new Door();
    door.answer = () => {
      throw new TypeError("no network");
    };
    door.open();
    await settled(() => door.waits.length === 1);
    expect(door.shown).toEqual([]);
    expect(door.waits[0]).toBeLessThanOrEqual(5_000);
  });

  it("ends when the wall does", async () => {
    const door = new Door();
    door.open()();
    await settled(() => door.asked.length === 1);
    await door.turn();
    expect(door.shown).toEqual([]);
    expect(door.waits).toEqual([]);
  });
});

/** Wait until the promises between have run. */
async function settled(done: () => boolean): Promise<void> {
  for (let step = 0; step < 50 && !done(); step += 1) await new Promise((next) => setTimeout(next));
}
