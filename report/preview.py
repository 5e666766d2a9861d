"""`aereport preview`: a local page that shows the document and follows its templates while they are edited.

The document is what `render` would write, in a frame; the page around it is told of a new one by server-sent events,
loads it behind the old one, and shows errors in templates above the last whole document. Bundle, verdicts and figures
are read once. Only this machine can request the page, and only under its own names.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlunsplit

from experiments.bundle import Bundle
from experiments.files import lock
from experiments.machine import Lacks
from report import steps, words
from report.archive import opened
from report.guard import Ended
from report.lint import lint
from report.page import RenderError
from report.render import to_html
from report.templates import TEMPLATES, environment

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

HOST = "127.0.0.1"
NAMES = [HOST, "localhost"]  # other names are refused: a foreign page could point its name here (DNS rebinding)
NEEDED = ("starlette", "uvicorn", "watchfiles")
PAUSE = 30  # milliseconds without a change before templates are read, as editors save in several steps
LOOK = 500  # milliseconds between two checks whether the folder of templates is still the same
BEAT = 0.03  # seconds between two checks whether there is a new document
AROUND = {  # the page around the document: file and type by path
    "/": ("preview.html", "text/html"),
    "/preview.css": ("preview.css", "text/css"),
    "/preview.js": ("preview.js", "text/javascript"),
}
POLICY = "; ".join(
    [f"{name} 'none'" for name in ("default-src", "base-uri", "form-action", "frame-ancestors")]
    + ["img-src data:"]  # the empty icon
    + [f"{name} 'self'" for name in ("style-src", "script-src", "connect-src", "frame-src")]
)


class Document:
    """The document of a run, which `make` renders again.

    Attributes:
        html: the last whole one; empty before there is any.
        error: what is wrong with the templates now, with file and line, or "".
        findings: lines of the lint.
        version: grows whenever one of these may have changed.
        whole: the version in which `html` was made.
    """

    def __init__(self, run: Path, templates: Path | None) -> None:
        bundle = Bundle.load(run / "bundle")
        with lock(run):
            content = steps.figures(run, bundle, lambda _: None)
        self.templates = templates or TEMPLATES
        self.html, self.error, self.findings = "", "", list[str]()
        self.version = self.whole = 0
        self._make = partial(to_html, content, self.templates)
        self.make()

    def make(self, others: bool = True) -> None:
        """Render; if that fails, the last whole document stays.

        Args:
            others: whether files were added or removed, so that a template may now come from another folder.
        """
        if others:
            environment.cache_clear()
        try:
            self.html, self.error, self.whole = self._make(), "", self.version + 1
        except (RenderError, OSError) as error:  # until the template is repaired
            self.error = str(error)
        self.version += 1
        before = self.findings
        with suppress(OSError):  # the folder is gone, as `error` says
            self.findings = lint(self.templates)
        self.version += self.findings != before

    def state(self) -> str:
        return json.dumps(
            {"version": self.version, "whole": self.whole, "error": self.error, "findings": self.findings}
        )


def preview(path: Path, templates: Path | None = None, port: int = 0, say: Callable[[str], None] = print) -> None:
    """Serve the document of a run, or of a bundle.zip, until the user stops it.

    Args:
        templates: the user's folder; the installed templates if None.
        port: 0 takes any that is free.
        say: is told the address.

    Raises:
        Lacks: a package of the extra `preview` is not installed.
        ValueError: no run, the port is taken, or `templates` is no folder.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise Lacks(
            f"preview needs {words.listing(missing)}: in the source folder pip install '.[preview]' -c constraints.txt"
        )
    if templates and not templates.is_dir():
        raise ValueError(f"{templates}: no folder; `aereport eject {templates}` writes our templates there")
    with opened(path) as run:
        document = Document(run, templates)
        with _socket(port) as listening:
            say(f"{address(listening)} shows {path} and follows {document.templates}; Ctrl-C ends it")
            if document.error:
                say(document.error)
            try:
                server(document).run(sockets=[listening])
            except KeyboardInterrupt as stop:
                if isinstance(stop, Ended):  # by another signal than Ctrl-C
                    raise


def _socket(port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ValueError(f"port {port}: must be 1 to 65535, or 0 for any free one")
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise ValueError(f"port {port}: {os.strerror(error.errno or 0)}; choose another") from None


def address(listening: socket.socket) -> str:
    return urlunsplit(("http", f"{HOST}:{listening.getsockname()[1]}", "/", "", ""))


def server(document: Document) -> "uvicorn.Server":
    """A server for a document, to be run on a socket; it ends once `should_exit` is set."""
    import uvicorn

    made: uvicorn.Server
    site = application(document, lambda: made.should_exit)
    made = uvicorn.Server(uvicorn.Config(site, log_level="critical", lifespan="on", ws="none", server_header=False))
    return made


def application(document: Document, stopping: Callable[[], bool]) -> "Starlette":
    """The page, the document in it, and the events that announce a new one."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, Response, StreamingResponse
    from starlette.routing import Route

    common = {
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }

    async def around(request: Request) -> Response:
        name, kind = AROUND[request.url.path]
        content = (TEMPLATES / name).read_bytes()
        return Response(content, media_type=kind, headers=common | {"Content-Security-Policy": POLICY})

    async def shown(request: Request) -> Response:
        return HTMLResponse(document.html, headers=common | {"Content-Security-Policy": "frame-ancestors 'self'"})

    async def events(request: Request) -> Response:
        return StreamingResponse(_states(document, stopping), media_type="text/event-stream", headers=common)

    @asynccontextmanager
    async def following(site: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_follow(document))
        yield
        task.cancel()

    routes = [*(Route(path, around) for path in AROUND), Route("/document", shown), Route("/events", events)]
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=NAMES, www_redirect=False)
    return Starlette(routes=routes, middleware=[hosts], lifespan=following)


async def _states(document: Document, stopping: Callable[[], bool]) -> AsyncIterator[str]:
    """An event for the current document, and one for each new version."""
    told = -1
    while not stopping():
        if document.version != told:
            told = document.version
            yield f"data: {document.state()}\n\n"
        await asyncio.sleep(BEAT)


async def _follow(document: Document) -> None:
    """Render again whenever a template changes, and if their folder is removed or put back."""
    from watchfiles import Change, awatch

    folders, gone, polling = {TEMPLATES, document.templates}, False, None
    while True:
        try:
            with _held(document.templates) as watched:
                async for changes in awatch(
                    *folders, step=PAUSE, rust_timeout=LOOK, yield_on_timeout=True, force_polling=polling
                ):
                    others = gone or any(change is not Change.modified for change, _ in changes)
                    if changes or gone:
                        await asyncio.to_thread(document.make, others)
                    gone = False
                    if document.templates.stat().st_ino != watched:
                        break  # it is another folder now, and has to be watched anew
        except FileNotFoundError:
            pass
        except (OSError, RuntimeError):  # by watchfiles: other programs watch as much as the system lets a user watch
            polling = True
        if not gone:
            await asyncio.to_thread(document.make)
        gone = True
        await asyncio.sleep(LOOK / 1000)


@contextmanager
def _held(folder: Path) -> Iterator[int]:
    """The number of a folder's inode, which meanwhile no other folder gets: not one in its place after its removal."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield os.fstat(descriptor).st_ino
    finally:
        os.close(descriptor)
