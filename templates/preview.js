// Brings each new document in behind the old one, at the same place; shows what is wrong with a template.
"use strict";
const error = document.getElementById("error"), ended = document.getElementById("ended");
const lint = document.getElementById("lint"), holder = document.getElementById("place");
let wanted = null; // the version that is shown, or on its way

// The last element with an id above the top of the window, and how far above it lies.
function place(frame) {
  const view = frame.contentWindow, passed = [...frame.contentDocument.querySelectorAll("main [id]")]
    .map((item) => [item.id, item.getBoundingClientRect()])
    .filter(([, box]) => box.height && box.top <= 1);
  const [id, box] = passed.length ? passed.reduce((a, b) => b[1].top >= a[1].top ? b : a) : ["", { top: 0 }];
  return { id, above: box.top, y: view.scrollY, theme: frame.contentDocument.documentElement.dataset.theme };
}

function restore(frame, { id, above, y, theme }) {
  const view = frame.contentWindow, page = frame.contentDocument;
  if (page.documentElement.dataset.theme !== theme) page.querySelector("button.theme")?.click();
  const item = id && page.getElementById(id);
  const top = item ? view.scrollY + item.getBoundingClientRect().top - above : y;
  view.scrollTo({ top: y ? top : 0, behavior: "instant" });
}

function bring(version) {
  wanted = version;
  const next = document.createElement("iframe");
  next.className = "next";
  next.title = "The document";
  next.src = `document?${version}`;
  next.addEventListener("load", async () => {
    await next.contentDocument.fonts.ready;
    if (wanted !== version) return next.remove(); // a newer one is on its way
    const before = holder.querySelector("iframe:not(.next)");
    if (before) restore(next, place(before));
    next.className = "";
    before?.remove();
    document.title = `Preview: ${next.contentDocument.title}`;
    holder.dataset.version = version;
  });
  holder.append(next);
}

// What the lint found, which is no error.
function note(findings) {
  lint.hidden = !findings.length;
  lint.querySelector("summary").textContent = `Lint: ${findings.length}`;
  lint.querySelector("ul").replaceChildren(...findings.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

const source = new EventSource("events");
source.addEventListener("message", ({ data }) => {
  const state = JSON.parse(data);
  ended.hidden = true;
  error.textContent = state.error;
  error.hidden = !state.error;
  note(state.findings);
  if (state.whole && state.whole !== wanted) bring(state.whole);
});
source.addEventListener("error", () => {
  ended.hidden = false;
  wanted = null;
});
