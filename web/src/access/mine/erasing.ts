/**
 * Everything erased in one act: first what the city holds, which gives a receipt, then what this phone keeps. In this order,
 * because without the token of this phone nobody could ask the city any more.
 */
import type { Api } from "../../ground/api";
import { alone, SHELVES, someShelf } from "../../ground/phone";
import { forgetAll } from "../../ground/remember";
import type { ErasureReceipt } from "../../ground/types";

/** Where the phone keeps things; handed in, so that a test has its own. */
export interface PhoneKeeps {
  /** Whether the city knows this phone. */
  known(): Promise<boolean>;
  clear(): Promise<void>;
}

/**
 * Erase it all. Returns the city's receipt, or null where the city never knew this phone.
 * @throws OfflineError, ProblemError when the city did not do it; then nothing was erased here either.
 */
export function eraseAll(api: Pick<Api, "eraseMine">, phone: PhoneKeeps = thisPhone): Promise<ErasureReceipt | null> {
  return alone("outbox", async () => { // nothing may be on its way meanwhile
    const receipt = (await phone.known()) ? await api.eraseMine() : null;
    await phone.clear();
    return receipt;
  });
}

/** Erase what is on this phone only: for when the city cannot be reached. What it holds goes when its day is over. */
export function eraseHere(phone: PhoneKeeps = thisPhone): Promise<void> {
  return alone("outbox", () => phone.clear());
}

export const thisPhone: PhoneKeeps = {
  known: async () => (await (await someShelf<string>("keep")).get("token")) !== undefined,
  clear: async () => {
    for (const name of SHELVES) await (await someShelf(name)).clear();
    forgetAll();
    if (typeof sessionStorage !== "undefined") sessionStorage.clear();
    if (typeof caches !== "undefined") await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
    const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
    await Promise.all(workers.map((each) => each.unregister()));
  },
};
