import { describe, expect, test } from "vitest";

import { alone, memoryShelf, phoneTokens, someShelf } from "./phone";

describe("a shelf", () => {
  test("gives back copies: what a page does to a value afterwards changes nothing that is kept", async () => {
    const shelf = memoryShelf<{ words: string[] }>();
    const value = { words: ["calm"] };
    await shelf.put("a", value);
    value.words.push("glad");
    (await shelf.get("a"))?.words.push("sad");
    expect(await shelf.all()).toEqual([{ words: ["calm"] }]);
  });

  test("a change sees what is there, and undefined removes it", async () => {
    const shelf = memoryShelf<number>();
    expect(await shelf.change("a", (held) => (held ?? 0) + 1)).toBe(1);
    expect(await shelf.change("a", (held) => (held ?? 0) + 1)).toBe(2);
    expect(await shelf.change("a", () => undefined)).toBeUndefined();
    expect(await shelf.all()).toEqual([]);
  });

  test("a browser that keeps nothing gets a shelf that lasts as long as the page", async () => {
    const shelf = await someShelf<string>("keep"); // there is no IndexedDB here
    await shelf.put("a", "b");
    expect(await shelf.get("a")).toBe("b");
  });
});

test("the device token can be kept and forgotten", async () => {
  const tokens = phoneTokens(Promise.resolve(memoryShelf<string>()));
  expect(await tokens.read()).toBeNull();
  await tokens.write("token");
  expect(await tokens.read()).toBe("token");
  await tokens.write(null);
  expect(await tokens.read()).toBeNull();
});

test("work goes on where the browser has no locks", async () => {
  expect(await alone("outbox", () => Promise.resolve("done"))).toBe("done");
});
