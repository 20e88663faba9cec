import { describe, expect, it } from "vitest";

import { Api, forgetfulTokens, OfflineError, ProblemError, type Fetch } from "./api";
import type { Report } from "./types";

interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | null;
}
type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

/** A city that gives its answers in turn, and remembers what it was asked. */
function cityThatSays(...answers: Answer[]): { fetch: Fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch: Fetch = (path, init) => {
    const { method, headers, body } = init as { method: string; headers: Record<string, string>; body?: string };
    asked.push({ method, path, headers, body: body ?? null });
    const answer = answers.shift() ?? { status: 500 };
    const text = answer.body === undefined ? null : typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    return Promise.resolve(new Response(text, { status: answer.status, ...(answer.headers ? { headers: answer.headers } : {}) }));
  };
  return { fetch, asked };
}

const report: Report = { cell: 9, audience: "place" };
const unknownToken = { status: 401, body: { type: "/problems/unauthorised", title: "Who?", status: 401, detail: "", remedy: "" } };

describe("asking the city", () => {
  it("reads what it answers", async () => {
    const { fetch, asked } = cityThatSays({ status: 200, body: { now: "2026-06-01T12:00:00Z", rate: 1 } });
    expect(await new Api(fetch).clock()).toEqual({ now: "2026-06-01T12:00:00Z", rate: 1 });
    expect(asked[0]).toMatchObject({ method: "GET", path: "/v1/clock" });
  });

  it("sends no token where none is needed", async () => {
    const { fetch, asked } = cityThatSays({ status: 200, body: {} });
    await new Api(fetch, forgetfulTokens("secret")).climate("hall");
    expect(asked[0]!.headers["Authorization"]).toBeUndefined();
  });

  it("pages on with the address that the last page gave", async () => {
    const { fetch, asked } = cityThatSays({ status: 200, body: {} }, { status: 200, body: {} });
    const api = new Api(fetch);
    await api.history("hall", 48);
    await api.history("hall", 48, "/v1/places/hall/history?limit=48&before=7");
    expect(asked.map(({ path }) => path)).toEqual([
      "/v1/places/hall/history?limit=48", "/v1/places/hall/history?limit=48&before=7",
    ]);
  });

  it("takes an empty answer for what it is", async () => {
    const { fetch, asked } = cityThatSays({ status: 204 });
    await new Api(fetch, forgetfulTokens("t")).withdraw("hall", "k/1");
    expect(asked[0]).toMatchObject({ method: "DELETE", path: "/v1/places/hall/check-ins/k%2F1" });
  });
});

describe("the device token", () => {
  it("is asked for once and kept", async () => {
    const { fetch, asked } = cityThatSays({ status: 201, body: { token: "new" } }, { status: 202, body: {} }, { status: 202, body: {} });
    const api = new Api(fetch);
    await api.checkIn("hall", "key", report);
    await api.checkIn("hall", "key", report);
    expect(asked.map(({ path }) => path)).toEqual(["/v1/devices", "/v1/places/hall/check-ins", "/v1/places/hall/check-ins"]);
    expect(asked[1]!.headers["Authorization"]).toBe("Bearer new");
    expect(JSON.parse(asked[1]!.body!)).toEqual({ key: "key", ...report });
  });

  it("is renewed once where the city no longer knows it, and the same check-in goes out again", async () => {
    const { fetch, asked } = cityThatSays(unknownToken, { status: 201, body: { token: "new" } }, { status: 202, body: { key: "key" } });
    const tokens = forgetfulTokens("old");
    expect(await new Api(fetch, tokens).checkIn("hall", "key", report)).toEqual({ key: "key" });
    expect(asked.map(({ headers }) => headers["Authorization"])).toEqual(["Bearer old", undefined, "Bearer new"]);
    expect(asked[2]!.body).toBe(asked[0]!.body);
    expect(await tokens.read()).toBe("new");
  });

  it("is not asked for again and again where a new one is refused too", async () => {
    const { fetch, asked } = cityThatSays(unknownToken, { status: 201, body: { token: "new" } }, unknownToken);
    await expect(new Api(fetch, forgetfulTokens("old")).checkIn("hall", "key", report)).rejects.toThrow(ProblemError);
    expect(asked).toHaveLength(3);
  });
});

describe("what can go wrong", () => {
  async function refusal(answer: Answer): Promise<ProblemError> {
    return new Api(cityThatSays(answer).fetch).places().then(
      () => Promise.reject(new Error("It was answered.")),
      (error: unknown) => (error instanceof ProblemError ? error : Promise.reject(error)),
    );
  }

  it("is told with its reason and its remedy", async () => {
    const problem = { type: "https://nexus/problems/already-spoken", title: "Too late", status: 409, detail: "It spoke.", remedy: "Say it anew." };
    const error = await refusal({ status: 409, body: problem });
    expect(error.problem).toEqual(problem);
    expect(error.slug).toBe("already-spoken");
    expect(error.passing).toBe(false);
  });

  it("says how long to wait", async () => {
    const error = await refusal({ status: 429, body: {}, headers: { "Retry-After": "30" } });
    expect(error.retryAfterS).toBe(30);
    expect(error.passing).toBe(true);
  });

  it("may come from a proxy that answers in HTML", async () => {
    const error = await refusal({ status: 502, body: "<h1>Bad gateway</h1>" });
    expect(error.problem.status).toBe(502);
    expect(error.retryAfterS).toBeNull();
    expect(error.passing).toBe(true);
  });

  it("is being offline where nothing answers", async () => {
    const nobody: Fetch = () => Promise.reject(new TypeError("Failed to fetch"));
    await expect(new Api(nobody).places()).rejects.toThrow(OfflineError);
  });

  it("keeps the token when the city cannot be reached", async () => {
    const tokens = forgetfulTokens("mine");
    const nobody: Fetch = () => Promise.reject(new TypeError("Failed to fetch"));
    await expect(new Api(nobody, tokens).checkIn("hall", "key", report)).rejects.toThrow(OfflineError);
    expect(await tokens.read()).toBe("mine");
  });
});
