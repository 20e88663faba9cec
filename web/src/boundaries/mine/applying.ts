/** A new boundary takes hold: it is kept, what is open is made less, and a phone that takes no part says so to the city. */
import type { Giving } from "../../feelings/giving";
import type { Entry } from "../../feelings/journal";
import type { Place, Word } from "../../ground/types";
import { keepBoundary, keptBoundary, takesNoPart } from "./keeping";
import { familyOf, narrowed, situationAt, situationUnknown, type Family, type Given } from "./leaving";
import { tightened, type Boundary } from "./policy";

export interface Here {
  give: Giving;
  places: readonly Place[];
  words: readonly Word[];
  /** Entries that wait, or whose window is open. */
  open: readonly Entry[];
  /** Whether the city has ever given this phone a token; without one it knows of nobody who could opt out. */
  known: boolean;
}

export interface Applied {
  /** False where the browser keeps nothing. */
  kept: boolean;
  /** How many check-ins were changed or taken back. */
  lessened: number;
}

export async function applyBoundary(next: Boundary, { give, places, words, open, known }: Here): Promise<Applied> {
  const old = keptBoundary();
  if (!keepBoundary(next)) return { kept: false, lessened: 0 };
  const lessened = tightened(old.boundary, next) ? await give.obey(open, (entry, given) => stays(next, places, words, entry, given)) : 0;
  if (known) await give.optOut(takesNoPart(next)); // last: what was given before is changed or taken back first
  return { kept: true, lessened };
}

/** What may stay of a check-in, judged by the place and the time at which it was made. */
function stays(boundary: Boundary, places: readonly Place[], words: readonly Word[], entry: Entry, given: Given): Given | null {
  const at = new Date(entry.at);
  const place = places.find(({ id }) => id === entry.place);
  const situation = place ? situationAt(place, places, at) : situationUnknown(entry.place, given.reach, boundary, at);
  const family = (id: string): Family | null => {
    const word = words.find((each) => each.id === id);
    return word ? familyOf(word) : null;
  };
  return narrowed(boundary, situation, given, family);
}
