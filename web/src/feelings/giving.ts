/**
 * Giving a feeling: the journal first, then, if the person chose so, the outbox and the city. The two records never
 * meet: what is sent is made here, from a whitelist of fields.
 */
import { cellThatLeaves, type Given } from "../boundaries/mine/leaving";
import type { Resolution } from "../boundaries/mine/policy";
import type { Api } from "../ground/api";
import { ProblemError } from "../ground/api";
import { alone, type Store } from "../ground/phone";
import type { Receipt, Report } from "../ground/types";
import { isCounted, newKey, type Entry, type Journal, type Reach } from "./journal";
import { Outbox, type Item, type Outcome } from "./outbox";
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
  /** How exactly; at most what the boundary allows. */
  resolution: Resolution;
  /** Ids of those `words` that the boundary lets go along. */
  said: readonly string[];
  research: boolean;
  /** Whether the person set their boundary themself. */
  chosen: boolean;
  /** The version of the place's charter that the person has seen, if it has one. */
  charter: number | null;
}

/** Fields that leave the phone, and no others. */
export function reportOf(draft: Draft, pass: string | null): Report | null {
  if (draft.reach === "me" || draft.resolution === "nothing") return null;
  const given: Given = { reach: draft.reach, resolution: draft.resolution, words: draft.said, research: draft.research };
  return reportFrom(cellThatLeaves(cellOf(draft.point), draft.resolution), given, draft.chosen, draft.charter, pass);
}

function reportFrom(cell: number | null, given: Given, chosen: boolean, charter: number | null, pass: string | null): Report {
  const words = given.reach === "city" ? given.words.slice(0, MOST) : []; // a place counts none
  return {
    cell,
    audience: given.reach,
    ...(words.length ? { words } : {}),
    ...(given.research ? { research: true } : {}),
    ...(chosen ? { chosen: true } : {}),
    ...(charter === null ? {} : { charter }),
    ...(pass === null ? {} : { pass }),
  };
}

export class Giving {
  private readonly outbox: Outbox;

  constructor(
    private readonly api: Api,
    readonly journal: Journal,
    private readonly items: Store<Item>,
    private readonly now: () => number = () => Date.now(),
    private readonly patience: () => Promise<unknown> = () => new Promise((done) => setTimeout(done, PATIENCE_MS)),
  ) {
    this.outbox = outboxOf(api, journal, items, now);
  }

  /** Keep it, and give it where the person chose. Resolves with the entry as it stands after the first try. */
  async give(place: { id: string; name: string }, draft: Draft, pass: string | null): Promise<Entry> {
    const key = newKey();
    return this.begin({ key, at: this.now(), place: place.id, placeName: place.name, ...entryOf(draft), state: "private" }, draft, pass);
  }

  /**
   * Change what was given while its window is open, or what never left. What the city has can only be changed where it
   * is: this raises `OfflineError` or `ProblemError` (`already-spoken`), and then nothing was changed.
   */
  async change(seen: Entry, draft: Draft, pass: string | null): Promise<Entry> {
    const entry = (await this.journal.get(seen.key)) ?? seen;
    const report = reportOf(draft, pass);
    if (isCounted(entry) && report && entry.receipt) {
      if (hears(entry.receipt, draft.reach)) {
        const receipt = await this.api.edit(entry.place, entry.key, report);
        await this.outbox.overtaken(entry.key);
        return this.rewrite(entry, draft, { state: "given", receipt });
      }
    }
    if (isCounted(entry)) await this.withdraw(entry);
    if (entry.state === "waiting" && report) {
      await this.rewrite(entry, draft, { state: "waiting" });
      await this.outbox.give(entry.key, entry.place, report, draft.resolution);
      return this.sent(entry);
    }
    if (report === null) {
      if (entry.state === "waiting") await this.outbox.takeBack(entry.key);
      return this.rewrite(entry, draft, { state: "private" });
    }
    await this.journal.remove(entry.key); // a key that was taken back opens no door; what is given anew has its own
    const { receipt: _, refusal: __, ...rest } = entry;
    return this.begin({ ...rest, ...entryOf(draft), key: newKey() }, draft, pass);
  }

  /** Take it back, from the city and from the journal. Raises as `change` does, and then nothing was taken back. */
  async takeBack(seen: Entry): Promise<void> {
    const waited = await this.outbox.takeBack(seen.key);
    const entry = (await this.journal.get(seen.key)) ?? seen;
    if (!waited && isCounted(entry)) await this.withdraw(entry);
    await this.journal.remove(entry.key);
    if (waited) await this.tried();
  }

  /**
   * Bring what the city holds, or is about to get, into line with a boundary that has become stricter: at once, or as soon
   * as the city can be reached. Nothing is ever given more widely. `open` are entries that wait or whose window is open;
   * `narrow` says what may stay of one, null for nothing. Returns how many had to change.
   */
  async obey(open: readonly Entry[], narrow: (entry: Entry, given: Given) => Given | null): Promise<number> {
    let changed = 0;
    for (const entry of open) changed += (await this.bringIntoLine(entry, narrow)) ? 1 : 0;
    if (changed > 0) await this.tried();
    return changed;
  }

  /** Take back whatever of this phone the city can still let go. Returns whether the city has done it by now. */
  async withdrawAll(open: readonly Entry[]): Promise<boolean> {
    for (const entry of open) await this.recall(entry);
    await this.outbox.withdrawAll();
    await this.tried();
    return this.nothingWaits();
  }

