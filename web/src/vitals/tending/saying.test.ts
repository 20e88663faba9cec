import { beforeEach, expect, test } from "vitest";

import { useMessages, type Messages } from "../../ground/i18n";
import type { Mirror, PlaceThen } from "./doors";
import { sayMirror, sayPlace, sayVoice } from "./saying";

const files = import.meta.glob<Messages>("../../locales/en/{tending,climate}.json", { import: "default", eager: true });

function place(kind: PlaceThen["kind"], mirror: Mirror): PlaceThen {
  return { id: "square", name: "Square", kind, parent: null, position: [0, 0], state: "resting", speaker: null, climate: null, mirror, since: null };
}

beforeEach(() => useMessages("en", Object.assign({}, ...Object.values(files)) as Messages));

test("nothing is said of today about an hour that is over", () => {
  const voices = (["now", "then", "nothing"] as const).map((sight) => sayVoice(place("place", "unheard"), new Map(), sight));
  expect(voices).toEqual(["Rests today", "Rested on that day", "Not known at that hour"]);
});

test("a city has no display of its own, a place was not heard of, and of the past only what was wrong is known", () => {
  expect(sayMirror(place("city", "unheard"), "now")).toBe("has no display of its own");
  expect(sayMirror(place("place", "unheard"), "now")).toBe("nothing was heard of it");
  expect(sayMirror(place("place", "unheard"), "then")).toBe("nothing is known to have been wrong");
  expect(sayMirror(place("place", "unheard"), "nothing")).toBe("not known at that hour");
});

test("both stand in one line", () => {
  expect(sayPlace(place("place", "in-step"), new Map(), "now")).toBe("Rests today. Its mirror: shows what was released");
});
