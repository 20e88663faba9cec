import { beforeEach, describe, expect, test } from "vitest";

import { OfflineError, ProblemError } from "../ground/api";
import { useMessages } from "../ground/i18n";
import english from "../locales/en/access.json";
import type { Problem } from "../ground/types";
import { isSignedOut, refusalOf } from "./refusal";

function refused(slug: string, status: number, more: Partial<Problem> = {}, retryAfterS: number | null = null): ProblemError {
  const problem = { type: `/problems/${slug}`, title: "Refused", status, detail: "What happened.", remedy: "What to do." };
  return new ProblemError({ ...problem, ...more }, retryAfterS);
}

describe("a refusal", () => {
  beforeEach(() => useMessages("en", english));

  test("of a short password stands at the password and says how long it must be", () => {
    const said = refusalOf(refused("bad-input", 422, { field: "password" }), "too short");
    expect(said.field).toBe("password");
    expect(said.text).toContain("12");
  });

  test("of a long password is not called short", () => {
    const said = refusalOf(refused("bad-input", 422, { field: "password" }), "x".repeat(300));
    expect(said.text).toBe("What happened. What to do.");
  });

  test("of a wrong setup code stands at the code", () => {
    const said = refusalOf(refused("not-allowed", 403, { field: "code" }));
    expect(said).toEqual({ field: "code", text: english["refusal.not-allowed.code"] });
  });

  test("of name and password belongs to neither field", () => {
    expect(refusalOf(refused("sign-in-needed", 401))).toEqual({ field: null, text: english["refusal.sign-in-needed"] });
  });

  test("for asking too often says how long to wait", () => {
    expect(refusalOf(refused("too-many", 429, {}, 7)).text).toContain("7 seconds");
  });

  test("that the page has no words for keeps the server's, with the remedy", () => {
    expect(refusalOf(refused("conflict", 409)).text).toBe("What happened. What to do.");
  });

  test("is told apart from an outage, and a mistake of ours is thrown on", () => {
    expect(refusalOf(new OfflineError("gone")).text).toBe(english["refusal.offline"]);
    expect(() => refusalOf(new TypeError("ours"))).toThrow("ours");
  });

  test("with status 401 means that the session is over", () => {
    expect(isSignedOut(refused("sign-in-needed", 401))).toBe(true);
    expect(isSignedOut(refused("not-allowed", 403))).toBe(false);
    expect(isSignedOut(new OfflineError("gone"))).toBe(false);
  });
});
