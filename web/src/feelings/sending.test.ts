import { describe, expect, test } from "vitest";

import { askForSync, keepSending } from "./sending";

/** Lets all that is settled be heard. */
const turn = (): Promise<void> => new Promise((done) => setTimeout(done));

describe("while something waits", () => {
  test("the network's return sends it, and one try at a time is enough", async () => {
    const page = new EventTarget() as unknown as Window;
    let begun = 0;
    let finish: () => void = () => undefined;
    const stop = keepSending(() => new Promise<void>((done) => ((begun += 1), (finish = done))), page);
    page.dispatchEvent(new Event("online"));
    page.dispatchEvent(new Event("online"));
    expect(begun).toBe(1);
    finish();
    await turn();
    page.dispatchEvent(new Event("pageshow"));
    expect(begun).toBe(2);
    stop();
    finish();
    await turn();
    page.dispatchEvent(new Event("online"));
    expect(begun).toBe(2);
  });
});

describe("asking the browser to send later", () => {
  const worker = (registration: object) => ({ controller: {} as ServiceWorker, ready: Promise.resolve(registration as ServiceWorkerRegistration) });

  test("it is asked for our outbox", async () => {
    const tags: string[] = [];
    expect(await askForSync(worker({ sync: { register: (tag: string) => Promise.resolve(void tags.push(tag)) } }))).toBe(true);
    expect(tags).toEqual(["outbox"]);
  });

  test("a browser that cannot, or may not, is no trouble", async () => {
    expect(await askForSync(undefined)).toBe(false);
    expect(await askForSync(worker({}))).toBe(false);
    expect(await askForSync(worker({ sync: { register: () => Promise.reject(new Error("forbidden")) } }))).toBe(false);
  });
});
