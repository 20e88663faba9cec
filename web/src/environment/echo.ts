/**
 * A display's word for what it shows: every half minute the number of its climate and the SHA-256 of the bytes it was
 * made from. So the city knows when a mirror hangs, and nobody has to walk past it to find out.
 */
import type { Fetch } from "../ground/api";

const BEAT_MS = 30_000;
/** Until it is known what is shown, and the stream has brought its bytes. */
const SOON_MS = 1_500;
const KEPT = 16;

/** The bytes of the newest climates, as the stream brought them. */
export class Bodies {
  private readonly byId = new Map<number, string>();

  keep(id: number, body: string): void {
    this.byId.set(id, body);
    for (const oldest of this.byId.keys()) {
      if (this.byId.size <= KEPT) break;
      this.byId.delete(oldest);
    }
  }

  /** The digest of climate `id` in hexadecimal, or null when its bytes did not come by the stream. */
  async digest(id: number): Promise<string | null> {
    const body = this.byId.get(id);
    if (body === undefined) return null;
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** What the city thinks of what is shown. */
export type Verdict = "in-step" | "behind" | "wrong";

export interface Echoing {
  place: string;
  key: string;
  fetch: Fetch;
  bodies: Bodies;
  /** The climate that is shown now, null for still water; undefined while the page does not know yet. */
  shown: () => number | null | undefined;
  judged?: (verdict: Verdict) => void;
  display?: string;
  later?: (run: () => void, ms: number) => unknown;
}

/** Tell the city what is shown, again and again. Returns the function that ends it. */
export function tellEcho({ place, key, fetch, bodies, shown, judged, display = crypto.randomUUID(), later = setTimeout }: Echoing): () => void {
  let ended = false;

  async function tell(): Promise<void> {
    const told = await say().catch(() => true); // unreachable: our silence says enough
    if (!ended) later(() => void tell(), told ? BEAT_MS : SOON_MS);
  }

  async function say(): Promise<boolean> {
    const climate = shown();
    if (climate === undefined) return false;
    const digest = climate === null ? "" : await bodies.digest(climate);
    if (digest === null) return false;
    const answer = await fetch(`/v1/places/${encodeURIComponent(place)}/echo`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Display-Key": key },
      body: JSON.stringify({ display, climate, digest }),
    });
    const said = await answer.text(); // read to its end, or the connection stays taken
    if (answer.ok) judged?.((JSON.parse(said) as { verdict: Verdict }).verdict);
    return true;
  }

  void tell();
  return () => {
    ended = true;
  };
}
