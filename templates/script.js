// The page works without this script; with it the numbers answer, tables sort, pictures open and files come out.
"use strict";
const root = document.documentElement;
root.dataset.script = "";

const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Light and dark
function theme() {
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const button = make("button", { type: "button", className: "theme" });
  const label = () => { button.textContent = dark() ? "Light mode" : "Dark mode"; };
  try { root.dataset.theme = /^(light|dark)$/.exec(localStorage.theme)?.[0] ?? ""; } catch { /* a browser that keeps nothing */ }
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.theme = root.dataset.theme; } catch { /* the same */ }
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
  (document.querySelector("nav") ?? document.querySelector("main")).prepend(button);
}

// The current section in the contents
function contents() {
  const links = new Map(all(".contents a").map((link) => [link.hash.slice(1), link]));
  const headings = [...links.keys()].map((id) => document.getElementById(id));
  const nav = document.querySelector("nav");
  if (!nav || !headings.length) return; // an author may do without
  let current = null;
  const mark = () => {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 72); // what a link scrolls to stands at 56
    const end = scrollY > 0 && scrollY + innerHeight >= root.scrollHeight - 2;
    const link = links.get((end ? headings : passed).at(-1)?.id ?? headings[0].id);
    if (link === current) return;
    current?.removeAttribute("aria-current");
    (current = link).setAttribute("aria-current", "true");
    if (getComputedStyle(nav).position === "sticky") nav.scrollTop = link.offsetTop - nav.clientHeight / 3;
  };
  let due = false;
  for (const type of ["scroll", "resize"]) addEventListener(type, () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; mark(); });
  }, { passive: true });
  mark();
}

// Files out of the page: tables as CSV, figures as they are or as PNG
function save(name, url) {
  make("a", { download: name, href: url }).click();
}

// A cell's text with its numbers at full precision, as programs read them and in the unit that is printed; without the
// sign of a verdict and without what folds out or stands below
function content(cell) {
  const copy = cell.cloneNode(true), tidy = () => copy.textContent.replace(/\s+/g, " ").replaceAll("\u2011", "-").trim();
  for (const part of all("details, svg, .verdict .sign, .fine", copy)) part.remove();
  const points = /(%|points?)$/.test(tidy());
  for (const number of all("data", copy)) {
    const share = points || / %$/.test(number.dataset.story?.split("\n")[0]);
    const value = share ? Number((100 * number.value).toPrecision(15)) : Number(number.value);
    number.textContent = [value, ...unit(number.textContent)].join(" ");
  }
  return tidy();
}

