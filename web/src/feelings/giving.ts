/**
 * Giving a feeling: the journal first, then, if the person chose so, the outbox and the city. The two records never
 * meet: what is sent is made here, from a whitelist of fields.
 */
import type { Api } from "../ground/api";
import { ProblemError } from "../ground/api";
import { alone, type Store } from "../ground/phone";
import type { Report } from "../ground/types";
import { isCounted, newKey, type Entry, type Journal, type Reach } from "./journal";
import { Outbox, type Item } from "./outbox";
import { cellOf, type Point } from "./plane";
import { MOST } from "./words";

/** After this the page goes on with what waits, ms; sending goes on behind it. */
const PATIENCE_MS = 4_000;

/** What is on the page before it is given. */
export interface Draft {
  point: Point;
  words: { id: string; label: string }[];
  ownWords: string[];
  note: string;
  reach: Reach;
}

/** Fields that leave the phone, and no others. */
export function reportOf(draft: Draft, pass: string | null): Report | null {
  if (draft.reach === "me") return null;
  const words = draft.reach === "city" ? draft.words.map(({ id }) => id).slice(0, MOST) : []; // a place counts none
  return {
    cell: cellOf(draft.point),
    audience: draft.reach,
    ...(words.length ? { words } : {}),
    ...(pass === null ? {} : { pass }),
  };
}

export class Giving {
  private readonly outbox: Outbox;

  constructor(
    private readonly api: Api,
    readonly journal: Journal,
    items: Store<Item>,
    private readonly now: () => number = () => Date.now(),
    private readonly patience: () => Promise<unknown> = () => new Promise((done) => setTimeout(done, PATIENCE_MS)),
  ) {
    this.outbox = outboxOf(api, journal, items, now);
  }

  /** Keep it, and give it where the person chose. Resolves with the entry as it stands after the first try. */
  async give(place: { id: string; name: string }, draft: Draft, pass: string | null): Promise<Entry> {
    const key = newKey();
    return this.begin({ key, at: this.now(), place: place.id, placeName: place.name, ...written(draft), state: "private" }, draft, pass);
  }

  /**
   * Change what was given while its window is open, or what never left. What the city has can only be changed where it
   * is: this raises `OfflineError` or `ProblemError` (`already-spoken`), and then nothing was changed.
   */
  async change(seen: Entry, draft: Draft, pass: string | null): Promise<Entry> {
    const entry = (await this.journal.get(seen.key)) ?? seen;
    const report = reportOf(draft, pass);
    if (isCounted(entry) && report && entry.receipt) {
      const spokenFor = entry.receipt.speaker !== entry.place; // by a place above, which hears nothing that stays here
      if (!spokenFor || draft.reach === "city") {
        const receipt = await this.api.edit(entry.place, entry.key, report);
        return this.rewrite(entry, draft, { state: "given", receipt });
      }
    }
    if (isCounted(entry)) await this.withdraw(entry);
    if (entry.state === "waiting" && report) {
      await this.rewrite(entry, draft, { state: "waiting" });
      await this.outbox.give(entry.key, entry.place, report);
      return this.sent(entry);
    }
    if (report === null) {
      if (entry.state === "waiting") await this.outbox.takeBack(entry.key);
      return this.rewrite(entry, draft, { state: "private" });
    }
    await this.journal.remove(entry.key); // a key that was taken back opens no door; what is given anew has its own
    const { receipt: _, refusal: __, ...rest } = entry;
    return this.begin({ ...rest, ...written(draft), key: newKey() }, draft, pass);
  }

  /** Take it back, from the city and from the journal. Raises as `change` does, and then nothing was taken back. */
  async takeBack(seen: Entry): Promise<void> {
    const waited = await this.outbox.takeBack(seen.key);
    const entry = (await this.journal.get(seen.key)) ?? seen;
    if (!waited && isCounted(entry)) await this.withdraw(entry);
    await this.journal.remove(entry.key);
    if (waited) await this.tried();
  }

  /** Remove it from the journal only; what a place has said stays said. */
  forget(entry: Entry): Promise<void> {
    return this.journal.remove(entry.key);
  }

  /** Send what waits. */
  flush(): Promise<boolean> {
    return alone("outbox", () => this.outbox.flush());
  }

  private async begin(entry: Entry, draft: Draft, pass: string | null): Promise<Entry> {
    const report = reportOf(draft, pass);
    const begun: Entry = { ...entry, state: report ? "waiting" : "private" };
    await this.journal.write(begun);
    if (report === null) return begun;
    await this.outbox.give(begun.key, begun.place, report);
    return this.sent(begun);
  }

  private async sent(entry: Entry): Promise<Entry> {
    await this.tried();
    return (await this.journal.get(entry.key)) ?? entry;
  }

  /** Try to send, but let nobody wait for a slow network; whatever goes wrong, what waits is tried again. */
  private async tried(): Promise<void> {
    await Promise.race([this.flush().catch(() => false), this.patience()]);
  }

  private async rewrite(entry: Entry, draft: Draft, now: Pick<Entry, "state" | "receipt">): Promise<Entry> {
    const { receipt: _, refusal: __, ...rest } = entry;
    const rewritten: Entry = { ...rest, ...written(draft), ...now };
    await this.journal.write(rewritten);
    return rewritten;
  }

  private async withdraw(entry: Entry): Promise<void> {
    try {
      await this.api.withdraw(entry.place, entry.key);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.status !== 404) throw error; // 404: the city holds nothing
    }
  }
}

/** The outbox of a phone, whose outcomes are written into its journal. The service worker uses this one too. */
export function outboxOf(api: Api, journal: Journal, items: Store<Item>, now: () => number = () => Date.now()): Outbox {
  return new Outbox(items, api, async ({ key }, outcome) => {
    if (outcome.kind === "acknowledged") await journal.amend(key, { state: "given", receipt: outcome.receipt });
    if (outcome.kind === "refused") await journal.amend(key, { state: "refused", refusal: outcome.problem });
    if (outcome.kind === "too-late") await journal.amend(key, { state: "late" });
  }, now);
}

function written(draft: Draft): Pick<Entry, "point" | "words" | "wordLabels" | "ownWords" | "note" | "reach"> {
  return {
    point: { ...draft.point },
    words: draft.words.map(({ id }) => id),
    wordLabels: draft.words.map(({ label }) => label),
    ownWords: [...draft.ownWords],
    note: draft.note.trim(),
    reach: draft.reach,
  };
}
