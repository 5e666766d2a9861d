"""What a screen reader is told of small documents: what belongs together, what is a note, and what is no text."""

from pathlib import Path

import pytest

from tests.structure import PAGE, Structure, made

Tree = list[object]


def told(structure: Structure) -> Tree:
    """The tree of all before the end."""
    return structure.document.tree()[1:-1]


def left(structure: Structure) -> list[tuple[int, str, str, str]]:
    """What is no text of the document: its page, its type and what it is of that, and what it says."""
    found = ((mark.page, mark.properties, mark.text.strip()) for mark in structure.artifacts if mark.text)
    return [(page, what.get("Type", ""), what.get("Subtype", ""), text) for page, what, text in found]


OVER, MANY = "@a link over lines", "@a link over many lines"
LINKS: list[tuple[str, Tree]] = [
    ("See <a href='#x'>a link</a>.", ["See ", ["Link", "@a link", "a link"], "."]),
    (
        "See <a href='#x'>a link over lines</a>.",
        ["See ", ["Link", OVER, "a link ", OVER, "over lines"], "."],
    ),
    (
        "See <a href='#x'><b>a</b> <i>l<code>in</code>k</i></a>.",
        ["See ", ["Link", "@a link", "a link"], "."],
    ),
    (
        "See <a href='#x'><b>a</b> link <i>over</i> <b>lines</b></a>.",
        ["See ", ["Link", OVER, "a link ", OVER, "over lines"], "."],
    ),
    ("<a href='#x'>One</a> <a href='#x'>two</a>", [["Link", "@One", "One"], " ", ["Link", "@two", "two"]]),
    ("See <a class=ref href='#x'>it</a>.", ["See ", ["Link", "@it", "it on 1"], "."]),
    ("See <a href='#x' style='visibility: hidden'>a <b>link</b></a>.", ["See ."]),
]


def test_a_link_is_one_with_an_annotation_a_line_that_says_its_words(tmp_path: Path) -> None:
    """Whatever is in it; one that is not seen is none."""
    style = f"{PAGE} @page {{ size: 80mm 297mm }}"
    structure = made("".join(f"<p class=narrow>{body}</p>" for body, _ in LINKS), tmp_path, style)
    assert told(structure) == [["P", *tree] for _, tree in LINKS]
    links = structure.document.every("Link")
    assert {note: link.number for link in links for note in link.annotations} == structure.annotations


def test_a_link_goes_on_with_the_next_page(tmp_path: Path) -> None:
    structure = made("<p class='narrow low'>See <a href='#x'>two pages</a>.</p>", tmp_path)
    assert told(structure) == [["P", "See ", ["Link", "@two pages", "two ", "@two pages", "\fpages"], "."]]
    assert [note.page for note in structure.annotations] == [1, 2]


TORN: dict[str, tuple[str, Tree]] = {
    "paragraph": ("<p class='narrow low'>One two three four five.</p>", ["P", "One two \f three four five."]),
    "emphasis": ("<p class='narrow low'>One <i>two three four</i> five.</p>", ["P", "One two \f three four five."]),
    "box": (
        "<section><h2>Head</h2><div><p class=next>One</p><p>Two</p></div></section>",
        ["Sect", ["H2", "Head"], ["Div", ["P", "One"], ["P", "Two"]]],
    ),
    "list": (
        "<ul><li>One</li><li class=next>Two</li><li>Three</li></ul>",
        ["L", *(["LI", ["Lbl", "• "], ["LBody", word]] for word in ("One", "Two", "Three"))],
    ),
    "item": (
        "<ul class=bare><li class='narrow low'>One two three four</li><li>Five</li></ul>",
        ["L", ["LI", ["LBody", "One two \f three four"]], ["LI", ["LBody", "Five"]]],
    ),
    "terms": (
        "<dl><div class=next><dt>One</dt><dd>1</dd></div><div><dt>Two</dt><dd>2</dd></div></dl>",
        ["L", ["LI", ["Lbl", "One"], ["LBody", "1"]], ["LI", ["Lbl", "Two"], ["LBody", "2"]]],
    ),
    "contents": (
        "<nav><ol><li class=next><a href='#x'>One</a></li><li><a href='#x'>Two</a></li></ol></nav>",
        ["TOC", *(["TOCI", ["Reference", ["Link", f"@{word}", word]]] for word in ("One", "Two"))],
    ),
}


@pytest.mark.parametrize(("body", "tree"), TORN.values(), ids=TORN)
def test_what_a_page_tears_apart_is_one(tmp_path: Path, body: str, tree: Tree) -> None:
    structure = made(body, tmp_path)
    assert told(structure) == [tree]
    assert {page for page, _ in structure.marks} == {1, 2}


