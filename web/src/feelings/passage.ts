/** What a check-in page offers, and what leaves when it is given: never more than the boundary allows. */
import type { Kept } from "../boundaries/mine/keeping";
import { familyOf, narrowed, type Given } from "../boundaries/mine/leaving";
import { allowed, OUTWARD, strictest, type Resolution, type Situation } from "../boundaries/mine/policy";
import type { Word } from "../ground/types";
import type { Reach } from "./journal";

/** How far a check-in may go, and the most that may go there; nothing where it is closed. */
export interface Offer {
  reach: Reach;
  most: Resolution;
}

/** Only me, and each audience that the place declares, the nearest first. `open`: whether anything may leave here now. */
export function offersOf({ boundary }: Kept, situation: Situation, open: boolean): Offer[] {
  const declared = OUTWARD.filter((each): each is Exclude<Reach, "me"> => (situation.terms.audiences as readonly string[]).includes(each));
  return [
    { reach: "me", most: "cell" },
    ...declared.map((reach): Offer => ({ reach, most: open ? allowed(boundary, situation, reach) : "nothing" })),
  ];
}

/** The offer that is as wished, or the next one within it that is open; without a wish, the widest. */
export function taken(offers: readonly Offer[], wished: Reach | null): Offer {
  const upTo = wished === null ? -1 : offers.findIndex(({ reach }) => reach === wished);
  const within = upTo < 0 ? offers : offers.slice(0, upTo + 1);
  return within.findLast(({ most }) => most !== "nothing") ?? { reach: "me", most: "cell" };
}

/** What leaves of a wish at the moment of giving, for the draft. */
export function passage(
  { boundary, chosen }: Kept, situation: Situation, wish: { reach: Reach; resolution: Resolution }, words: readonly Word[],
): { reach: Reach; resolution: Resolution; said: readonly string[]; research: boolean; chosen: boolean } {
  const family = (id: string) => {
    const word = words.find((each) => each.id === id);
    return word ? familyOf(word) : null;
  };
  const given: Given | null = wish.reach === "me"
    ? null
    : narrowed(boundary, situation, { ...wish, reach: wish.reach, words: words.map(({ id }) => id), research: true }, family);
  if (given === null) return { reach: "me", resolution: "cell", said: [], research: false, chosen };
  return { reach: given.reach, resolution: given.resolution, said: given.words, research: given.research, chosen };
}

/** As exactly as wished, and no more than may go. */
export function exactness(offer: Offer, wished: Resolution): Resolution {
  return strictest(offer.most, wished);
}
