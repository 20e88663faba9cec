/**
 * What a person gave, or took back, and the city has not yet acknowledged. One item a check-in, under its idempotency
 * key, so that sending it twice is harmless.
 *
 *     give ──► waiting ──202──► acknowledged (leaves the outbox)
 *                │  ├─ 4xx ───► refused      (leaves it; the journal says why)
 *                │  └─ 12 h ──► too late     (leaves it; stays in the journal only)
 *                └─ no answer, 429, 5xx: waits on
 *
 * Taking back what waits: an item that was never tried just disappears; one that was tried may have arrived, so the
 * taking back waits in its place and is sent as well. What the city has acknowledged is made less, or recalled, in the
 * same way: a change that the city will not take is taken back instead, so that nobody keeps more than they may.
 *
 * Two more wishes wait here, about the phone itself: to take back all that it can, and to take no part.
 */
import type { Resolution } from "../boundaries/mine/policy";
import { OfflineError, ProblemError } from "../ground/api";
import type { Store } from "../ground/phone";
import type { Problem, Receipt, Report, Withdrawn } from "../ground/types";

/** A feeling is about now: after this it is no longer sent, ms. */
export const LIFE_MS = 12 * 3_600_000;

const ALL = "everything";
const PART = "taking-part";

interface Waiting {
  key: string;
  /** Real time, Unix ms. */
  madeAt: number;
  /** How often sending was begun. */
  tries: number;
}

interface Reported extends Waiting {
  act: "give" | "change";
  place: string;
  report: Report;
  /** How exactly, for the journal: a report cannot tell. */
  resolution: Resolution;
}

export type Item = Reported | (Waiting & ({ act: "take-back"; place: string } | { act: "withdraw-all" | "opt-out" | "opt-in" }));

export type Outcome =
  | { kind: "acknowledged"; receipt: Receipt }
  /** `held`: the city held it until now; otherwise it knows nothing of it. */
  | { kind: "taken-back"; held: boolean }
  | { kind: "spoken"; problem: Problem }
  | { kind: "told" }
  | { kind: "refused"; problem: Problem }
  | { kind: "too-late" };

/** The doors that the outbox uses. */
export interface Doors {
  checkIn(place: string, key: string, report: Report): Promise<Receipt>;
  edit(place: string, key: string, report: Report): Promise<Receipt>;
  withdraw(place: string, key: string): Promise<void>;
  withdrawAll(): Promise<Withdrawn>;
  optOut(on: boolean): Promise<void>;
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

  /** What waits under a key. */
  waiting(key: string): Promise<Item | undefined> {
    return this.store.get(key);
  }

  /** Keep a check-in until it is acknowledged. One that is already waiting takes the new report. */
  async give(key: string, place: string, report: Report, resolution: Resolution): Promise<void> {
    await this.store.change(key, (waiting) => ({ ...this.begun(key, waiting), act: "give", place, report, resolution }));
  }

  /** Change a check-in that the city holds, or that still waits, now or as soon as it can be reached. */
  async change(key: string, place: string, report: Report, resolution: Resolution): Promise<void> {
    await this.store.change(key, (waiting) => ({
      ...this.begun(key, waiting), act: waiting?.act === "give" ? "give" : "change", place, report, resolution,
    }));
  }

  /** Take back what still waits. Returns false when nothing waits under this key. */
  async takeBack(key: string): Promise<boolean> {
    let waited = false;
    await this.store.change(key, (waiting) => {
      if (waiting === undefined || !("place" in waiting)) return waiting;
      waited = true;
      return neverLeft(waiting) ? undefined : { key, madeAt: waiting.madeAt, tries: waiting.tries, act: "take-back", place: waiting.place };
    });
    return waited;
  }

  /** Take back what the city holds, or may hold. Returns false when it had never left. */
  async recall(key: string, place: string): Promise<boolean> {
    let left = true;
    await this.store.change(key, (waiting) => {
      left = !neverLeft(waiting);
      return left ? { ...this.begun(key, waiting), act: "take-back", place } : undefined;
    });
    return left;
  }

  /** What waits under this key was overtaken by what has been settled with the city directly. */
  async overtaken(key: string): Promise<void> {
    await this.store.delete(key);
  }

