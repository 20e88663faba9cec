import { describe, expect, it, test } from "vitest";

import { Api } from "../ground/api";
import type { Messages } from "../ground/i18n";
import { checkMessages } from "../ground/messages.checks";
import { ACTS, concerned, hints, isNight, rehearsalOf, rehearse, type RehearsalFacts } from "./rehearsal";
import page from "./Rehearsal.svelte?raw";

const files = import.meta.glob<Messages>("../locales/*/vitals.json", { import: "default", eager: true });
const of = (locale: string): Messages =>
  Object.fromEntries(Object.entries(files[`../locales/${locale}/vitals.json`] ?? {}).filter(([key]) => key.startsWith("rehearsal.")));
const SAYINGS = ["broken", "status", "circles", "rally", "whole"];

checkMessages(of, () => {
  const keys = new Set([...page.matchAll(/"(rehearsal\.[a-z.-]+)"/g)].map(([, key = ""]) => key));
  for (const act of ACTS) for (const kind of ["act", "runs", "done"]) keys.add(`rehearsal.${kind}.${act}`);
  for (const say of SAYINGS) keys.add(`rehearsal.look.${say}`);
  return keys;
});

function facts(changes: Partial<RehearsalFacts> = {}): RehearsalFacts {
  const communities = ["harbour", "heights"].map((id) => ({ id, name: id.toUpperCase(), broken_since: null as string | null }));
  return { says: "", can: ["break", "circles", "rally"], communities, running: [], square: "square", ...changes };
}

const torn = facts({
  communities: [
    { id: "harbour", name: "Harbour", broken_since: "2026-11-25T09:44:46Z" },
    { id: "heights", name: "Heights", broken_since: null },
  ],
});

function answering(status: number, body: unknown): { api: Api; asked: [string, RequestInit][] } {
  const asked: [string, RequestInit][] = [];
  const type = status < 400 ? "application/json" : "application/problem+json";
  const api = new Api((url, init) => {
    asked.push([url, init ?? {}]);
    return Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "content-type": type } }));
  });
  return { api, asked };
}

describe("the rehearsal", () => {
  it("is nothing where the city has none", async () => {
    const problem = { type: "/problems/not-found", title: "There is nothing here", status: 404, detail: "x", remedy: "y" };
    expect(await rehearsalOf(answering(404, problem).api)).toBeNull();
    expect(await rehearsalOf(new Api(() => Promise.reject(new TypeError("offline"))))).toBeNull();
    expect(await rehearsalOf(answering(200, facts()).api)).toEqual(facts());
  });

  it("names communities, but for the rally, which is for everybody", async () => {
    const { api, asked } = answering(200, facts());
    await rehearse(api, "circles", ["harbour"]);
    await rehearse(api, "rally", ["harbour"]);
    expect(asked.map(([, init]) => JSON.parse(String(init.body)) as unknown)).toEqual([
      { act: "circles", communities: ["harbour"] }, { act: "rally", communities: [] },
    ]);
  });

  it("breaks what is whole and repairs what is broken, of those chosen", () => {
    const chosen = ["harbour", "heights"];
    expect(concerned("break", torn, chosen)).toEqual(["heights"]);
    expect(concerned("repair", torn, chosen)).toEqual(["harbour"]);
    expect(concerned("circles", torn, chosen)).toEqual(chosen);
    expect(concerned("circles", torn, [])).toEqual([]);
  });
});

test("it is night by the city's own clock, from eleven to seven", () => {
  const night = (hour: string): boolean => isNight(Date.parse(`2026-11-25T${hour}:00Z`), "Europe/Berlin");
  expect(["21:59", "22:00", "00:00", "05:59", "06:00", "12:00"].map(night)).toEqual([false, true, true, true, false, false]);
});

test("what to look at follows from what was done", () => {
  expect(hints(facts()).map(({ say }) => say)).toEqual(["whole"]);
  expect(hints(torn).map(({ say, href }) => [say, href])).toEqual([["broken", "/wall/harbour"], ["status", "/status"]]);
  const running = (["circles", "rally"] as const).map((act) => ({ act, since: "2026-11-25T09:44:46Z", until: "2026-11-25T09:45:46Z" }));
  expect(hints(facts({ running })).map(({ say, href }) => [say, href])).toEqual([["circles", "/"], ["rally", "/wall/square"]]);
});
