/** A small square picture, pixel by pixel, that is scaled up softly when it is drawn. */
export class Raster {
  readonly sheet = document.createElement("canvas");
  private readonly data: ImageData;

  constructor(side: number) {
    this.sheet.width = this.sheet.height = side;
    this.data = new ImageData(side, side);
  }

  /** RGBA, row by row; call `flush` when they are as they should be. */
  get pixels(): Uint8ClampedArray {
    return this.data.data;
  }

  flush(): void {
    this.sheet.getContext("2d")?.putImageData(this.data, 0, 0);
  }
}