  /** Take back all of this phone that the city can still let go. */
  async withdrawAll(): Promise<void> {
    await this.store.put(ALL, { key: ALL, madeAt: this.now(), tries: 0, act: "withdraw-all" });
  }

  /** Tell the city to take nothing of this phone, or that it may again; the later wish replaces the earlier. */
  async optOut(on: boolean): Promise<void> {
    await this.store.put(PART, { key: PART, madeAt: this.now(), tries: 0, act: on ? "opt-out" : "opt-in" });
  }

  /** Send what waits, oldest first, until the city cannot be reached. Returns whether nothing waits any more. */
  flush(): Promise<boolean> {
    const next = this.flushed.then(() => this.sendAll()); // one after the other, so that each sees what came before it
    this.flushed = next.catch(() => false);
    return next;
  }

  private begun(key: string, waiting: Item | undefined): Waiting {
    return { key, madeAt: waiting?.madeAt ?? this.now(), tries: waiting?.tries ?? 0 };
  }

  private async sendAll(): Promise<boolean> {
    for (;;) {
      const waiting = (await this.store.all()).sort((a, b) => a.madeAt - b.madeAt);
      if (waiting.length === 0) return true;
      for (const { key } of waiting) {
        const item = await this.tried(key);
        if (item === undefined) continue;
        const outcome = await this.send(item);
        if (outcome === null) return false;
        await this.leave(item, outcome);
      }
    }
  }

  /** Count a try before it is made; undefined when the item was taken back meanwhile. */
  private tried(key: string): Promise<Item | undefined> {
    return this.store.change(key, (item) => item && { ...item, tries: item.tries + 1 });
  }

  /** Settle an item and remove it, unless the person changed it while it was on its way: then the change is sent next. */
  private async leave(sent: Item, outcome: Outcome): Promise<void> {
    const unchanged = (item: Item | undefined): boolean => item !== undefined && wishOf(item) === wishOf(sent);
    if (!unchanged(await this.store.get(sent.key))) return;
    await this.settle(sent, outcome);
    await this.store.change(sent.key, (item) => (unchanged(item) ? undefined : item));
  }

  private async send(item: Item): Promise<Outcome | null> {
    if (item.act === "give" && this.now() - item.madeAt > LIFE_MS) return { kind: "too-late" };
    try {
      return await this.done(item);
    } catch (error) {
      if (error instanceof OfflineError) return null;
      if (!(error instanceof ProblemError)) throw error;
      if (error.passing) return null;
      return { kind: "refused", problem: error.problem };
    }
  }

  private async done(item: Item): Promise<Outcome> {
    switch (item.act) {
      case "give":
        return { kind: "acknowledged", receipt: await this.post(item) };
      case "change":
        return this.lessen(item);
      case "take-back":
        return this.letGo(item);
      case "withdraw-all":
        await this.doors.withdrawAll();
        return { kind: "told" };
      default:
        await this.doors.optOut(item.act === "opt-out");
        return { kind: "told" };
    }
  }

  /** Post; where an earlier try arrived with what the person has changed since, change it there too. */
  private async post({ place, key, report }: Reported): Promise<Receipt> {
    try {
      return await this.doors.checkIn(place, key, report);
    } catch (error) {
      if (error instanceof ProblemError && error.slug === "key-reused") return this.doors.edit(place, key, report);
      throw error;
    }
  }

  /** Change it there; what the city will not change so, it shall not keep either. */
  private async lessen(item: Reported): Promise<Outcome> {
    try {
      return { kind: "acknowledged", receipt: await this.doors.edit(item.place, item.key, item.report) };
    } catch (error) {
      if (error instanceof ProblemError && !error.passing) return this.letGo(item);
      throw error;
    }
  }

  private async letGo({ place, key }: { place: string; key: string }): Promise<Outcome> {
    try {
      await this.doors.withdraw(place, key);
      return { kind: "taken-back", held: true };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.problem.status === 404) return { kind: "taken-back", held: false };
      if (error.slug === "already-spoken") return { kind: "spoken", problem: error.problem };
      throw error;
    }
  }
}

function neverLeft(waiting: Item | undefined): boolean {
  return waiting?.act === "give" && waiting.tries === 0;
}

/** What an item asks for, so that a later wish under the same key can be told from it. */
function wishOf(item: Item): string {
  return JSON.stringify([item.act, "report" in item ? item.report : null]);
}
