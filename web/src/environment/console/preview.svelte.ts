/** What every luminaire shows, as the preview streams it; the browser reconnects by itself, and we where it gives up. */
import type { Source } from "../../ground/stream";
import type { Lights } from "./house";

const CLOSED = 2;
const PAUSE_MS = 5_000;
/** With reduced motion the room is a still that changes this often, ms. */
const STILL_MS = 3_000;

export class Preview {
  lights = $state.raw<Lights>({});
  arriving = $state(false);
  private source: Source | null = null;
  private ended = false;
  private shown_ms = -Infinity;

  constructor(
    private readonly still: () => boolean,
    private readonly open: (url: string) => Source = (url) => new EventSource(url),
    private readonly now_ms: () => number = () => performance.now(),
  ) {}

  start(): void {
    if (this.ended) return;
    const mine = this.open("/v1/console/lights");
    this.source = mine;
    mine.addEventListener("lights", (event) => this.show(event as MessageEvent<string>));
    mine.addEventListener("error", () => {
      this.arriving = false;
      if (mine.readyState === CLOSED) setTimeout(() => this.start(), PAUSE_MS);
    });
  }

  /** Look only while somebody looks: a hidden page asks for nothing. */
  pause(hidden: boolean): void {
    this.source?.close();
    this.source = null;
    if (!hidden) this.start();
  }

  end(): void {
    this.ended = true;
    this.source?.close();
  }

  private show({ data }: MessageEvent<string>): void {
    this.arriving = true;
    const [now_ms, lights] = [this.now_ms(), JSON.parse(data) as Lights];
    const same = Object.keys(lights).join() === Object.keys(this.lights).join();
    if (same && this.still() && now_ms - this.shown_ms < STILL_MS) return;
    this.shown_ms = now_ms;
    this.lights = lights;
  }
}
