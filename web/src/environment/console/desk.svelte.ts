/**
 * The console's side of the desk: what the house does, read every two seconds and after each act, and what went wrong.
 * An edit is a function of the house as it is then, so that nobody's edit undoes what somebody else did meanwhile.
 */
import { foreseen, OfflineError, ProblemError } from "../../ground/api";
import type { ConsoleDoors } from "./doors";
import type { ConsoleState, House } from "./house";

/** Why something was not done. */
export interface Refusal {
  kind: "offline" | "refused";
  /** The last part of the key that is meant, such as `channel`; empty where it is the whole. */
  field: string;
  /** The server's own words, with its remedy; empty when it could not be reached. */
  text: string;
}

export const LOOK_MS = 2_000;
/** The output stage takes one cut a second. */
export const CUT_MS = 1_000;

export class Desk {
  state = $state.raw<ConsoleState | null>(null);
  signedOut = $state(false);
  /** Whether the last look found nobody. */
  away = $state(false);
  /** What was refused last, outside of forms, which show their own. */
  refusal = $state.raw<Refusal | null>(null);
  cutting = $state(false);
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private acts = 0;
  private ended = false;

  constructor(readonly doors: ConsoleDoors) {}

  /** Look now, and then every two seconds while the page can be seen. */
  async follow(): Promise<void> {
    clearTimeout(this.waiting);
    if (this.signedOut) return;
    if (document.visibilityState !== "hidden") await this.look();
    clearTimeout(this.waiting); // somebody else may have looked meanwhile
    if (!this.ended) this.waiting = setTimeout(() => void this.follow(), LOOK_MS);
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.waiting);
  }

  /** Do something at the desk. Returns null when it was done, and why not otherwise; a failure is shown on the page too. */
  async act(work: () => Promise<ConsoleState>): Promise<Refusal | null> {
    const refusal = await this.attempt(work);
    this.refusal = refusal;
    return refusal;
  }

  /** Edit the house. The refusal is for the form that asked. */
  edit(change: (house: House) => House): Promise<Refusal | null> {
    const now = this.state;
    if (now === null) return Promise.resolve({ kind: "offline", field: "", text: "" });
    return this.attempt(() => this.doors.compose(change(now.house)));
  }

  import(text: string): Promise<Refusal | null> {
    return this.attempt(() => this.doors.composeFile(text));
  }

  async cut(zones: readonly string[]): Promise<void> {
    if (this.cutting) return;
    this.cutting = true;
    setTimeout(() => (this.cutting = false), CUT_MS);
    await this.act(() => this.doors.cut(zones));
  }

  private async look(): Promise<void> {
    const before = this.acts;
    try {
      const seen = await this.doors.state();
      if (this.acts === before) this.state = seen; // an act since then knows better
      this.away = false;
    } catch (error) {
      foreseen(error);
      if (isSignedOut(error)) this.signedOut = true;
      else this.away = true;
    }
  }

  private async attempt(work: () => Promise<ConsoleState>): Promise<Refusal | null> {
    this.acts += 1;
    const mine = this.acts;
    try {
      const after = await work();
      if (this.acts === mine) this.state = after;
      this.away = false;
      return null;
    } catch (error) {
      if (error instanceof OfflineError) return { kind: "offline", field: "", text: "" };
      if (!(error instanceof ProblemError)) throw error;
      if (isSignedOut(error)) this.signedOut = true;
      return refused(error);
    }
  }
}

function refused({ problem }: ProblemError): Refusal {
  const field = (problem.field ?? "").split(".").at(-1)?.replace(/\[\d+\]$/, "") ?? "";
  return { kind: "refused", field, text: `${problem.detail} ${problem.remedy}`.trim() || problem.title };
}

function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 401;
}
