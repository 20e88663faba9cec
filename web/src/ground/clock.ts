/** City time: what `GET /v1/clock` said, carried on by the machine's own monotonic clock. */
import type { ClockFace } from "./types";

export class CityClock {
  private anchorCity = 0;
  private anchorReal = 0;
  /** City seconds that pass in one real second. */
  rate = 1;

  /** @param real monotonic milliseconds, such as `performance.now` */
  constructor(face: ClockFace, private readonly real: () => number = () => performance.now()) {
    this.set(face);
  }

  /** Take over what the city said just now. */
  set(face: ClockFace): void {
    this.anchorCity = Date.parse(face.now);
    this.anchorReal = this.real();
    this.rate = face.rate > 0 ? face.rate : 1;
  }

  /** City time in Unix milliseconds. */
  nowMs(): number {
    return this.anchorCity + (this.real() - this.anchorReal) * this.rate;
  }

  now(): Date {
    return new Date(this.nowMs());
  }

  /** Real seconds until the city's clock shows `iso`; negative when it is past. */
  realSecondsUntil(iso: string): number {
    return (Date.parse(iso) - this.nowMs()) / 1000 / this.rate;
  }
}
