/**
 * Giving a feeling: the journal first, then, if the person chose so, the outbox and the city. The two records never
 * meet: what is sent is made here, from a whitelist of fields.
 */
import type { Api } from "../ground/api";
import { alone, type Store } from "../ground/phone";
import type { Report } from "../ground/types";
import { newKey, type Entry, type Journal, type Reach } from "./journal";
import { Outbox, type Item } from "./outbox";
import { cellOf, type Point } from "./plane";

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
  const words = draft.words.map(({ id }) => id).slice(0, 3);
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
  ) {
    this.outbox = outboxOf(api, journal, items, now);
  }

  /** Keep it, and give it where the person chose. Resolves with the entry as it stands after the first try. */
  async give(place: { id: string; name: string }, draft: Draft, pass: string | null): Promise<Entry> {
    const key = newKey();
    const report = reportOf(draft, pass);
    const entry: Entry = {
      key, at: this.now(), place: place.id, placeName: place.name, ...written(draft), state: report ? "waiting" : "private",
    };
    await this.journal.write(entry);
    if (report === null) return entry;
    await this.outbox.give(key, place.id, report);
    await this.flush();
    return (await this.journal.get(key)) ?? entry;
  }

  /**
   * Change what was given while its window is open. What the city has can only be changed where it is: this raises
   * `OfflineError` or `ProblemError` (`already-spoken`), and then nothing was changed.
   */
  async change(entry: Entry, draft: Draft, pass: string | null): Promise<Entry> {
    const report = reportOf(draft, pass);
    const held = entry.state === "given";
    if (held && report) entry = { ...entry, receipt: await this.api.edit(entry.place, entry.key, report) };
    if (held && !report) await this.api.withdraw(entry.place, entry.key);
    if (!held && !report) await this.outbox.takeBack(entry.key);
    const { receipt, refusal: _, ...rest } = entry;
    const state = report === null ? "private" : held ? "given" : "waiting";
    await this.journal.write({ ...rest, ...(state === "given" && receipt ? { receipt } : {}), ...written(draft), state });
    if (!held && report) await this.outbox.give(entry.key, entry.place, report);
    await this.flush();
    return (await this.journal.get(entry.key)) ?? entry;
  }

  /** Take it back, from the city and from the journal. Raises as `change` does, and then nothing was taken back. */
  async takeBack(entry: Entry): Promise<void> {
    const waited = await this.outbox.takeBack(entry.key);
    if (!waited && entry.state === "given") await this.api.withdraw(entry.place, entry.key);
    await this.journal.remove(entry.key);
    if (waited) await this.flush();
  }

  /** Send what waits. */
  flush(): Promise<boolean> {
    return alone("outbox", () => this.outbox.flush());
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