def test_a_paragraph_goes_on_over_several_pages(tmp_path: Path) -> None:
    kind, text = made(f"<p>{'One two three. ' * 80}</p>", tmp_path).document.tree()[1]
    assert kind == "P"
    assert text.count("\f") > 1
    assert text.replace(" \f", "") == "One two three. " * 80


ROW = "<tr{}><th scope=row>Row</th><td>{}</td></tr>"
TABLE = f"""<table><caption>Some</caption><thead><tr><th scope=col>Name</th><th scope=col>Words</th></tr></thead>
<tbody>{ROW.format(" class=next", "One")}{ROW.format("", "Two")}{ROW.format("", "<p>Three</p>" * 9)}</tbody></table>"""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Structure:
    """On three pages, the last two of which tear a row apart."""
    return made(TABLE, tmp_path_factory.mktemp("run"))


def test_a_table_is_one_and_its_head_is_read_once(table: Structure) -> None:
    rows = (["One"], ["Two"], [["P", "Three"]] * 9)
    assert told(table) == [
        [
            "Table",
            ["Caption", "Some"],
            ["THead", ["TR", ["TH", "Name"], ["TH", "Words"]]],
            ["TBody", *(["TR", ["TH", "Row"], ["TD", *row]] for row in rows)],
        ]
    ]
    heads = [(page, "/Pagination", "", text) for page in (2, 3) for text in ("Name", "Words")]
    assert left(table) == heads


def test_cells_find_their_heads(table: Structure) -> None:
    heads = {of.number: of for of in table.document.every("TH")}
    assert [of.attributes["Scope"] for of in heads.values()] == ["/Column", "/Column", "/Row", "/Row", "/Row"]
    names = {name: heads[number] for name, number in table.ids}
    assert list(names) == sorted(of.attributes["ID"] for of in heads.values())
    column, *rows = list(heads.values())[1:]
    found = [[names[name] for name in cell.attributes["Headers"]] for cell in table.document.every("TD")]
    assert found == [[row, column] for row in rows]


def test_terms_have_what_they_mean(tmp_path: Path) -> None:
    one, two = "<dt>One</dt><dd>1</dd>", "<dt>Two</dt><dd>2</dd><dd>II</dd>"
    structure = made(f"<dl>{one}{two}</dl><dl><div>{one}</div><div>{two}</div></dl>", tmp_path)
    items = [["LI", ["Lbl", "One"], ["LBody", "1"]], ["LI", ["Lbl", "Two"], ["LBody", "2"], ["LBody", "II"]]]
    assert told(structure) == [["L", *items]] * 2


def test_contents_lead_to_pages(tmp_path: Path) -> None:
    style = "nav a::after { content: leader('.') target-counter(attr(href), page) } .number { display: inline-block }"
    inner = "<ol><li><a href='#x'><span class=number>1</span> Two</a></li></ol>"
    body = f"<nav><h2>Contents</h2><ol><li><a href='#x'>One</a>{inner}</li></ol></nav>"
    structure = made(body, tmp_path, f"{PAGE}{style}")
    within = ["TOC", ["TOCI", ["Reference", ["Link", "@1 Two", "1 Two 1"]]]]
    contents = ["TOC", ["TOCI", ["Reference", ["Link", "@One", "One 1"]], within]]
    assert told(structure) == [["H2", "Contents"], contents]
    assert set(left(structure)) == {(1, "/Layout", "", ".")}


CALL, NOTE, NOTED = ["Reference", "1"], "<span class=note>A remark.</span>", ["Note", ["Lbl", "1. "], "A remark."]
NOTES: dict[str, tuple[str, Tree]] = {
    "paragraph": (f"<p>One{NOTE} two.</p>", ["P", "One", CALL, " two.", NOTED]),
    "element": (f"<p>One <i>two{NOTE}</i> three.</p>", ["P", "One two", CALL, " three.", NOTED]),
    "item": (f"<ul class=bare><li>One{NOTE} two</li></ul>", ["L", ["LI", ["LBody", "One", CALL, " two", NOTED]]]),
    "meaning": (f"<dl><dt>One<dd>Two{NOTE}</dl>", ["L", ["LI", ["Lbl", "One"], ["LBody", "Two", CALL, NOTED]]]),
    "next page": (
        f"<p class=narrow style='padding-top: 30mm'>One{NOTE} two three four</p>",
        ["P", "One", CALL, " two \f three four", NOTED],
    ),
}


