/** The doors for those who tend the city: their own account, the others, and the log. */
import type { Api } from "../ground/api";
import type { Role } from "../ground/types";
import { makePasskey, showPasskey, type CreationOptions, type RequestOptions } from "./passkey";

export const ROLES: readonly Role[] = ["architect", "steward", "moderator", "facilitator", "artist"];

export interface Passkey {
  id: string;
  label: string;
  since: string;
  used: string;
}

export interface SignedInAt {
  id: string;
  device: string;
  since: string;
  seen: string;
  here: boolean;
}

export interface Token {
  id: string;
  label: string;
  scopes: string[];
  since: string;
  until: string;
  used: string | null;
}

export interface Account {
  name: string;
  role: Role;
  since: string;
  passkeys: Passkey[];
  second_factor: boolean;
  recovery_left: number;
  sessions: SignedInAt[];
  tokens: Token[];
  scopes: string[];
  opted_out: boolean;
}

export interface SecondFactor {
  secret: string;
  address: string;
  qr: string;
}

/** One act in the log. */
export interface Noted {
  number: number;
  at: string;
  who: string;
  role: string;
  act: string;
  what: string;
  place: string | null;
  about: string | null;
}

export interface Trail {
  entries: Noted[];
  next: number | null;
  mark: string;
  intact: boolean;
}

export interface Person {
  id: string;
  name: string;
  role: Role;
  since: string;
  passkeys: number;
  second_factor: boolean;
}

export interface Invited {
  id: string;
  role: Role;
  host: string;
  until: string;
}

export interface Invitation {
  role: Role;
  host: string;
  hours_left: number;
}

export interface PublicAct {
  at: string;
  role: string;
  act: string;
}

export class Staff {
  constructor(private readonly api: Api) {}

  // coming in, and proving oneself
  signInByPasskey = async (): Promise<void> => this.post("/v1/session/passkey", { credential: await this.show() });
  proveByPasskey = async (): Promise<void> => this.post("/v1/session/proof/passkey", { credential: await this.show() });
  prove = (password: string, second?: string): Promise<void> =>
    this.post("/v1/session/proof", { password, ...(second ? { second } : {}) });
  look = (invitation: string): Promise<Invitation> => this.post("/v1/session/invitation/look", { invitation });
  join = (invitation: string, name: string, password: string): Promise<void> =>
    this.post("/v1/session/invitation", { invitation, name, password });

  // one's own account
  account = (): Promise<Account> => this.api.ask("/v1/account");
  exported = (): Promise<{ account: Account; acts: Noted[] }> => this.api.ask("/v1/account/export");
  ownActs = async (): Promise<Noted[]> => (await this.api.ask<{ acts: Noted[] }>("/v1/account/acts")).acts;
  setPassword = (password: string): Promise<void> => this.put("/v1/account/password", { password });
  async addPasskey(label: string): Promise<void> {
    const options = await this.post<CreationOptions>("/v1/account/passkey-options");
    await this.post("/v1/account/passkeys", { label, credential: await makePasskey(options) });
  }
  removePasskey = (id: string): Promise<void> => this.remove(`/v1/account/passkeys/${id}`);
  proposeSecond = (): Promise<SecondFactor> => this.post("/v1/account/second");
  confirmSecond = async (code: string): Promise<string[]> =>
    (await this.put<{ codes: string[] }>("/v1/account/second", { digits: code })).codes;
  removeSecond = (): Promise<void> => this.remove("/v1/account/second");
  endSession = (id: string): Promise<void> => this.remove(`/v1/account/sessions/${id}`);
  endSessions = (): Promise<void> => this.remove("/v1/account/sessions");
  addToken = (label: string, scopes: string[], days: number): Promise<{ token: string; until: string }> =>
    this.post("/v1/account/tokens", { label, scopes, days });
  endToken = (id: string): Promise<void> => this.remove(`/v1/account/tokens/${id}`);
  optOut = (on: boolean): Promise<void> => (on ? this.put("/v1/account/opt-out") : this.remove("/v1/account/opt-out"));

  // people, and the log
  people = (): Promise<{ people: Person[]; invitations: Invited[] }> => this.api.ask("/v1/people");
  invite = (role: Role, hours: number): Promise<{ link: string; until: string }> =>
    this.post("/v1/invitations", { role, hours });
  uninvite = (id: string): Promise<void> => this.remove(`/v1/invitations/${id}`);
  setRole = (id: string, role: Role): Promise<void> => this.put(`/v1/people/${id}`, { role });
  removePerson = (id: string): Promise<void> => this.remove(`/v1/people/${id}`);
  audit = (before: number | null = null): Promise<Trail> =>
    this.api.ask(before === null ? "/v1/audit" : `/v1/audit?before=${before}`);
  renewDisplay = (place: string): Promise<{ key: string; wall: string }> =>
    this.post(`/v1/places/${encodeURIComponent(place)}/display`);
  actsAt = async (place: string): Promise<PublicAct[]> =>
    (await this.api.ask<{ acts: PublicAct[] }>(`/v1/places/${encodeURIComponent(place)}/acts`)).acts;

  private async show(): Promise<unknown> {
    return showPasskey(await this.post<RequestOptions>("/v1/session/passkey/options"));
  }

  private post<T>(path: string, body?: unknown): Promise<T> {
    return this.api.ask(path, body === undefined ? { method: "POST" } : { method: "POST", body });
  }

  private put<T>(path: string, body?: unknown): Promise<T> {
    return this.api.ask(path, body === undefined ? { method: "PUT" } : { method: "PUT", body });
  }

  private async remove(path: string): Promise<void> {
    await this.api.ask(path, { method: "DELETE" });
  }
}
