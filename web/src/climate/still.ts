/** A drop that holds still, as a small picture: for pages that draw places in SVG. */
import { Drop, spectrum, type Hues } from "./light";
import { Raster } from "./raster";
import { seedOf } from "./scene";

const SIDE = 64;
/** The moment at which every current is shown, s. */
const MOMENT = 40;

/** The address of a picture of `hues`, for an image element; a borrowed voice is only a ring. */
export function stillDrop(hues: Hues, id: string, borrowed: boolean): string {
  const raster = new Raster(SIDE);
  new Drop(SIDE, seedOf(id), borrowed).fill(raster.pixels, spectrum(hues), MOMENT, hues.softness);
  raster.flush();
  return raster.sheet.toDataURL();
}
