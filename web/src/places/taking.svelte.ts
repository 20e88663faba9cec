/** Taking part in what a place decides: what is proposed there, this phone's own votes, and what may be refused. */
import { OfflineError, ProblemError, type Api } from "../ground/api";
import { t } from "../ground/i18n";
import { someShelf } from "../ground/phone";
import type { Choice, Place, Proposal, Remark, Terms } from "../ground/types";
import { showPresence } from "../feelings/arrival";

export class Taking {
  proposals = $state.raw<Proposal[] | null>(null);
  /** What was said, by proposal. */
  remarks = $state.raw<Readonly<Record<string, Remark[]>>>({});
  /** What this phone has said to each; the city does not tell it again. */
  votes = $state.raw<Readonly<Record<string, Choice>>>({});
  trouble = $state("");
  said = $state("");

  constructor(private readonly api: Api, private readonly place: Place) {}

  async read(): Promise<void> {
    await this.attempt(async () => {
      this.proposals = (await this.api.proposals(this.place.id)).proposals;
      const keep = await someShelf<string>("keep");
      const held = await Promise.all(this.proposals.map(async ({ id }) => [id, await keep.get(`vote:${id}`)] as const));
      this.votes = Object.fromEntries(held.filter(([, choice]) => choice !== undefined)) as Record<string, Choice>;
    });
  }

  async listen(proposal: string): Promise<void> {
    await this.attempt(async () => {
      const { comments } = await this.api.proposal(this.place.id, proposal);
      this.remarks = { ...this.remarks, [proposal]: comments };
    });
  }

  /** Whether it was made. */
  propose(changes: Partial<Terms>, sentence: string): Promise<boolean> {
    return this.attempt(async () => {
      await this.api.propose(this.place.id, changes, sentence, await this.pass());
      this.said = t("propose.made");
      await this.read();
    });
  }

  say(proposal: string, text: string): Promise<boolean> {
    return this.attempt(async () => {
      await this.api.comment(this.place.id, proposal, text, await this.pass());
      await this.listen(proposal);
    });
  }

  /** Give a vote; the same again takes it back. */
  async vote(proposal: string, choice: Choice): Promise<void> {
    await this.attempt(async () => {
      const keep = await someShelf<string>("keep");
      if (this.votes[proposal] === choice) {
        await this.api.takeVoteBack(this.place.id, proposal);
        await keep.delete(`vote:${proposal}`);
        const { [proposal]: _, ...rest } = this.votes;
        this.votes = rest;
        this.said = t("vote.back");
      } else {
        await this.api.vote(this.place.id, proposal, choice, await this.pass());
        await keep.put(`vote:${proposal}`, choice);
        this.votes = { ...this.votes, [proposal]: choice };
        this.said = t("vote.given");
      }
    });
  }

  veto(proposal: string, why: string): Promise<boolean> {
    return this.attempt(async () => {
      await this.api.veto(this.place.id, proposal, why);
      await this.read();
    });
  }

  hide(proposal: string, comment: number, why: string): Promise<boolean> {
    return this.attempt(async () => {
      await this.api.hideComment(this.place.id, proposal, comment, why);
      await this.listen(proposal);
    });
  }

  /** The pass that this phone still has, where the place asks for one. */
  private async pass(): Promise<string | null> {
    const presence = await showPresence(this.api, this.place, null, await someShelf<string>("keep"));
    return presence.kind === "shown" ? presence.pass : null;
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    this.trouble = this.said = "";
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof OfflineError) this.trouble = t("taking.offline");
      else if (error instanceof ProblemError) this.trouble = sayRefusal(error);
      else throw error;
      return false;
    }
  }
}

/** What we know well in the page's language, anything else in the words of the city. */
function sayRefusal(error: ProblemError): string {
  if (error.slug === "not-allowed" && error.problem.field === "pass") return t("taking.presence");
  if (error.slug === "too-many") return t("taking.too-many");
  if (error.slug === "conflict") return t("taking.closed");
  return `${error.problem.detail} ${error.problem.remedy}`.trim() || error.problem.title;
}
