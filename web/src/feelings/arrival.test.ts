import { describe, expect, test } from "vitest";

import { OfflineError, ProblemError } from "../ground/api";
import { memoryShelf } from "../ground/phone";
import type { Place, PresencePass } from "../ground/types";
import { arrive, showPresence } from "./arrival";
import { problem } from "./fakes";

const GALLERY: Place = {
  id: "gallery", name: "Salter Gallery", parent: "nexus", kind: "place", adjacent: [], position: [0, 0], presence: "required", policy: "echo",
  setting: "public", welcome: "",
};
const PLACES = { root: "nexus", places: [{ ...GALLERY, id: "nexus", name: "Nexus City", parent: null }, GALLERY] };
const pass = (until: number): PresencePass => ({ pass: "good", expires_at: until });

describe("arriving", () => {
  test("a place is found, with the names of all that may speak for it", async () => {
    const arrival = await arrive({ places: () => Promise.resolve(PLACES) }, "gallery");
    expect(arrival).toMatchObject({ kind: "here", root: false, place: { name: "Salter Gallery" } });
    expect(arrival.kind === "here" && arrival.names.get("nexus")).toBe("Nexus City");
  });

  test("a place that does not exist is not the same as a city out of reach", async () => {
    expect(await arrive({ places: () => Promise.resolve(PLACES) }, "nowhere")).toEqual({ kind: "unknown" });
    expect(await arrive({ places: () => Promise.reject(new OfflineError("")) }, "gallery")).toEqual({ kind: "unreached" });
    expect(await arrive({ places: () => Promise.reject(problem(503, "unavailable")) }, "gallery")).toEqual({ kind: "unreached" });
  });
});

describe("presence", () => {
  const never = { presence: () => Promise.reject(new Error("not asked")) };

  test("an open place asks for nothing", async () => {
    expect(await showPresence(never, { ...GALLERY, presence: "open" }, null, memoryShelf())).toEqual({ kind: "free" });
  });

  test("without a code a pass is needed", async () => {
    expect(await showPresence(never, GALLERY, null, memoryShelf())).toEqual({ kind: "needed" });
  });

  test("one scan is enough until its pass ends", async () => {
    const keep = memoryShelf<string>();
    const shown = await showPresence({ presence: () => Promise.resolve(pass(100)) }, GALLERY, "ABCD", keep, 0);
    expect(shown).toEqual({ kind: "shown", pass: "good" });
    expect(await showPresence(never, GALLERY, null, keep, 99_000)).toEqual({ kind: "shown", pass: "good" });
    expect(await showPresence(never, GALLERY, null, keep, 100_000)).toEqual({ kind: "needed" });
  });

  test("an old code, and a code that could not be shown, are told apart", async () => {
    const refuse = (error: ProblemError | OfflineError) => ({ presence: () => Promise.reject(error) });
    expect(await showPresence(refuse(problem(403, "not-allowed")), GALLERY, "OLD", memoryShelf())).toEqual({ kind: "stale" });
    expect(await showPresence(refuse(new OfflineError("")), GALLERY, "NEW", memoryShelf())).toEqual({ kind: "unreached" });
    expect(await showPresence(refuse(problem(429, "too-many")), GALLERY, "NEW", memoryShelf())).toEqual({ kind: "unreached" });
  });
});
