/**
 * What each place says now. It begins with the voices that the city gave and goes on with the climates of the stream:
 * a place speaks for itself while its newest climate is fresh; otherwise the nearest ancestor that does speaks for it.
 */
import type { Climate, Place, Places, PlaceState, Voice } from "../ground/types";

/** A climate older than this many of its windows no longer speaks for now; the city holds it the same way. */
const FRESH_WINDOWS = 2;

export class Chorus {
  private readonly byId: ReadonlyMap<string, Place>;
  private readonly latest = new Map<string, Climate>();
  private readonly states = new Map<string, PlaceState>();
  private readonly nextAt = new Map<string, string>();

  constructor(private readonly city: Places) {
    this.byId = new Map(city.places.map((place) => [place.id, place]));
  }

  /** Take over what the city says of a place. */
  say(voice: Voice): void {
    this.states.set(voice.place, voice.state);
    if (voice.next_at) this.nextAt.set(voice.place, voice.next_at);
    if (voice.climate) this.hear(voice.climate);
  }

  /** A climate arrived; returns whether it told anything new. Streams may repeat themselves when they resume. */
  hear(climate: Climate): boolean {
    const known = this.latest.get(climate.place);
    if (known && known.id >= climate.id) return false;
    this.latest.set(climate.place, climate);
    const rested = this.states.get(climate.place) === "resting";
    if (rested || climate.state === "quiet") this.states.set(climate.place, "quiet");
    return true;
  }

  /** Whether anything was ever released here. */
  get began(): boolean {
    return this.latest.size > 0;
  }

  /** What every place says at city time `nowMs`. */
  voices(nowMs: number): Map<string, Voice> {
    return new Map(this.city.places.map((place) => [place.id, this.voice(place, nowMs)]));
  }

  private voice(place: Place, nowMs: number): Voice {
    const next_at = this.nextAt.get(place.id) ?? null;
    const own = this.speaking(place.id, nowMs);
    if (own) return { place: place.id, state: "speaks", speaker: place.id, next_at, climate: own };
    const said = this.states.get(place.id) ?? "quiet";
    const state: PlaceState = said === "speaks" ? "quiet" : said;
    for (const above of ancestors(place, this.byId)) {
      const heard = this.speaking(above.id, nowMs);
      if (heard) return { place: place.id, state, speaker: above.id, next_at, climate: heard };
    }
    return { place: place.id, state, speaker: null, next_at, climate: null };
  }

  private speaking(place: string, nowMs: number): Climate | null {
    const climate = this.latest.get(place);
    if (!climate?.mixture || climate.state !== "speaks") return null;
    const [start, end] = [Date.parse(climate.window.start), Date.parse(climate.window.end)];
    return nowMs - end <= FRESH_WINDOWS * (end - start) ? climate : null;
  }
}

/** The parent, its parent, and so on. */
export function ancestors(place: Place, byId: ReadonlyMap<string, Place>): Place[] {
  const above = byId.get(place.parent ?? "");
  return above ? [above, ...ancestors(above, byId)] : [];
}

export interface Branch {
  place: Place;
  below: Branch[];
}

/** The tree under `root`, children by name: places have an order, never a rank. */
export function tree(city: Places, speaks: string): Branch | null {
  const byName = new Intl.Collator(speaks);
  const branch = (place: Place): Branch => ({
    place,
    below: city.places
      .filter((each) => each.parent === place.id)
      .sort((a, b) => byName.compare(a.name, b.name))
      .map(branch),
  });
  const root = city.places.find((place) => place.id === city.root);
  return root ? branch(root) : null;
}
