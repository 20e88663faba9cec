import { expect, test } from "vitest";

import { OfflineError } from "../../ground/api";
import type { ErasureReceipt } from "../../ground/types";
import { eraseAll, eraseHere, type PhoneKeeps } from "./erasing";

const RECEIPT = { statement: { city: "Sines" } } as ErasureReceipt;

/** A phone and a city that write down what they are asked, in order. */
function told(known: boolean, answer: () => Promise<ErasureReceipt> = () => Promise.resolve(RECEIPT)): { phone: PhoneKeeps; api: { eraseMine(): Promise<ErasureReceipt> }; acts: string[] } {
  const acts: string[] = [];
  return {
    acts,
    phone: { known: () => Promise.resolve(known), clear: () => Promise.resolve(void acts.push("phone")) },
    api: { eraseMine: () => (acts.push("city"), answer()) },
  };
}

test("the city is asked before the phone forgets by what it is known", async () => {
  const { api, phone, acts } = told(true);
  expect(await eraseAll(api, phone)).toBe(RECEIPT);
  expect(acts).toEqual(["city", "phone"]);
});

test("a city that never knew this phone is not told of it now", async () => {
  const { api, phone, acts } = told(false);
  expect(await eraseAll(api, phone)).toBeNull();
  expect(acts).toEqual(["phone"]);
});

test("out of reach nothing is erased, so that it can still be asked for", async () => {
  const { api, phone, acts } = told(true, () => Promise.reject(new OfflineError("")));
  await expect(eraseAll(api, phone)).rejects.toThrow(OfflineError);
  expect(acts).toEqual(["city"]);
});

test("the phone alone can be erased without a network", async () => {
  const { phone, acts } = told(true);
  await eraseHere(phone);
  expect(acts).toEqual(["phone"]);
});
