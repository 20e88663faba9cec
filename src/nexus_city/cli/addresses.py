"""The addresses that a command prints: of the city, of a wall, of a place to tell, and of the first architect."""

import io
import socket

import segno


def print_addresses(url: str, root: str, place: str) -> None:
    """Print where the city, the wall of `root` and the page of `place` are, with a code that a phone reads."""
    outside = reachable(url)
    feel = f"{outside}/p/{place}/feel"
    drawn = io.StringIO()
    segno.make(feel, micro=False).terminal(drawn, compact=True, border=1)
    print(drawn.getvalue())
    print(f"  The city                       {outside}/")
    print(f"  A wall                         {outside}/wall/{root}")
    print(f"  Tell a place how you feel      {feel}   (the code above)", flush=True)


def print_invitation(url: str, code: str | None) -> None:
    """Print where and how one becomes the architect of a city that has none yet."""
    if code:
        print(f"  Become the first architect at {url}/sign-in with the setup code {code}\n", flush=True)


def reachable(url: str) -> str:
    """Return the address that a phone in the same network reaches; nothing is sent to find it out."""
    if "//0.0.0.0:" not in url:
        return url
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address: UDP connect only chooses a route
            host = probe.getsockname()[0]
        except OSError:
            host = "127.0.0.1"
    return url.replace("0.0.0.0", host)  # noqa: S104 - read, not bound


def local(url: str) -> str:
    """Return the address that this machine reaches."""
    return url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - read, not bound
