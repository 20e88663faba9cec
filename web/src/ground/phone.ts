/**
 * What this phone keeps, in one IndexedDB database that the page and the service worker share. Nothing here is ever
 * sent by itself: `journal` is the person's, `outbox` holds what they chose to give, `keep` holds the device
 * token and the passes of places that ask for presence.
 */
import type { TokenStore } from "./api";

const NAME = "nexus";
const VERSION = 1;
export const SHELVES = ["journal", "outbox", "keep"] as const;
export type Shelf = (typeof SHELVES)[number];

/** A key-value shelf, as the outbox and the journal see it. */
export interface Store<T> {
  get(key: string): Promise<T | undefined>;
  put(key: string, value: T): Promise<void>;
  /** Put what `make` makes of what is there, undefined for nothing, with nobody in between. Returns what is there then. */
  change(key: string, make: (held: T | undefined) => T | undefined): Promise<T | undefined>;
  delete(key: string): Promise<void>;
  all(): Promise<T[]>;
  clear(): Promise<void>;
}

let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const shelf of SHELVES) request.result.createObjectStore(shelf);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The phone's storage could not be opened."));
  });
  return opened;
}

function finished<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The phone's storage failed."));
  });
}

/** A shelf of the phone's database. */
export function shelf<T>(name: Shelf): Store<T> {
  async function on(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    return (await database()).transaction(name, mode).objectStore(name);
  }
  return {
    get: async (key) => (await finished((await on("readonly")).get(key))) as T | undefined,
    put: async (key, value) => void (await finished((await on("readwrite")).put(value, key))),
    change: async (key, make) => {
      const store = await on("readwrite");
      const made = make((await finished(store.get(key))) as T | undefined); // the transaction lives until we let go
      await (made === undefined ? finished(store.delete(key)) : finished(store.put(made, key)));
      return made;
    },
    delete: async (key) => void (await finished((await on("readwrite")).delete(key))),
    all: async () => (await finished((await on("readonly")).getAll())) as T[],
    clear: async () => void (await finished((await on("readwrite")).clear())),
  };
}

/** The same in memory: for tests, and for a browser that forbids storage. */
export function memoryShelf<T>(): Store<T> {
  const held = new Map<string, T>();
  return {
    get: (key) => Promise.resolve(structuredClone(held.get(key))),
    put: (key, value) => Promise.resolve(void held.set(key, structuredClone(value))),
    change: (key, make) => {
      const made = make(structuredClone(held.get(key)));
      if (made === undefined) held.delete(key);
      else held.set(key, structuredClone(made));
      return Promise.resolve(made);
    },
    delete: (key) => Promise.resolve(void held.delete(key)),
    all: () => Promise.resolve([...held.values()].map((value) => structuredClone(value))),
    clear: () => Promise.resolve(held.clear()),
  };
}

/** A shelf of the phone, or of memory where the browser keeps nothing. */
export async function someShelf<T>(name: Shelf): Promise<Store<T>> {
  try {
    await database();
    return shelf<T>(name);
  } catch {
    return memoryShelf<T>();
  }
}

/** The device token on the phone; the service worker needs it too, so it does not rest in localStorage. */
export function phoneTokens(keep: Promise<Store<string>>): TokenStore {
  return {
    read: async () => (await (await keep).get("token")) ?? null,
    write: async (token) => {
      const store = await keep;
      await (token === null ? store.delete("token") : store.put("token", token));
    },
  };
}

/** Do `work` while no other page of this phone, nor its worker, does the work of this name. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (typeof navigator === "undefined" || !("locks" in navigator)) return work();
  return navigator.locks.request(`nexus-${name}`, work) as Promise<T>;
}
