/** The simulated room: every pixel hangs where it is patched and glows in the colour that the preview says. */
import type { Lights, Luminaire } from "./house";

/** What a canvas of the room needs; the tests pass a list that keeps what is asked of it. */
export interface Ink {
  globalCompositeOperation: GlobalCompositeOperation;
  fillStyle: string | CanvasGradient | CanvasPattern;
  globalAlpha: number;
  fillRect(x: number, y: number, width: number, height: number): void;
  beginPath(): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  fill(): void;
}

/** The dark of the room, whatever the page looks like: light is judged against darkness. */
const DARK = "#05080f";
/** A lamp's body when it is out, so that one sees where it hangs. */
const BODY = "#1b2433";
/** Layers of a glow: radius in pixels of the lamp, and strength. */
const HALO: readonly [number, number][] = [[5.2, 0.05], [2.7, 0.12], [1, 1]];
const MARGIN = 0.07;

/** Where the pixels of a luminaire hang, 0..1 in the zone. */
export function hung({ start, end, pixels }: Luminaire): [number, number][] {
  const [x, y] = start;
  const [toX, toY] = end ?? start;
  return Array.from({ length: pixels }, (_, at) => {
    const part = pixels > 1 ? at / (pixels - 1) : 0;
    return [x + (toX - x) * part, y + (toY - y) * part];
  });
}

/** Radius of a pixel in a room of that many: they shrink as they get many, and stay visible. */
export function radius(width: number, pixels: number): number {
  return Math.max(1.4, Math.min(width * 0.026, (width * 0.3) / Math.sqrt(Math.max(1, pixels))));
}

export function paint(ink: Ink, width: number, height: number, luminaires: readonly Luminaire[], lights: Lights): void {
  ink.globalCompositeOperation = "source-over";
  ink.globalAlpha = 1;
  ink.fillStyle = DARK;
  ink.fillRect(0, 0, width, height);
  const spots = luminaires.flatMap((each) => hung(each).map((at, pixel) => ({ at, colour: lights[each.id]?.[pixel] ?? BODY })));
  const size = radius(width, spots.length);
  const place = (part: number, whole: number): number => (MARGIN + part * (1 - 2 * MARGIN)) * whole;
  for (const [reach, strength] of HALO) {
    ink.globalCompositeOperation = reach > 1 ? "lighter" : "source-over";
    ink.globalAlpha = strength;
    for (const { at, colour } of spots) {
      ink.fillStyle = reach > 1 || colour !== "#000000" ? colour : BODY;
      ink.beginPath();
      ink.arc(place(at[0], width), place(at[1], height), size * reach, 0, 2 * Math.PI);
      ink.fill();
    }
  }
}

/** Mean brightness of the luminaires as a screen shows it, 0..1; null while nothing is known of them. */
export function brightness(luminaires: readonly Luminaire[], lights: Lights): number | null {
  const colours = luminaires.flatMap((each) => lights[each.id] ?? []);
  if (colours.length === 0) return null;
  const sum = colours.reduce((all, colour) => all + Math.max(...parts(colour)), 0);
  return sum / colours.length / 255;
}

function parts(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
