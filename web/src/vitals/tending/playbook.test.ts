import { expect, test } from "vitest";

import { done, tick, type Drawer } from "./playbook";

function drawer(): Drawer {
  const kept = new Map<string, string>();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}

test("what was done is remembered for its own incident, and can be taken back", () => {
  const ours = drawer();
  tick(ours, 3, "reload", true);
  expect([...tick(ours, 3, "circle", true)]).toEqual(["reload", "circle"]);
  tick(ours, 3, "reload", false);
  expect([...done(ours, 3)]).toEqual(["circle"]);
  expect([...done(ours, 4)]).toEqual([]);
});

test("a browser that forbids storage forgets, and nothing breaks", () => {
  const shut: Drawer = {
    getItem: () => { throw new Error("denied"); },
    setItem: () => { throw new Error("denied"); },
  };
  expect([...tick(shut, 3, "reload", true)]).toEqual(["reload"]);
  expect([...done(shut, 3)]).toEqual([]);
});
