/** After its window: hear what a place said with this feeling in it. */
import { about } from "../climate/mixture";
import { foreseen, type Api } from "../ground/api";
import { number } from "../ground/i18n";
import type { Receipt } from "../ground/types";

export type Spoken = { kind: "people"; people: string } | { kind: "quiet" };

const TRIES = 5;
const PAUSE_MS = 1_500;

/** Ask the speaker until its climate holds the window of `receipt`; null when it cannot be heard. */
export async function tellSpoken(
  api: Pick<Api, "climate">,
  { speaker, window }: Receipt,
  pause: () => Promise<unknown> = () => new Promise((done) => setTimeout(done, PAUSE_MS)),
): Promise<Spoken | null> {
  if (speaker === null || window === null) return null;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (tries > 0) await pause();
    try {
      const { climate, state } = await api.climate(speaker);
      if (climate?.place === speaker && Date.parse(climate.window.end) >= Date.parse(window.end)) {
        return { kind: "people", people: number(about(climate.people, climate.people_sd)) };
      }
      if (state !== "speaks" && tries === TRIES - 1) return { kind: "quiet" };
    } catch (error) {
      foreseen(error);
    }
  }
  return null;
}
