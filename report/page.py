"""The functions that templates call: `num`, `claim`, `figure`, `table`, and `ref`, which links to what is shown."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from experiments.legible import closest
from report.document import Content
from report.embed import link
from report.numbers import Number
from report.tabular import Tabular
from report.verdicts import ClaimWords

Caller = Callable[[], Markup]
SHORT = 24  # rows of a table that has to stay on one page
CITED = re.compile(r'href="#ref-([^"]+)"')
HEADING = re.compile(r'<h([23]) id="([^"]+)"[^>]*>(.*?)</h\1>', re.DOTALL)
CALL = "{0}({1!r}) has no caption: write {{% call {0}({1!r}, …) %}} caption {{% endcall %}}"
LOADED = re.compile(r"""<img\s[^>]*?\b(src\s*+=\s*+["']?+(?!data:)([^"'\s>]*))""", re.IGNORECASE)
ID, LINKED = re.compile(r'\sid="([^"]+)"'), re.compile(r'\shref="#([^"]+)"')


class RenderError(ValueError):
    """A template asks for something that does not exist, or omits something that has to be shown."""


@dataclass(frozen=True)
class Entry:
    """A numbered figure or table, or a heading, whose `number` is its level."""

    id: str
    title: str
    number: int


@dataclass
class Outline:
    """What a document shows, in order: filled by the first pass over the templates, printed by the second."""

    figures: list[Entry] = field(default_factory=list)
    tables: list[Entry] = field(default_factory=list)
    headings: list[Entry] = field(default_factory=list)
    cited: set[str] = field(default_factory=set)  # sources
    whole: bool = False  # whether a pass has come to its end

    def read(self, html: str) -> None:
        """Collect headings and cited sources from the HTML of a whole pass."""
        self.whole = True
        self.cited = set(CITED.findall(html))
        self.headings = [Entry(id, Markup(title).striptags(), int(level)) for level, id, title in HEADING.findall(html)]


class Page:
    """One pass over the templates.

    Attributes:
        known: the outline of the pass before, empty in the first.
        outline: what this pass has shown so far.
    """

    def __init__(
        self, numbers: Callable[[str], Number], content: Content, known: Outline, sizes: Mapping[str, tuple[int, int]]
    ) -> None:
        self._look_up, self._left_out = numbers, content.left_out
        self._claims = {name: ClaimWords(judgement) for name, judgement in content.judgements.items()}
        self._figures, self._tables, self._sizes = content.figures, content.tables, sizes
        self._tabular = Tabular(self._number, self.claim)
        self.known, self.outline = known, Outline()

    def num(self, key: str, bare: bool = False) -> Markup:
        """The number under a key, bound to it; `bare` leaves out its unit.

        Raises:
            RenderError: no run measures the key, or `bare` is no yes or no.
        """
        if not isinstance(bare, bool):
            raise RenderError(f"num({key!r}, {bare!r}): its digits follow its error; bare=True leaves out its unit")
        return self._number(key).printed(bare)

    def claim(self, name: str) -> ClaimWords:
        """A judgement: its verdict as booleans, its numbers as bound text."""
        _check_known("claim", name, self._claims)
        return self._claims[name]

    def claims(self) -> list[ClaimWords]:
        """All judgements, in order."""
        return list(self._claims.values())

    def figure(self, name: str, title: str, caller: Caller | None = None) -> Markup:
        """A numbered figure; the caller's text is its caption.

        Raises:
            RenderError: the figure is unknown, was shown before, or has no caption.
        """
        if caller is None:
            raise RenderError(CALL.format("figure", name))
        _check_known("figure", name, self._figures)
        entry = self._enter(self.outline.figures, "figure", name, title)
        figure, (width, height) = self._figures[name], self._sizes[name]
        return Markup(
            '<figure id="fig-{name}" class="{shape}"><img src="{source}" alt="{alt}" width="{width}" height="{height}">'
            '<figcaption><b class="label" data-fixed="number of a figure">Figure {n}.</b> <b>{title}.</b> {caption}'
            '<details class="source"><summary>Source</summary>Drawn from {arrays}. '
            "<code>aereport figures RUN</code> draws it again when these have changed.</details></figcaption></figure>"
        ).format(
            name=name, shape="wide" if width > 1.2 * height else "tall", source=link(figure.path), alt=figure.alt,
            width=width, height=height, n=entry.number, title=title, caption=caller(),
            arrays=Markup(", ").join(Markup("<code>{}</code>").format(key) for key in figure.keys),
        )  # fmt: skip

    def table(self, name: str, title: str, caller: Caller | None = None) -> Markup:
        """A numbered table; the caller's text is its caption.

        Raises:
            RenderError: the table is unknown, was shown before, has no caption, or rows that do not fit its head.
        """
        if caller is None:
            raise RenderError(CALL.format("table", name))
        _check_known("table", name, self._tables)
        entry = self._enter(self.outline.tables, "table", name, title)
        table = self._tables[name]
        try:
            rows, head = self._tabular.body(table), self._tabular.head(table)
        except ValueError as error:
            raise RenderError(f"table {name!r}: {error}") from None
        return Markup(
            '<div class="table{short}" id="tab-{name}"><p class="caption"><span id="cap-{name}">'
            '<b class="label" data-fixed="number of a table">Table {n}.</b> <b>{title}.</b></span> {caption}</p>'
            '<div class="scroll"><table aria-labelledby="cap-{name}"><thead><tr>{head}</tr></thead>'
            "<tbody>{rows}</tbody></table></div></div>"
        ).format(
            name=name, n=entry.number, title=title, caption=caller(), head=head, rows=rows,
            short=" short" if len(table.rows) <= SHORT else "",
        )  # fmt: skip

    def ref(self, name: str) -> Markup:
        """A link to a figure or a table: "Figure 3".

        Raises:
            RenderError: there is no such figure or table, or it is not shown.
        """
        for word, prefix, entries in (("Figure", "fig", self.known.figures), ("Table", "tab", self.known.tables)):
            for entry in entries:
                if entry.id == name:
                    return Markup('<a class="ref" href="#{}-{}" data-fixed="number of a {}">{}&nbsp;{}</a>').format(
                        prefix, name, word.lower(), word, entry.number
                    )
        if name not in self._figures and name not in self._tables:
            meant = closest(name, (*self._figures, *self._tables))
            raise RenderError(f"ref({name!r}): no figure or table has this name{meant}")
        if self.known.whole:
            raise RenderError(f"ref({name!r}): the document does not show it")
        return Markup("")  # in the first pass it has no number yet

    def check_links(self, html: str, typed: Callable[[str], str]) -> None:
        """Raise RenderError for an id that occurs twice, for a link to an id that does not exist, and for a picture
        that the page would have to load.

        Args:
            typed: says where in the templates a text stands, as `report.templates.typed`.
        """
        ids, own = Counter(ID.findall(html)), {link(figure.path) for figure in self._figures.values()}
        if twice := [name for name, count in ids.items() if count > 1]:
            where = typed(f'id="{twice[0]}"')
            raise RenderError(f"{where}the id {twice[0]!r} stands {ids[twice[0]]} times in the document; take another")
        if lost := [name for name in dict.fromkeys(LINKED.findall(html)) if name not in ids]:
            where, meant = typed(f'href="#{lost[0]}"'), closest(lost[0], ids)
            raise RenderError(f"{where}a link leads to #{lost[0]}, and nothing in the document has this id{meant}")
        if loaded := next((found for found in LOADED.finditer(html) if found[2] not in own), None):
            where = typed(loaded[1])
            raise RenderError(
                f"{where}the picture {loaded[2]!r}: a page loads none; it shows figures and the setting logo"
            )

    def check_all_shown(self) -> None:
        """Raise RenderError for figures or tables that are not shown although others of their Part are."""
        shown = {entry.id for entry in (*self.outline.figures, *self.outline.tables)}
        there = shown | self._left_out(shown)
        missing = [name for name in (*self._figures, *self._tables) if name not in there]
        if missing:
            raise RenderError(f"made and not shown: {', '.join(missing)}; show each exactly once")

    def _enter(self, entries: list[Entry], kind: str, name: str, title: str) -> Entry:
        if any(entry.id == name for entry in entries):
            raise RenderError(f"{kind} {name!r} is shown twice")
        entries.append(Entry(name, title, len(entries) + 1))
        return entries[-1]

    def _number(self, key: str) -> Number:
        try:
            return self._look_up(key)
        except (KeyError, ValueError) as error:
            raise RenderError(f"num({key!r}): {error.args[0]}") from None


def _check_known(kind: str, name: str, known: Collection[str]) -> None:
    """Raise RenderError for an unknown name, with the one that may be meant, and all that there are."""
    if name not in known:
        there = ", ".join(known) or "none"
        raise RenderError(f"unknown {kind} {name!r}{closest(name, known)}: there are {there}")
