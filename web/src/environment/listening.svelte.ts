/**
 * What a place says, as a page hears it: read once, then followed. Whenever the place or one above it has released
 * something, the city is asked who speaks now and why; a feed that is lost is found again quietly.
 */
import { foreseen, ProblemError } from "../ground/api";
import { locale } from "../ground/i18n";
import { follow } from "../ground/stream";
import type { Palette, Place, Voice, Why } from "../ground/types";
import type { World } from "../ground/world";
import { Bodies } from "./echo";
import { upwards } from "./saying";

const AGAIN_MS = 6_000;
/** Climates of one tick come together. */
const SETTLE_MS = 350;
const LATE_S = 3;
const BEAT_MS = 5_000;
/** Beats after which everything is asked anew: a place may have changed its policy. */
const FRESH = 24;

export class Listening {
  place = $state.raw<Place | null>(null);
  voice = $state.raw<Voice | null>(null);
  why = $state.raw<Why | null>(null);
  palette = $state.raw<Palette | null>(null);
  /** The name of the one who speaks, where it is not the place itself. */
  speaker = $state.raw<Place | null>(null);
  /** There is no such place. */
  unknown = $state(false);
  /** Nothing new can arrive at the moment. */
  away = $state(false);
  readonly bodies = new Bodies();
  private known: readonly Place[] = [];
  private stop: () => void = () => undefined;
  private following = "";
  private beats = 0;
  private ended = false;
  private settling: ReturnType<typeof setTimeout> | undefined;
  private again: ReturnType<typeof setTimeout> | undefined;
  private readonly pulse: ReturnType<typeof setInterval>;

  constructor(private readonly world: World, private readonly id: string) {
    void this.open();
    this.pulse = setInterval(() => this.beat(), BEAT_MS);
  }

  end(): void {
    this.ended = true;
    clearInterval(this.pulse);
    clearTimeout(this.settling);
    clearTimeout(this.again);
    this.stop();
  }

  /** Read everything, and go on trying while the city cannot be reached. */
  private open(): Promise<void> {
    return this.attempt(async () => {
      const { api } = this.world;
      const [all, colours] = await Promise.all([api.places(), this.palette ?? api.palette()]);
      this.known = all.places;
      await this.ask();
      this.palette = colours;
      this.world.clock.set(await api.clock());
      this.listen();
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.away = false;
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 404) {
        this.unknown = true;
        return;
      }
      foreseen(error);
      this.away = true;
      clearTimeout(this.again);
      if (!this.ended) this.again = setTimeout(() => void this.open(), AGAIN_MS);
    }
  }

  /** Who speaks now, and why it shines so: taken in together, so that words and light agree. */
  private async ask(): Promise<void> {
    const [voice, why] = await Promise.all([this.world.api.climate(this.id), this.world.api.why(this.id, locale())]);
    this.place = this.known.find((place) => place.id === this.id) ?? null;
    const speaker = voice.speaker === null || voice.speaker === this.id ? null : voice.speaker;
    this.speaker = this.known.find((place) => place.id === speaker) ?? null;
    if (JSON.stringify(voice) !== JSON.stringify(this.voice)) this.voice = voice;
    if (JSON.stringify(why) !== JSON.stringify(this.why)) this.why = why;
  }

  private listen(): void {
    const chain = upwards(this.id, this.known);
    if (this.ended || chain.join() === this.following) return;
    this.stop();
    this.following = chain.join();
    this.stop = follow(chain, {
      onClimate: (climate, body) => {
        this.bodies.keep(climate.id, body);
        clearTimeout(this.settling);
        this.settling = setTimeout(() => void this.attempt(() => this.ask()), SETTLE_MS);
      },
      onConnected: (connected) => {
        if (!connected) this.away = true;
        else if (this.away) void this.open();
      },
    });
  }

  private beat(): void {
    if (document.hidden || this.unknown) return;
    this.beats += 1;
    const next = this.voice?.next_at;
    const late = typeof next === "string" && this.world.clock.realSecondsUntil(next) < -LATE_S;
    if (this.away) return;
    if (this.beats % FRESH === 0) void this.open();
    else if (late) void this.attempt(() => this.ask());
  }
}
