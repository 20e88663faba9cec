/** What a page does for somebody who is signed in: one thing at a time, refusals in words, and grave acts after a proof. */
import { Dismissed } from "./passkey";
import { asksForProof, isSignedOut, refusalOf, type Refusal } from "./refusal";

/** Asks for a proof where the city wants one, and then does the act again. `Proof.svelte` is the question. */
export class Proofs {
  /** Takes the answer while the question is open. */
  asked = $state<((proved: boolean) => void) | null>(null);

  async before<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!asksForProof(error)) throw error;
    }
    const proved = await new Promise<boolean>((answer) => (this.asked = answer));
    this.asked = null;
    if (!proved) throw new Dismissed("proof");
    return act();
  }
}

/** One form or list: whether it is busy, what was refused, and what was done. */
export class Work {
  busy = $state(false);
  refusal = $state<Refusal | null>(null);
  said = $state("");

  constructor(
    private readonly proofs: Proofs,
    private readonly ended: () => void,
  ) {}

  /** Do something, and say `said` when it is done; true when it was. */
  async do(act: () => Promise<void>, said = "", password = ""): Promise<boolean> {
    this.busy = true;
    this.refusal = null;
    this.said = "";
    try {
      await this.proofs.before(act);
      this.said = said;
      return true;
    } catch (error) {
      if (isSignedOut(error)) this.ended();
      else this.refusal = refusalOf(error, password);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** The refusal that belongs to a field. */
  at(field: string): string {
    return this.refusal?.field === field ? this.refusal.text : "";
  }

  /** The refusal that belongs to none of these fields. */
  general(...fields: string[]): string {
    return this.refusal && !fields.includes(this.refusal.field ?? "") ? this.refusal.text : "";
  }
}
