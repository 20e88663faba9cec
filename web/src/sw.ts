/**
 * The service worker: pages open without a network, and what waits is sent when it returns. It keeps the shell, the
 * words, the palette and the list of places; never a receipt, a note or anything about a person.
 */
import { Api } from "./ground/api";
import { LOCALES } from "./ground/locale";
import { alone, phoneTokens, someShelf } from "./ground/phone";
import { outboxOf } from "./feelings/giving";
import { Journal, type Entry } from "./feelings/journal";
import type { Item } from "./feelings/outbox";

/** Hashed files of the shell; the build writes them in. */
declare const __SHELL__: string[];

interface Worker {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
}
interface WorkerEvent {
  readonly request: Request;
  readonly tag?: string;
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}

const worker = self as unknown as Worker;
const SHELL = `shell-${digest(__SHELL__.join())}`;
const KNOWN = "known-1";
/** Nobody looks at a white page for longer, ms. */
const PATIENCE_MS = 4_000;
const STILL = ["/v1/words", "/v1/palette", "/v1/places"];

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(sendWaiting());
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (STILL.includes(url.pathname)) event.respondWith(known(request));
});

async function install(): Promise<void> {
  const shell = await caches.open(SHELL);
  await shell.addAll(["/", "/icon.svg", ...__SHELL__]);
  const store = await caches.open(KNOWN);
  const words = LOCALES.map((lang) => `/v1/words?lang=${lang}`); // which one the page speaks, only the page knows
  await Promise.allSettled([...words, "/v1/palette", "/v1/places"].map((url) => store.add(url)));
  await worker.skipWaiting();
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name !== SHELL && name !== KNOWN) await caches.delete(name);
  await worker.clients.claim();
}

/** All pages are one document; without a network, or with one that does not answer, the kept one opens. */
async function page(request: Request): Promise<Response> {
  const asked = fetch(request);
  const kept = await caches.match("/", { cacheName: SHELL });
  if (kept === undefined) return asked;
  const late = new Promise<Response>((open) => setTimeout(() => open(kept), PATIENCE_MS));
  return Promise.race([asked, late]).catch(() => kept);
}

/** Hashed files never change. */
async function asset(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

/** What changes rarely: the city's word first, ours when it cannot be reached. */
async function known(request: Request): Promise<Response> {
  const store = await caches.open(KNOWN);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await store.put(request.url, fresh.clone());
    return fresh;
  } catch {
    return (await store.match(request.url)) ?? Response.error();
  }
}

/** Send what waits; failing, the browser tries the sync again later. */
async function sendWaiting(): Promise<void> {
  const api = new Api((input, init) => fetch(input, init), phoneTokens(someShelf<string>("keep")));
  const journal = new Journal(await someShelf<Entry>("journal"));
  const outbox = outboxOf(api, journal, await someShelf<Item>("outbox"));
  const empty = await alone("outbox", () => outbox.flush());
  if (!empty) throw new Error("Some check-ins still wait.");
}

/** A short name for a version of the shell (FNV-1a, 32 bits). */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(36);
}
