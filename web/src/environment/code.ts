/**
 * The rotating code of a place that asks for presence. Only a display that was given the place's key may ask for it; the
 * key rests in the address after `#`, which no browser sends anywhere.
 */
import type { Fetch } from "../ground/api";

/** What a display shows now. */
export interface Shown {
  url: string;
  /** An SVG. */
  qr: string;
}

interface Answer extends Shown {
  changes_in_s: number;
}

/** The display key in the fragment of an address (`#key=…`), or null. */
export function keyIn(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, "")).get("key") || null;
}

const AGAIN_MS = 5_000;
/** The new code is asked for this much after the old one has gone; the old one is still taken then. */
const AFTER_MS = 150;

export interface Turning {
  place: string;
  key: string;
  fetch: Fetch;
  /** The code to show, or null when this display's key does not open the place. */
  onCode: (shown: Shown | null) => void;
  later?: (run: () => void, ms: number) => unknown;
}

/** Show the code of `place` as it turns. Returns the function that ends it. */
export function turnCode({ place, key, fetch, onCode, later = setTimeout }: Turning): () => void {
  let ended = false;

  async function ask(): Promise<void> {
    const wait = await read().catch(() => AGAIN_MS); // unreachable: the last code stays, and we ask again
    if (!ended) later(() => void ask(), wait);
  }

  async function read(): Promise<number> {
    const answer = await fetch(`/v1/places/${encodeURIComponent(place)}/code`, { headers: { "X-Display-Key": key } });
    if (ended) return AGAIN_MS;
    if (answer.status === 401 || answer.status === 403) onCode(null);
    if (!answer.ok) return AGAIN_MS;
    const { url, qr, changes_in_s } = (await answer.json()) as Answer;
    onCode({ url, qr });
    return changes_in_s * 1000 + AFTER_MS;
  }

  void ask();
  return () => {
    ended = true;
  };
}
