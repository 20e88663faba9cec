import { expect, test } from "vitest";

import type { Step } from "./doors";
import { told } from "./steps";

function step(at: string, kind: Step["kind"], what: string): Step {
  return { at, kind, what, role: null, who: null };
}

test("places of the same look stand together; others, signs and notes stay apart", () => {
  const found = told([
    step("1", "began", ""), step("1", "sign", "echo-wrong"), step("1", "sign", "echo-stale"), step("1", "place", "hall"),
    step("1", "place", "square"), step("2", "place", "nook"), step("2", "mended", "hall"), step("3", "note", "a"), step("3", "note", "b"),
  ]);
  expect(found.map(({ kind, all }) => [kind, all])).toEqual([
    ["began", [""]], ["sign", ["echo-wrong"]], ["sign", ["echo-stale"]], ["place", ["hall", "square"]], ["place", ["nook"]],
    ["mended", ["hall"]], ["note", ["a"]], ["note", ["b"]],
  ]);
});
