"""Everything that can go wrong, drawn as a tree.

NexusError
├── CutShort            400  the connection ended in the middle of the body
├── BadInput            422  a field is missing, out of range or of the wrong kind
│   └── BadRow               a row of a replay file cannot be read
├── SignInNeeded        401  no device token, or no session
│   └── CodeNeeded           name and password are right; the account asks for a code as well
├── NotAllowed          403  a presence code is wrong or gone, a role is missing
│   └── ProofNeeded          the act is grave, and who is signed in has not proved for a while who they are
├── NotFound            404  no such place, check-in or page
├── WrongMethod         405  the address is right, the method is not
├── Conflict            409  the request contradicts what already happened
│   ├── KeyReused            one idempotency key, two different check-ins
│   └── AlreadySpoken        the window has been released; what was said stays said
├── TooLarge            413  a body over the limit
├── WrongMedia          415  not JSON
├── TooMany             429  one device asks faster than a person can feel
├── Unavailable         503  the store cannot take a write now
├── BackupRefused            a copy of the city cannot be made, or not be brought back
└── SettingsError            the settings or the city file cannot be used (at start)
    └── FolderBusy           another process already serves this data folder

`detail` says what happened, `remedy` says what to do next. Both are shown to people.
"""

from collections.abc import Iterable
from typing import Any, ClassVar


class NexusError(Exception):
    """The root: anything that this product refuses or fails at, with words for a person."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "unexpected"
    title: ClassVar[str] = "Something unexpected happened"

    def __init__(self, detail: str, remedy: str, field: str | None = None) -> None:
        super().__init__(f"{detail} {remedy}")
        self.detail = detail
        self.remedy = remedy
        self.field = field

    def problem(self) -> dict[str, Any]:
        """Return the members of an RFC 9457 problem document."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "remedy": self.remedy,
        }
        if self.field is not None:
            body["field"] = self.field
        return body


class CutShort(NexusError):
    """The connection ended in the middle of the body; nobody is left to read the answer."""

    status = 400
    slug = "cut-short"
    title = "The request did not arrive whole"

    def __init__(self) -> None:
        super().__init__("The connection ended before the body did.", "Send it again, with the same key.")


class BadInput(NexusError):
    """A field is missing, out of range or of the wrong kind."""

    status = 422
    slug = "bad-input"
    title = "This could not be understood"


class BadRow(BadInput):
    """A row of a replay file cannot be read; `field` names the column."""

    slug = "bad-row"
    title = "A row could not be read"


class SignInNeeded(NexusError):
    """The request carries no device token, or no session, or one that is not ours."""

    status = 401
    slug = "sign-in-needed"
    title = "We do not know this device"


class CodeNeeded(SignInNeeded):
    """Name and password are right, and the account asks for a code of its second factor as well."""

    slug = "code-needed"
    title = "A code is needed as well"


class NotAllowed(NexusError):
    """A presence code is wrong or gone, or a role is missing."""

    status = 403
    slug = "not-allowed"
    title = "This is not open to you"


class ProofNeeded(NotAllowed):
    """The act is grave, and who is signed in has not proved for a while who they are."""

    slug = "proof-needed"
    title = "Prove that it is you"


class NotFound(NexusError):
    """No such place, check-in or page."""

    status = 404
    slug = "not-found"
    title = "There is nothing here"


class WrongMethod(NexusError):
    """The address is right, but nothing is done there by this method; `allowed` are those that are."""

    status = 405
    slug = "wrong-method"
    title = "This is not done here"

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(allowed)
        super().__init__(f"There is no {method[:20]} at this address.", f"Use {self.allowed}.")


class Conflict(NexusError):
    """The request contradicts what already happened."""

    status = 409
    slug = "conflict"
    title = "This contradicts what already happened"


class KeyReused(Conflict):
    """One idempotency key came with two different check-ins."""

    slug = "key-reused"
    title = "This key was used for another check-in"


class AlreadySpoken(Conflict):
    """The window of this check-in has been released."""

    slug = "already-spoken"
    title = "This has already been spoken"


class TooLarge(NexusError):
    """A body is larger than the limit."""

    status = 413
    slug = "too-large"
    title = "This is too large"


class WrongMedia(NexusError):
    """The body is not JSON."""

    status = 415
    slug = "wrong-media"
    title = "This is not JSON"


class TooMany(NexusError):
    """One device asks faster than a person can feel."""

    status = 429
    slug = "too-many"
    title = "Too many requests from this device"

    def __init__(self, detail: str, remedy: str, retry_after_s: int) -> None:
        super().__init__(detail, remedy)
        self.retry_after_s = retry_after_s


class Unavailable(NexusError):
    """The store cannot take a write now; nothing was acknowledged, so nothing is lost."""

    status = 503
    slug = "unavailable"
    title = "The city cannot write this down right now"


class BackupRefused(NexusError):
    """A copy of the city cannot be made or brought back; raised by the commands, before anything was changed."""

    slug = "backup-refused"
    title = "This copy cannot be made or brought back"


class SettingsError(NexusError):
    """The settings or the city file cannot be used; raised while starting."""

    slug = "settings"
    title = "The settings cannot be used"


class FolderBusy(SettingsError):
    """Another process already serves this data folder."""

    slug = "folder-busy"
    title = "This folder is already in use"