@pytest.mark.parametrize(("body", "tree"), NOTES.values(), ids=NOTES)
def test_a_footnote_is_read_behind_what_refers_to_it(tmp_path: Path, body: str, tree: Tree) -> None:
    structure = made(f"{body}<p>Three</p>", tmp_path)
    assert told(structure) == [tree, ["P", "Three"]]
    (note,) = structure.document.every("Note")
    assert structure.ids == [(note.attributes["ID"], note.number)]


def test_footnotes_have_names_of_their_own(tmp_path: Path) -> None:
    """More than ten, as names are in the order of their letters."""
    structure = made(f"<p>One{NOTE}</p>" * 11, tmp_path)
    notes = {of.attributes["ID"]: of.number for of in structure.document.every("Note")}
    assert (structure.ids, len(notes)) == (sorted(notes.items()), 11)
    read = [[of.read() for of in text.every("Note", "Lbl")] for text in structure.document.every("P")]
    assert read[:-1] == [[f"{n}. A remark.", f"{n}."] for n in range(1, 12)]


def test_what_every_page_has_is_not_read(tmp_path: Path) -> None:
    style = '@page { @top-left { content: "Head" string(of) } @bottom-right { content: element(foot) counter(page) } }'
    style += "p { string-set: of content() } .foot { position: running(foot) }"
    structure = made("<div class=foot><b>Foot</b></div><p class=next>One</p>", tmp_path, f"{PAGE}{style}")
    assert told(structure) == [["P", "One"]]
    heads = {(page, "/Pagination", "/Header", text) for page, text in ((1, "HeadOne"), (2, "HeadEnd"))}
    feet = {(page, "/Pagination", "/Footer", text) for page in (1, 2) for text in ("Foot", str(page))}
    assert set(left(structure)) == heads | feet


LINKED_HEAD = "<thead><tr><th scope=col><a href='#x'>One</a></th></tr></thead>"
MORE: dict[str, tuple[str, Tree]] = {
    "a link in an element, over two lines": (
        "<p class=narrow><i>See <a href='#x'>a link over lines</a>.</i></p>",
        ["P", "See ", ["Link", OVER, "a link ", OVER, "over lines"], "."],
    ),
    "a link over two lines of the next page": (
        "<p class='narrow low'>See <a href='#x'>a link over many lines</a>.</p>",
        ["P", "See ", ["Link", MANY, "a link ", MANY, "\fover many ", MANY, "lines"], "."],
    ),
    "a link in a head that is printed again": (
        f"<table>{LINKED_HEAD}<tbody><tr class=next><td>1</td></tr><tr><td>2</td></tr></tbody></table>",
        [
            "Table",
            ["THead", ["TR", ["TH", ["Link", "@One", "One", "@One"]]]],
            ["TBody", ["TR", ["TD", "1"]], ["TR", ["TD", "2"]]],
        ],
    ),
    "paragraphs of an item": (
        "<ul><li><p>One</p><p>Two</p></li></ul>",
        ["L", ["LI", ["Lbl", "• "], ["LBody", ["P", "One"], ["P", "Two"]]]],
    ),
    "a list in an item, torn": (
        "<ul><li>One<ul class=bare><li class=next>Two</li><li>Three</li></ul></li></ul>",
        ["L", ["LI", ["Lbl", "• "], ["LBody", "One", ["L", ["LI", ["LBody", "Two"]], ["LI", ["LBody", "Three"]]]]]],
    ),
    "a line that ends early": ("<p>One<br>two</p>", ["P", "One two"]),
    "a soft hyphen": ("<p>Soft&shy;ly</p>", ["P", "Softly"]),
    "an empty paragraph": ("<div><p></p><p>One</p></div>", ["Div", ["P", "One"]]),
    "a note in a heading": (
        "<h2>One<span class=note>Two</span></h2>",
        ["H2", "One", ["Reference", "1"], ["Note", ["Lbl", "1. "], "Two"]],
    ),
}


@pytest.mark.parametrize(("body", "tree"), MORE.values(), ids=MORE)
def test_what_else_there_is(tmp_path: Path, body: str, tree: Tree) -> None:
    assert told(made(body, tmp_path)) == [tree]


def test_a_figure_says_what_it_shows_and_where_it_stands(tmp_path: Path) -> None:
    source = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
    style = "display: block; width: 20mm; height: 10mm"
    structure = made(f'<p class=next>Page</p><img alt="A curve" style="{style}" src="{source}">', tmp_path)
    (figure,) = structure.document.every("Figure")
    assert figure.attributes["Alt"] == "A curve"
    left, low, right, high = (float(place) * 25.4 / 72 for place in figure.attributes["BBox"])
    assert (right - left, high - low) == pytest.approx((20, 10), abs=0.01)
    assert high == pytest.approx(55, abs=0.01)  # from below, of 60 mm
