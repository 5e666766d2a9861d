"""What tests of the explorer share: what is packed, unpacked again, and its parts in a browser."""

import base64
import io
import json
from typing import Any

import numpy as np
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Locator, Page

from experiments.bundle import Bundle
from report.explore import FINEST, explorer

Packed = dict[str, Any]


def packed(bundle: Bundle) -> Packed:
    found: Packed = json.loads(explorer(bundle).json)
    return found


def places(text: str) -> np.ndarray:
    """Places (n, 2) in [0, 1], the second from top to bottom."""
    word = np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, 3).astype(int) @ [1, 256, 65536]
    return np.stack([word & FINEST, word >> 12], axis=1) / FINEST


def tiles(text: str) -> np.ndarray:
    """Tiles (rows, columns, 32, 32, 3) of a sheet."""
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))
    return sheet.reshape(len(sheet) // 32, 32, -1, 32, 3).swapaxes(1, 2)


def ready(page: Page, name: str) -> Locator:
    """The explorer of a figure, built."""
    page.locator(f"#fig-{name}").evaluate("figure => figure.scrollIntoView({behavior: 'instant'})")
    box = page.locator(f"#fig-{name} .explore")
    box.and_(page.locator("[data-ready]")).wait_for()
    return box


def picture(canvas: Locator) -> str:
    """What is drawn on a canvas, after the frame that is due."""
    drawn = "setTimeout(() => done(c.toDataURL()))"
    return str(canvas.evaluate(f"c => new Promise(done => requestAnimationFrame(() => {drawn}))"))


def points(bundle: Bundle, *pictures: str) -> list[int]:
    """The points whose images these are, given as data: URIs."""
    every = tiles(packed(bundle)["maps"]["sheet"]).reshape(-1, 32, 32, 3).astype(int)
    found = [Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB") for uri in pictures]
    return [int(np.abs(every - np.asarray(image)).mean((1, 2, 3)).argmin()) for image in found]


def picked(box: Locator, bundle: Bundle) -> int:
    """The point whose image is shown as the picked one."""
    return points(bundle, picture(box.locator(".chosen canvas")))[0]


def violations(page: Page, within: str | list[str] | None = None, **rules: Any) -> list[str]:
    """What keeps readers out of a page, or out of parts of it; of what is well nothing is listed, which takes long."""
    found = Axe().run(page, context=within, options={"resultTypes": ["violations"], **rules})
    return [item["id"] for item in found.response["violations"]]


def thinned(page: Page) -> Page:
    """A page without the rows and items that are made of the same elements and classes as others of their table."""
    page.evaluate("""() => {
      const shape = part => `${part.localName}.${[...part.classList].sort()}(${[...part.children].map(shape)})`;
      for (const rows of document.querySelectorAll("main :is(tbody, ol, ul)")) {
        const seen = new Set();
        for (const row of [...rows.children]) seen.has(shape(row)) ? row.remove() : seen.add(shape(row));
      }
    }""")
    return page


def coloured(page: Page) -> Page:
    """A page without those texts that have the elements, classes and names of attributes of others all the way up, and
    so their colours; what moves is left as it is."""
    page.evaluate("""() => {
      const names = part => `${part.localName}.${[...part.classList].sort()} ${part.getAttributeNames().sort()}`;
      const path = part => part.localName === "main" ? "" : `${path(part.parentElement)}/${names(part)}`;
      const seen = new Set();
      for (const part of [...document.querySelectorAll("main *")].reverse())
        if (!part.childElementCount && !part.closest(".explore")) {
          const own = path(part);
          seen.has(own) ? part.remove() : seen.add(own);
        }
    }""")
    return page
