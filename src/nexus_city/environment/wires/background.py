"""An event loop on a thread of its own, for libraries that are asynchronous: the frame clock must not wait for them."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any


class Background:
    """Runs coroutines beside the frame clock until it is closed."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"nexus-{name}", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Begin `work`; nobody waits for it."""
        self._loop.call_soon_threadsafe(self._begin, work)

    def close(self, last: Coroutine[Any, Any, Any] | None = None, patience_s: float = 3.0) -> None:
        """Cancel what runs, do `last` (a goodbye) for at most `patience_s`, and end."""
        ending = asyncio.run_coroutine_threadsafe(self._end(last, patience_s), self._loop)
        with contextlib.suppress(Exception):  # a goodbye that fails is no reason to stay
            ending.result(patience_s + 2)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(patience_s)
        if not self._thread.is_alive():
            self._loop.close()

    def _begin(self, work: Coroutine[Any, Any, Any]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self, last: Coroutine[Any, Any, Any] | None, patience_s: float) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if last is not None:
            await asyncio.wait_for(last, patience_s)