// A text with powers of ten as programs read them, "7.3e-5"
const plain = (text) => text.replace(/×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (_, power) => "e" + [...power].map((sign) => "-0123456789"["⁻⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(sign)]).join(""));

// What a number's text ends with, "dB"
const unit = (text) => plain(text).match(/[^\d\s.]+$/) ?? [];

// Places of a table's columns that hold words, and not drawings alone
function worded(table) {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]), count = table.rows[0]?.cells.length ?? 0;
  return [...Array(count).keys()].filter((n) => rows.some((row) => row.cells[n] && content(row.cells[n]) !== ""));
}

// The table as text behind a byte order mark, without which Excel takes "σ" for two other letters
function csv(table) {
  const text = (cell) => {
    const found = cell.querySelector(".missing") ? "" : content(cell);
    return /^[=+@-]/.test(found) && !cell.querySelector("data") ? `'${found}` : found; // no formula
  };
  const quote = (value) => /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const columns = worded(table);
  return "\ufeff" + all("tr", table).map((row) => columns.map((n) => row.cells[n] ? quote(text(row.cells[n])) : "").join(",")).join("\r\n") + "\r\n";
}

function png(image, name) {
  const scale = Math.max(1, 2000 / image.naturalWidth);
  const canvas = make("canvas", { width: image.naturalWidth * scale, height: image.naturalHeight * scale });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  save(name, canvas.toDataURL("image/png"));
}

function tools() {
  const button = (text, label, click) => {
    const made = make("button", { type: "button", textContent: text, ariaLabel: label });
    made.addEventListener("click", click);
    return made;
  };
  for (const figure of all("figure[id]")) {
    const image = figure.querySelector("img"), caption = figure.querySelector("figcaption");
    if (!image || !caption) continue; // an author's own
    figure.ariaLabel = all(":scope > b", caption).slice(0, 2).map((part) => part.textContent).join(" ");
    const name = figure.id.slice(4), bar = make("span", { className: "tools" });
    const svg = image.src.startsWith("data:image/svg");
    if (svg) bar.append(button("SVG", `Save figure ${name} as SVG`, () => save(`${name}.svg`, image.src)));
    bar.append(button("PNG", `Save figure ${name} as PNG`, () => svg ? png(image, `${name}.png`) : save(`${name}.png`, image.src)));
    caption.appendChild(make("span", { className: "foot" })).append(...all(".source", caption), bar);
  }
  for (const table of all("main table")) {
    const holder = table.closest("[id^=tab-]"), name = holder ? holder.id.slice(4) : table.className.replace(/plain|long/g, "").trim() || "table";
    const bar = make("span", { className: "tools" });
    bar.append(button("CSV", `Save table ${name} as CSV`, () =>
      save(`${name}.csv`, "data:text/csv;charset=utf-8," + encodeURIComponent(csv(table)))));
    if (holder) holder.querySelector(".caption").prepend(bar); else (table.closest(".scroll") ?? table).before(bar);
  }
}

// Click a column's head to sort by it: up, down, and as it was; numbers by their units first
function sorting() {
  const value = (cell) => {
    const text = content(cell), number = parseFloat(plain(text).replaceAll("−", "-").replace(/\s(?=\d{3})/g, ""));
    return isNaN(number) || cell.matches(".judged") ? text : { number, unit: unit(text).join().replace(/^points$/, "point") };
  };
  const rank = (item) => typeof item === "object" ? 0 : /^–?$/.test(item) ? 2 : 1; // what is missing comes last
  const compare = (a, b, sign) => rank(a) - rank(b) || (rank(a) ? sign * a.localeCompare(b) : a.unit.localeCompare(b.unit) || sign * (a.number - b.number));
  for (const table of all("main table")) {
    const first = [...(table.tBodies[0]?.rows ?? [])], columns = worded(table);
    for (const head of all("thead th", table).filter((head) => columns.includes(head.cellIndex))) {
      const button = make("button", { type: "button" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const order = { ascending: "descending", descending: null }[head.ariaSort];
        const next = order === undefined ? "ascending" : order, sign = next === "ascending" ? 1 : -1, rows = [...first];
        if (next) rows.sort((a, b) => compare(value(a.cells[head.cellIndex]), value(b.cells[head.cellIndex]), sign));
        table.tBodies[0].append(...rows);
        for (const other of all("th", table.tHead)) other.ariaSort = null;
        head.ariaSort = next;
      });
    }
  }
}

// A figure as large as the window
function lightbox() {
  const dialog = make("dialog", { className: "lightbox" }), image = make("img"), text = make("p");
  const close = make("button", { type: "button", textContent: "Close" }), size = make("button", { type: "button" });
  const controls = make("div", { className: "bar" });
  controls.append(size, close);
  dialog.append(controls, image, text);
  document.body.append(dialog);
  close.addEventListener("click", () => dialog.close());
  const inside = (edge, { clientX: x, clientY: y }) => x > edge.left && x < edge.right && y > edge.top && y < edge.bottom;
  dialog.addEventListener("click", (event) => { // beside it; a click from a key has no place
    if (event.target === dialog && event.detail && !inside(dialog.getBoundingClientRect(), event)) dialog.close();
  });
  const enlarge = (large) => {
    image.classList.toggle("large", large);
    size.textContent = large ? "Smaller" : "Larger";
  };
  for (const item of [image, size]) item.addEventListener("click", () => enlarge(!image.classList.contains("large")));
  for (const picture of all("figure img")) {
    const figure = picture.closest("figure"), bar = figure.querySelector(".tools");
    if (!bar) continue;
    const button = make("button", { type: "button", textContent: "Enlarge", ariaLabel: `Enlarge figure ${figure.id.slice(4)}` });
    const open = () => {
      image.src = picture.src;
      image.alt = picture.alt;
      enlarge(matchMedia("(max-width: 40rem)").matches); // a page shows it larger than a phone is
      text.textContent = dialog.ariaLabel = figure.ariaLabel;
      button.focus(); // which it comes back to
      dialog.showModal();
    };
    picture.addEventListener("click", open);
    button.addEventListener("click", open);
    bar.prepend(button);
  }
}

for (const start of [theme, contents, stories, sorting, tools, lightbox]) start();
