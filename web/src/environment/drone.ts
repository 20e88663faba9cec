/**
 * The sound of a mixture: a quiet drone of a few partials, for those who hear better than they see. Each of the largest
 * moods is one: its pitch rises with arousal over two octaves, a fifth above the root where it is pleasant and a minor
 * third where it is not; its loudness is its share; it swells between 0.05 (calm) and 0.2 (activated) times a second.
 * The palette files of a place name the same pitches. Silence is the default, and nothing here is ever loud.
 */
import type { Climate, Policy } from "../ground/types";

/** How many moods sound together. */
export const VOICES = 5;
/** Peak of all partials together, of 1: about -30 LUFS. */
const CEILING = 0.05;
const ROOT_HZ = 110;
/** Seconds in which pitches, shares and silence are glided to. */
const GLIDE_S = 3;

export interface Partial {
  hz: number;
  /** 0..1; all of a mixture sum to at most 1. */
  loudness: number;
  swellHz: number;
}

/** What a climate sounds like; nothing where a place rests or is silent. */
export function partialsOf(climate: Climate | null | undefined, policy: Policy): Partial[] {
  if (!climate?.mixture || policy === "rest") return [];
  const { grid } = climate;
  return climate.mixture
    .map((share, cell) => ({ share, valence: middle(cell % grid, grid), felt: middle(Math.floor(cell / grid), grid) }))
    .sort((a, b) => b.share - a.share)
    .slice(0, VOICES)
    .filter(({ share }) => share > 0)
    .map(({ share, valence, felt }) => {
      const arousal = policy === "complement" ? -felt : felt;
      const hz = ROOT_HZ * 2 ** (arousal + 1) * (valence >= 0 ? 3 / 2 : 6 / 5);
      return { hz, loudness: share, swellHz: 0.125 + 0.075 * arousal };
    });
}

function middle(step: number, grid: number): number {
  return (2 * step + 1) / grid - 1;
}

interface Voice {
  pitch: OscillatorNode;
  loudness: GainNode;
  swell: OscillatorNode;
  depth: GainNode;
}

export class Drone {
  private readonly out: GainNode;
  private readonly voices: Voice[];

  /** Begin in silence. Browsers let a page sound only after a person has asked for it. */
  constructor(private readonly context: AudioContext) {
    this.out = context.createGain();
    this.out.gain.value = 0;
    this.out.connect(context.destination);
    this.voices = Array.from({ length: VOICES }, () => this.voice());
  }

  /** Glide to these partials. */
  play(partials: readonly Partial[]): void {
    const now = this.context.currentTime;
    this.out.gain.setTargetAtTime(CEILING, now, GLIDE_S / 3);
    this.voices.forEach((voice, number) => {
      const partial = partials[number];
      const loudness = partial?.loudness ?? 0;
      voice.loudness.gain.setTargetAtTime(loudness * 0.7, now, GLIDE_S / 3);
      voice.depth.gain.setTargetAtTime(loudness * 0.3, now, GLIDE_S / 3);
      if (partial === undefined) return;
      voice.pitch.frequency.setTargetAtTime(partial.hz, now, GLIDE_S / 3);
      voice.swell.frequency.setTargetAtTime(partial.swellHz, now, GLIDE_S / 3);
    });
  }

  /** Glide to silence, then let go of the sound device. */
  end(): void {
    this.out.gain.setTargetAtTime(0, this.context.currentTime, GLIDE_S / 9);
    setTimeout(() => void this.context.close(), GLIDE_S * 1000);
  }

  private voice(): Voice {
    const { context } = this;
    const [pitch, swell] = [context.createOscillator(), context.createOscillator()];
    const [loudness, depth] = [context.createGain(), context.createGain()];
    loudness.gain.value = depth.gain.value = 0;
    swell.connect(depth).connect(loudness.gain);
    pitch.connect(loudness).connect(this.out);
    pitch.start();
    swell.start();
    return { pitch, loudness, swell, depth };
  }
}
