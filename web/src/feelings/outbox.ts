/**
 * What a person gave and the city has not yet acknowledged. One item a check-in, under its idempotency key, so that
 * sending it twice is harmless.
 *
 *     give ──► waiting ──202──► acknowledged (leaves the outbox)
 *                │  ├─ 4xx ───► refused      (leaves it; the journal says why)
 *                │  └─ 12 h ──► too late     (leaves it; stays in the journal only)
 *                └─ no answer, 429, 5xx: waits on
 *
 * Taking back what waits: an item that was never tried just disappears; one that was tried may have arrived, so the
 * taking back waits in its place and is sent as well.
 */
import { OfflineError, ProblemError } from "../ground/api";
import type { Store } from "../ground/phone";
import type { Problem, Receipt, Report } from "../ground/types";

/** A feeling is about now: after this it is no longer sent, ms. */
export const LIFE_MS = 12 * 3_600_000;

export interface Item {
  key: string;
  place: string;
  report: Report;
  /** Real time, Unix ms. */
  madeAt: number;
  /** How often sending was begun. */
  tries: number;
  act: "give" | "take-back";
}

export type Outcome =
  | { kind: "acknowledged"; receipt: Receipt }
  | { kind: "taken-back" }
  | { kind: "refused"; problem: Problem }
  | { kind: "too-late" };

/** The doors that the outbox uses. */
export interface Doors {
  checkIn(place: string, key: string, report: Report): Promise<Receipt>;
  edit(place: string, key: string, report: Report): Promise<Receipt>;
  withdraw(place: string, key: string): Promise<void>;
}

export class Outbox {
  private flushed: Promise<unknown> = Promise.resolve();

  /** @param settle is told of each item that leaves, before it leaves */
  constructor(
    private readonly store: Store<Item>,
    private readonly doors: Doors,
    private readonly settle: (item: Item, outcome: Outcome) => Promise<void>,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** Keep a check-in until it is acknowledged. One that is already waiting takes the new report. */
  async give(key: string, place: string, report: Report): Promise<void> {
    await this.store.change(key, (waiting) => ({
      key, place, report, madeAt: waiting?.madeAt ?? this.now(), tries: waiting?.tries ?? 0, act: "give",
    }));
  }

  /** Take back what still waits. Returns false when nothing waits under this key. */
  async takeBack(key: string): Promise<boolean> {
    let waited = false;
    await this.store.change(key, (waiting) => {
      waited = waiting !== undefined;
      return waiting === undefined || waiting.tries === 0 ? undefined : { ...waiting, act: "take-back" };
    });
    return waited;
  }

  /** Send what waits, oldest first, until the city cannot be reached. Returns whether nothing waits any more. */
  flush(): Promise<boolean> {
    const next = this.flushed.then(() => this.sendAll()); // one after the other, so that each sees what came before it
    this.flushed = next.catch(() => false);
    return next;
  }

  private async sendAll(): Promise<boolean> {
    for (;;) {
      const waiting = (await this.store.all()).sort((a, b) => a.madeAt - b.madeAt);
      if (waiting.length === 0) return true;
      for (const { key } of waiting) {
        const item = await this.begun(key);
        if (item === undefined) continue;
        const outcome = await this.send(item);
        if (outcome === null) return false;
        await this.leave(item, outcome);
      }
    }
  }

  /** Count a try before it is made; undefined when the item was taken back meanwhile. */
  private begun(key: string): Promise<Item | undefined> {
    return this.store.change(key, (item) => item && { ...item, tries: item.tries + 1 });
  }

  /** Settle an item and remove it, unless the person changed it while it was on its way: then the change is sent next. */
  private async leave(sent: Item, outcome: Outcome): Promise<void> {
    const unchanged = (item: Item | undefined): boolean =>
      item?.act === sent.act && JSON.stringify(item.report) === JSON.stringify(sent.report);
    if (!unchanged(await this.store.get(sent.key))) return;
    await this.settle(sent, outcome);
    await this.store.change(sent.key, (item) => (unchanged(item) ? undefined : item));
  }

  private async send(item: Item): Promise<Outcome | null> {
    if (item.act === "give" && this.now() - item.madeAt > LIFE_MS) return { kind: "too-late" };
    try {
      if (item.act === "take-back") {
        await this.doors.withdraw(item.place, item.key);
        return { kind: "taken-back" };
      }
      return { kind: "acknowledged", receipt: await this.post(item) };
    } catch (error) {
      if (error instanceof OfflineError) return null;
      if (!(error instanceof ProblemError)) throw error;
      if (error.passing) return null;
      if (item.act === "take-back" && error.problem.status === 404) return { kind: "taken-back" };
      return { kind: "refused", problem: error.problem };
    }
  }

  /** Post; where an earlier try arrived with what the person has changed since, change it there too. */
  private async post({ place, key, report }: Item): Promise<Receipt> {
    try {
      return await this.doors.checkIn(place, key, report);
    } catch (error) {
      if (error instanceof ProblemError && error.slug === "key-reused") return this.doors.edit(place, key, report);
      throw error;
    }
  }
}
