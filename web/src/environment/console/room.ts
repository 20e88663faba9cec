/** The simulated room: every pixel hangs where it is patched and glows in the colour that the preview says. */
import type { Lights, Luminaire } from "./house";

/** What a canvas of the room needs; the tests pass one that keeps what is asked of it. */
export interface Ink {
  globalCompositeOperation: GlobalCompositeOperation;
  fillStyle: string | CanvasGradient | CanvasPattern;
  fillRect(x: number, y: number, width: number, height: number): void;
  createRadialGradient(x: number, y: number, from: number, toX: number, toY: number, to: number): Pick<CanvasGradient, "addColorStop">;
  beginPath(): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  fill(): void;
}

/** The dark of the room, whatever the page looks like: light is judged against darkness. */
const DARK = "#05080f";
/** A lamp's body when it is out, so that one sees where it hangs. */
const BODY = "#1b2433";
const MARGIN = 0.07;
/** How far a single lamp's glow reaches, in radii; the glow of many in a row is shorter and thinner, for they overlap. */
const REACH = 6;
const FEW = 24;

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
  ink.fillStyle = DARK;
  ink.fillRect(0, 0, width, height);
  const place = (part: number, whole: number): number => (MARGIN + part * (1 - 2 * MARGIN)) * whole;
  const spots = luminaires.flatMap((each) =>
    hung(each).map(([x, y], pixel): Spot => ({ x: place(x, width), y: place(y, height), colour: lights[each.id]?.[pixel] })),
  );
  const size = radius(width, spots.length);
  const share = Math.min(1, Math.sqrt(FEW / Math.max(1, spots.length)));
  ink.globalCompositeOperation = "lighten"; // however many glows overlap, nothing gets brighter than its lamp
  for (const spot of spots) glow(ink, spot, size * (2 + (REACH - 2) * share), 0.6 * share);
  for (const { x, y, colour } of spots) for (const fill of [BODY, colour]) if (fill !== undefined) disc(ink, x, y, size, fill);
}

interface Spot {
  x: number;
  y: number;
  colour: string | undefined;
}

function glow(ink: Ink, { x, y, colour }: Spot, reach: number, strength: number): void {
  if (colour === undefined) return;
  const light = ink.createRadialGradient(x, y, 0, x, y, reach);
  const stops: readonly [number, number][] = [[0, 1], [0.35, 0.4], [0.65, 0.12], [1, 0]];
  for (const [at, part] of stops) light.addColorStop(at, colour + Math.round(255 * strength * part).toString(16).padStart(2, "0"));
  disc(ink, x, y, reach, light as CanvasGradient);
}

function disc(ink: Ink, x: number, y: number, size: number, fill: string | CanvasGradient): void {
  ink.fillStyle = fill;
  ink.beginPath();
  ink.arc(x, y, size, 0, 2 * Math.PI);
  ink.fill();
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
