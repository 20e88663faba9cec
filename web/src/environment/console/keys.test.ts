import { describe, expect, it } from "vitest";

import { actOf, type Press } from "./keys";

const press = (key: string, held: Partial<Press> = {}): Press => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

describe("a key at the console", () => {
  it("stops everything, and another one releases the stop", () => {
    expect(actOf(press("b"), false, true)).toEqual({ do: "stop" });
    expect(actOf(press("B", { shiftKey: true }), false, true)).toEqual({ do: "release" });
  });

  it("stops also where the shift lock is on", () => {
    expect(actOf(press("B"), false, true)).toEqual({ do: "stop" });
  });

  it("shows a scene by its number", () => {
    expect(actOf(press("3"), false, true)).toEqual({ do: "scene", number: 3 });
    expect(actOf(press("0"), false, true)).toBeNull();
  });

  it("undoes and redoes with Ctrl or Cmd", () => {
    expect(actOf(press("z", { ctrlKey: true }), false, false)).toEqual({ do: "undo" });
    expect(actOf(press("Z", { metaKey: true, shiftKey: true }), false, false)).toEqual({ do: "redo" });
    expect(actOf(press("c", { ctrlKey: true }), false, true)).toBeNull();
  });

  it("is a letter where somebody writes", () => {
    expect(["b", "5", "?"].map((key) => actOf(press(key), true, true))).toEqual([null, null, null]);
    expect(actOf(press("z", { ctrlKey: true }), true, true)).toBeNull();
  });

  it("does nothing alone where single keys are switched off", () => {
    expect(["b", "1", "?", "g"].map((key) => actOf(press(key), false, false))).toEqual([null, null, null, null]);
  });
});
