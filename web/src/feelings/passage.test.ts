import { describe, expect, test } from "vitest";

import { AS_I_AM, limited, ONLY_ME } from "../boundaries/mine/keeping";
import { FREE, type Situation } from "../boundaries/mine/policy";
import type { Word } from "../ground/types";
import { exactness, offersOf, passage, taken } from "./passage";

const HERE: Situation = { chain: ["square", "city"], minute: 600, terms: FREE };
const SAD: Word = { id: "sad", word: "sad", definition: "", valence: -0.6, arousal: -0.4 };
const kept = (boundary: typeof AS_I_AM) => ({ boundary, chosen: true });

describe("what the page offers", () => {
  test("is what the place declares, with the most that may go there", () => {
    expect(offersOf(kept(limited("cell", "quadrant", "nothing")), HERE, true)).toEqual([
      { reach: "me", most: "cell" }, { reach: "place", most: "cell" }, { reach: "district", most: "quadrant" }, { reach: "city", most: "nothing" },
    ]);
  });

  test("is only me, where nothing can leave now", () => {
    const offers = offersOf(kept(AS_I_AM), HERE, false);
    expect(taken(offers, "city").reach).toBe("me");
  });

  test("a wish is met, or the next one within it; without a wish it is the widest", () => {
    const offers = offersOf(kept(limited("cell", "quadrant", "nothing")), HERE, true);
    expect([taken(offers, "me"), taken(offers, "place"), taken(offers, "city"), taken(offers, null)].map(({ reach }) => reach))
      .toEqual(["me", "place", "district", "district"]);
  });

  test("a single check-in may be less exact, and never more", () => {
    expect([exactness({ reach: "city", most: "quadrant" }, "cell"), exactness({ reach: "city", most: "cell" }, "presence")]).toEqual(["quadrant", "presence"]);
  });
});

describe("what leaves when it is given", () => {
  test("a boundary that became stricter while the page was open is obeyed", () => {
    expect(passage(kept(ONLY_ME), HERE, { reach: "city", resolution: "cell" }, [SAD])).toMatchObject({ reach: "me", said: [] });
  });

  test("words go along unless their family is held back", () => {
    const wish = { reach: "city" as const, resolution: "cell" as const };
    expect(passage(kept(AS_I_AM), HERE, wish, [SAD]).said).toEqual(["sad"]);
    expect(passage(kept({ ...AS_I_AM, unsaid: [{ topic: "low", audience: "city" }] }), HERE, wish, [SAD]).said).toEqual([]);
  });

  test("the city is told that the person set it, only if they did", () => {
    expect(passage({ boundary: AS_I_AM, chosen: false }, HERE, { reach: "city", resolution: "cell" }, []).chosen).toBe(false);
  });
});
