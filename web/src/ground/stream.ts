/**
 * Climates as they are released. The browser's EventSource reconnects and resumes by itself (`Last-Event-ID`); where it
 * gives up for good (a proxy answered with an error), we start again after a pause.
 */
import type { Climate } from "./types";

/** The part of EventSource that we use. */
export interface Source {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

export interface StreamOptions {
  /** A climate, and the very bytes of it. */
  onClimate: (climate: Climate, body: string) => void;
  /** Whether climates can arrive at the moment. */
  onConnected?: (connected: boolean) => void;
  open?: (url: string) => Source;
  later?: (run: () => void, ms: number) => void;
}

const CLOSED = 2;
const PAUSE_MS = 5_000;

/** Follow `places` (ids; empty for all of them). Returns the function that ends it. */
export function follow(places: readonly string[], options: StreamOptions): () => void {
  const open = options.open ?? ((url: string) => new EventSource(url));
  const later = options.later ?? ((run: () => void, ms: number) => void setTimeout(run, ms));
  const url = places.length ? `/v1/stream?places=${places.map(encodeURIComponent).join(",")}` : "/v1/stream";
  let ended = false;
  let source: Source | null = null;

  function start(): void {
    if (ended) return;
    const mine = open(url);
    source = mine;
    mine.addEventListener("open", () => options.onConnected?.(true));
    mine.addEventListener("climate", (event) => {
      const body = (event as MessageEvent<string>).data;
      options.onClimate(JSON.parse(body) as Climate, body);
    });
    mine.addEventListener("error", () => {
      options.onConnected?.(false);
      if (mine.readyState === CLOSED) later(start, PAUSE_MS);
    });
  }

  start();
  return () => {
    ended = true;
    source?.close();
  };
}
