/** A city for the tests of this room: it keeps check-ins by key as the real door does, and can be out of reach. */
import { OfflineError, ProblemError } from "../ground/api";
import type { Problem, Receipt, Report, Withdrawn } from "../ground/types";
import type { Doors } from "./outbox";

export class FakeCity implements Doors {
  readonly held = new Map<string, Report>();
  readonly asked: string[] = [];
  reachable = true;
  /** The answer is lost on its way back: what was asked has been done. */
  losesAnswers = false;
  refusal: Problem | null = null;
  /** The same for changes only. */
  editRefusal: Problem | null = null;
  /** Called while a request is on its way. */
  meanwhile: () => Promise<void> = () => Promise.resolve();
  private readonly takenBack = new Set<string>();

  async checkIn(place: string, key: string, report: Report): Promise<Receipt> {
    await this.travel(`give ${key}`);
    const known = this.held.get(key);
    if (this.takenBack.has(key)) throw problem(409, "already-spoken");
    if (known && JSON.stringify(known) !== JSON.stringify(report)) throw problem(409, "key-reused");
    this.held.set(key, report);
    return this.answer(receiptOf(place, key, report));
  }

  async edit(place: string, key: string, report: Report): Promise<Receipt> {
    await this.travel(`edit ${key}`);
    if (this.editRefusal) throw new ProblemError(this.editRefusal);
    if (this.takenBack.has(key)) throw problem(409, "already-spoken");
    if (!this.held.has(key)) throw problem(404, "not-found");
    this.held.set(key, report);
    return this.answer(receiptOf(place, key, report));
  }

  async withdraw(_place: string, key: string): Promise<void> {
    await this.travel(`withdraw ${key}`);
    if (!this.held.delete(key)) throw problem(404, "not-found");
    this.takenBack.add(key);
    this.answer(undefined);
  }

  async withdrawAll(): Promise<Withdrawn> {
    await this.travel("withdraw all");
    const withdrawn = this.held.size;
    for (const key of this.held.keys()) this.takenBack.add(key);
    this.held.clear();
    return this.answer({ withdrawn, spoken: 0 });
  }

  async optOut(on: boolean): Promise<void> {
    await this.travel(on ? "opt out" : "opt in");
    this.answer(undefined);
  }

  private async travel(what: string): Promise<void> {
    this.asked.push(what);
    if (!this.reachable) throw new OfflineError("out of reach");
    await this.meanwhile();
    if (this.refusal) throw new ProblemError(this.refusal);
  }

  private answer<T>(said: T): T {
    if (this.losesAnswers) throw new OfflineError("the answer was lost");
    return said;
  }
}

export function problem(status: number, slug: string): ProblemError {
  return new ProblemError({ type: `/problems/${slug}`, title: slug, status, detail: "", remedy: "" });
}

export function receiptOf(place: string, key: string, report: Report, change: Partial<Receipt> = {}): Receipt {
  return {
    key, state: "counted", reason: null, place, cell: report.cell, words: report.words ?? [], audience: report.audience, speaker: place,
    window: { start: "2026-11-24T12:00:00Z", end: "2026-11-24T13:00:00Z" }, speaks_at: "2026-11-24T13:01:00Z",
    epsilon: { check_in: 0.25, day: 1 }, counted_today: 1, of: 4, deleted_by: "2026-11-25T04:00:00Z", ...change,
  };
}
