"""Visitors of the guest book without a browser: they sign it, and remember what was accepted."""

from __future__ import annotations

import dataclasses
import http.client
import itertools
import re
import threading
import time
import urllib.parse
from collections.abc import Generator
from contextlib import contextmanager

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclasses.dataclass
class Visitor:
    """One visitor at ``host:port``, with a cookie, who calls the site by a *name* of its own."""

    host: str
    port: int
    timeout: float = 10.0
    name: str = ''
    _cookie: str = ''
    _token: str = ''

    def request(self, method: str, path: str, body: str = '') -> tuple[int, str]:
        """Return status and body; 0 where nobody answered."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        headers = {'Host': self.name} if self.name else {}
        if self._cookie:
            headers['Cookie'] = self._cookie
        if body:
            headers['Content-Type'] = 'application/x-www-form-urlencoded'
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ''
        finally:
            connection.close()
        if cookie := response.getheader('Set-Cookie'):
            self._cookie = cookie.partition(';')[0]
        return response.status, text

    def read(self) -> tuple[int, str]:
        """Return status and text of the page."""
        status, text = self.request('GET', '/')
        if found := _TOKEN.search(text):
            self._token = found[1]
        return status, text

    def sign(self, who: str, what: str) -> bool:
        """Sign the book, and tell whether that was answered with success."""
        if not self._token and self.read()[0] != 200:
            return False
        form = {'csrfmiddlewaretoken': self._token, 'who': who, 'what': what}
        return self.request('POST', '/', urllib.parse.urlencode(form))[0] == 302


@dataclasses.dataclass
class Crowd:
    """What many visitors did.

    Attributes:
        accepted: Each entry that was answered with success.
        writes: When: seconds of :func:`time.monotonic`.
        reads: When a page was shown.
        refused: How many writes were not answered with success.
    """

    accepted: list[str] = dataclasses.field(default_factory=list[str])
    writes: list[float] = dataclasses.field(default_factory=list[float])
    reads: list[float] = dataclasses.field(default_factory=list[float])
    refused: int = 0


def gap(times: list[float]) -> float:
    """Return the longest time without one, in seconds."""
    ordered = sorted(times)
    return max((after - before for before, after in itertools.pairwise(ordered)), default=0.0)


@contextmanager
def crowd(host: str, port: int, name: str, *, writers: int, readers: int = 2) -> Generator[Crowd]:
    """Let visitors come and go until the block ends."""
    seen, lock, ended = Crowd(), threading.Lock(), threading.Event()

    def write(number: int) -> None:
        visitor, count = Visitor(host, port), 0
        while not ended.is_set():
            count += 1
            entry = f'{name}-{number}-{count}'
            is_accepted = visitor.sign(f'writer {number}', entry)
            with lock:
                if is_accepted:
                    seen.accepted.append(entry)
                    seen.writes.append(time.monotonic())
                else:
                    seen.refused += 1
            ended.wait(0.1)

    def read() -> None:
        visitor = Visitor(host, port)
        while not ended.is_set():
            if visitor.read()[0] == 200:
                with lock:
                    seen.reads.append(time.monotonic())
            ended.wait(0.1)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    threads += [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join()
