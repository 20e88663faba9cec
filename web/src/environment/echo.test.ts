import { describe, expect, it } from "vitest";

import { Bodies, tellEcho } from "./echo";

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 20));

describe("a display's word for what it shows", () => {
  it("is the number of the climate and the digest of its very bytes", async () => {
    const bodies = new Bodies();
    bodies.keep(7, '{"id":7}');
    const sent: [string, RequestInit][] = [];
    const answer = new Response("{}");
    const end = tellEcho({
      place: "square", key: "k", bodies, display: "display-1", shown: () => 7, later: () => undefined,
      fetch: (url, init) => (sent.push([url, init ?? {}]), Promise.resolve(answer)),
    });
    await settled();
    end();
    expect(sent[0]?.[0]).toBe("/v1/places/square/echo");
    expect(answer.bodyUsed).toBe(true); // what is not read keeps its connection
    expect(JSON.parse(String(sent[0]?.[1].body))).toEqual({
      display: "display-1", climate: 7, digest: "a3c90e3b7448d23d9eacebd0ebf15cae100e21f9b2c688f3f9d238edcd26d67f",
    });
  });

  it("is not given while it is unknown what is shown, or its bytes, and is given for still water", async () => {
    const sent: string[] = [];
    let shown: number | null | undefined = undefined;
    let next: () => void = () => undefined;
    const end = tellEcho({
      place: "square", key: "k", bodies: new Bodies(), display: "display-1", shown: () => shown,
      later: (run) => void (next = run),
      fetch: (_, init) => (sent.push(String(init?.body)), Promise.resolve(new Response("{}"))),
    });
    await settled();
    expect(sent).toEqual([]);
    shown = 3;
    next();
    await settled();
    expect(sent).toEqual([]);
    shown = null;
    next();
    await settled();
    end();
    expect(JSON.parse(sent[0] ?? "")).toMatchObject({ climate: null, digest: "" });
  });

  it("goes on when the city cannot be reached", async () => {
    let beats = 0;
    const end = tellEcho({
      place: "square", key: "k", bodies: new Bodies(), display: "display-1", shown: () => null,
      later: () => void (beats += 1),
      fetch: () => Promise.reject(new TypeError("offline")),
    });
    await settled();
    end();
    expect(beats).toBe(1);
  });

  it("is judged by the city, unless the city refuses to listen", async () => {
    const answers = [new Response('{"verdict":"wrong"}'), new Response('{"title":"This is not open to you"}', { status: 403 })];
    const verdicts: string[] = [];
    for (const answer of answers) {
      tellEcho({
        place: "square", key: "k", bodies: new Bodies(), display: "display-1", shown: () => null, later: () => undefined,
        judged: (verdict) => verdicts.push(verdict), fetch: () => Promise.resolve(answer),
      });
      await settled();
    }
    expect(verdicts).toEqual(["wrong"]);
  });

  it("remembers the newest climates only", async () => {
    const bodies = new Bodies();
    for (let id = 1; id <= 40; id += 1) bodies.keep(id, `{"id":${id}}`);
    expect(await bodies.digest(1)).toBeNull();
    expect(await bodies.digest(40)).not.toBeNull();
  });
});
