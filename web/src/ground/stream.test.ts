import { describe, expect, it } from "vitest";

import { follow, type Source } from "./stream";
import type { Climate } from "./types";

class FakeSource implements Source {
  readyState = 0;
  closed = false;
  private readonly listeners = new Map<string, (event: Event) => void>();
  constructor(readonly url: string) {}
  addEventListener(type: string, listener: (event: Event) => void): void {
    this.listeners.set(type, listener);
  }
  close(): void {
    this.closed = true;
  }
  say(type: string, data = ""): void {
    this.listeners.get(type)?.({ data } as MessageEvent<string>);
  }
}

function listen(places: string[] = []) {
  const sources: FakeSource[] = [];
  const waiting: (() => void)[] = [];
  const heard: number[] = [];
  const connected: boolean[] = [];
  const end = follow(places, {
    onClimate: (climate: Climate) => heard.push(climate.id),
    onConnected: (up) => connected.push(up),
    open: (url) => {
      sources.push(new FakeSource(url));
      return sources.at(-1)!;
    },
    later: (run) => waiting.push(run),
  });
  return { sources, waiting, heard, connected, end };
}

describe("the stream", () => {
  it("follows all places, or those that were named", () => {
    expect(listen().sources[0]?.url).toBe("/v1/stream");
    expect(listen(["hall", "a&b"]).sources[0]?.url).toBe("/v1/stream?places=hall,a%26b");
  });

  it("hands on each climate", () => {
    const { sources, heard } = listen();
    sources[0]!.say("climate", JSON.stringify({ id: 7 }));
    sources[0]!.say("climate", JSON.stringify({ id: 8 }));
    expect(heard).toEqual([7, 8]);
  });

  it("says when it is connected and when it is not", () => {
    const { sources, connected } = listen();
    sources[0]!.say("open");
    sources[0]!.say("error");
    expect(connected).toEqual([true, false]);
  });

  it("leaves reconnecting to the browser while the browser tries", () => {
    const { sources, waiting } = listen();
    sources[0]!.readyState = 0;
    sources[0]!.say("error");
    expect(waiting).toHaveLength(0);
  });

  it("starts again after a pause where the browser has given up", () => {
    const { sources, waiting, heard } = listen();
    sources[0]!.readyState = 2;
    sources[0]!.say("error");
    expect(sources).toHaveLength(1);
    waiting[0]!();
    sources[1]!.say("climate", JSON.stringify({ id: 9 }));
    expect(heard).toEqual([9]);
  });

  it("does not start again once it was ended", () => {
    const { sources, waiting, end } = listen();
    sources[0]!.readyState = 2;
    sources[0]!.say("error");
    end();
    waiting[0]!();
    expect(sources).toHaveLength(1);
    expect(sources[0]!.closed).toBe(true);
  });
});