  /** Have the city take nothing of this phone, or let it again. Returns whether the city knows by now. */
  async optOut(on: boolean): Promise<boolean> {
    await this.outbox.optOut(on);
    await this.tried();
    return this.nothingWaits();
  }

  /** Remove it from the journal only; what a place has said stays said. */
  forget(entry: Entry): Promise<void> {
    return this.journal.remove(entry.key);
  }

  /** Send what waits. */
  flush(): Promise<boolean> {
    return alone("outbox", () => this.outbox.flush());
  }

  private async bringIntoLine(entry: Entry, narrow: (entry: Entry, given: Given) => Given | null): Promise<boolean> {
    const item = await this.outbox.waiting(entry.key);
    if (item?.act === "take-back") return false;
    const sent = item && "report" in item ? item : sentOf(entry);
    if (sent === null) return false;
    const { report, resolution } = sent;
    const given: Given = { reach: report.audience, resolution, words: report.words ?? [], research: report.research ?? false };
    const next = narrow(entry, given);
    if (next !== null && same(next, given)) return false;
    if (next === null || (entry.receipt && !hears(entry.receipt, next.reach))) {
      await this.recall(entry);
      return true;
    }
    const cell = report.cell === null || next.resolution === resolution ? report.cell : cellThatLeaves(report.cell, next.resolution);
    const less = reportFrom(cell, next, true, report.charter ?? null, report.pass ?? null);
    await this.outbox.change(entry.key, entry.place, less, next.resolution);
    return true;
  }

  private async recall({ key, place }: Entry): Promise<void> {
    if (!(await this.outbox.recall(key, place))) await this.journal.letGo(key);
  }

  private async nothingWaits(): Promise<boolean> {
    return (await this.items.all()).length === 0;
  }

  private async begin(entry: Entry, draft: Draft, pass: string | null): Promise<Entry> {
    const report = reportOf(draft, pass);
    const begun: Entry = { ...entry, state: report ? "waiting" : "private" };
    await this.journal.write(begun);
    if (report === null) return begun;
    await this.outbox.give(begun.key, begun.place, report, draft.resolution);
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
    const rewritten: Entry = { ...rest, ...entryOf(draft), ...now };
    await this.journal.write(rewritten);
    return rewritten;
  }

  private async withdraw(entry: Entry): Promise<void> {
    try {
      await this.outbox.overtaken(entry.key);
      await this.api.withdraw(entry.place, entry.key);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.status !== 404) throw error; // 404: the city holds nothing
    }
  }
}

/** The outbox of a phone, whose outcomes are written into its journal. The service worker uses this one too. */
export function outboxOf(api: Api, journal: Journal, items: Store<Item>, now: () => number = () => Date.now()): Outbox {
  return new Outbox(items, api, (item, outcome) => written(journal, item, outcome), now);
}

async function written(journal: Journal, item: Item, outcome: Outcome): Promise<void> {
  const { key } = item;
  const entry = await journal.get(key);
  switch (outcome.kind) {
    case "acknowledged":
      await journal.amend(key, {
        state: "given", receipt: outcome.receipt, reach: outcome.receipt.audience,
        ...("report" in item ? { resolution: item.resolution, research: item.report.research ?? false, said: item.report.words ?? [] } : {}),
      });
      return;
    case "taken-back": // what it knows nothing of, though it had acknowledged it, was spoken on an earlier day
      if (entry && (outcome.held || !isCounted(entry))) await journal.letGo(key);
      return;
    case "spoken":
      if (entry?.state === "waiting") await journal.amend(key, { state: "refused", refusal: outcome.problem });
      return;
    case "refused":
      await journal.amend(key, { state: "refused", refusal: outcome.problem });
      return;
    case "too-late":
      await journal.amend(key, { state: "late" });
      return;
    case "told":
  }
}

/** Whether whoever speaks for a check-in hears it also when it is for `reach`. */
function hears(receipt: Receipt, reach: Reach): boolean {
  return receipt.speaker === receipt.place || reach === receipt.audience;
}

/** What the city has of an entry, as it was sent; null where it has nothing. */
function sentOf(entry: Entry): { report: Report; resolution: Resolution } | null {
  const { receipt } = entry;
  if (!receipt || !isCounted(entry)) return null;
  return {
    resolution: entry.resolution ?? "cell",
    report: {
      cell: receipt.cell,
      audience: receipt.audience,
      words: receipt.words,
      research: entry.research ?? false,
      ...(entry.charter === undefined ? {} : { charter: entry.charter }),
    },
  };
}

function same(one: Given, other: Given): boolean {
  return (
    one.reach === other.reach && one.resolution === other.resolution && one.research === other.research &&
    one.words.length === other.words.length
  );
}

type Written = Pick<Entry, "point" | "words" | "wordLabels" | "ownWords" | "note" | "reach" | "resolution" | "said" | "research" | "charter">;

function entryOf(draft: Draft): Written {
  return {
    point: { ...draft.point },
    words: draft.words.map(({ id }) => id),
    wordLabels: draft.words.map(({ label }) => label),
    ownWords: [...draft.ownWords],
    note: draft.note.trim(),
    reach: draft.reach,
    resolution: draft.resolution,
    said: draft.reach === "city" ? draft.said.slice(0, MOST) : [],
    research: draft.research,
    ...(draft.charter === null ? {} : { charter: draft.charter }),
  };
}
