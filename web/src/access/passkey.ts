/**
 * Passkeys in the browser: what the city sends and takes is JSON with base64url, what the browser has are buffers.
 * Only what the city reads is sent back.
 */

/** The parts of `PublicKeyCredentialCreationOptionsJSON` that are not passed on as they are. */
export interface CreationOptions {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials: { id: string; type: "public-key" }[];
  [more: string]: unknown;
}

/** The same of `PublicKeyCredentialRequestOptionsJSON`. */
export interface RequestOptions {
  challenge: string;
  allowCredentials: { id: string; type: "public-key" }[];
  [more: string]: unknown;
}

export interface MadeCredential {
  id: string;
  rawId: string;
  type: string;
  response: { clientDataJSON: string; attestationObject: string };
}

export interface ShownCredential {
  id: string;
  rawId: string;
  type: string;
  response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string };
}

/** The person put the question away, or waited too long; nothing went wrong. */
export class Dismissed extends Error {
  override readonly name = "Dismissed";
}

/** Whether passkeys work here: over https or on localhost, and never at a bare IP address. */
export function passkeysWork(hostname = location.hostname): boolean {
  const address = /^[\d.]+$/.test(hostname) || hostname.includes(":") || hostname.startsWith("[");
  return !address && window.isSecureContext && typeof PublicKeyCredential !== "undefined";
}

export async function makePasskey(options: CreationOptions): Promise<MadeCredential> {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: options.excludeCredentials.map((each) => ({ ...each, id: bytes(each.id) })),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = await asked(() => navigator.credentials.create({ publicKey }));
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...named(made),
    response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject) },
  };
}

export async function showPasskey(options: RequestOptions): Promise<ShownCredential> {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: options.allowCredentials.map((each) => ({ ...each, id: bytes(each.id) })),
  } as unknown as PublicKeyCredentialRequestOptions;
  const shown = await asked(() => navigator.credentials.get({ publicKey }));
  const response = shown.response as AuthenticatorAssertionResponse;
  return {
    ...named(shown),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      ...(response.userHandle ? { userHandle: text(response.userHandle) } : {}),
    },
  };
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await ask();
    if (credential !== null) return credential as PublicKeyCredential;
  } catch (error) {
    // InvalidStateError: this device has a passkey for the account already
    if (!(error instanceof DOMException)) throw error;
    throw new Dismissed(error.name);
  }
  throw new Dismissed("nothing");
}

function named(credential: PublicKeyCredential): { id: string; rawId: string; type: string } {
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type };
}

export function bytes(encoded: string): Uint8Array {
  const plain = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (each) => each.charCodeAt(0));
}

export function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
