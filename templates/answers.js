// Every number and verdict answers to hover, focus and tap.

// A line of an answer; what it tells stands before a colon
function answer(line) {
  const [, name, text] = /^([^:]+:) (.+)$/.exec(line) ?? [], made = make("div");
  made.append(...name ? [make("b", { textContent: name }), ` ${text}`] : [line]);
  return made;
}

function stories() {
  const box = make("div", { className: "popover", id: "popover", hidden: true });
  box.setAttribute("role", "tooltip");
  document.querySelector("main").append(box);
  let told = null;
  const show = (item) => {
    hide();
    told = item;
    box.replaceChildren(...item.dataset.story.split("\n").map(answer));
    box.hidden = false;
    box.style.left = "0"; // where nothing keeps it narrow
    const at = item.getBoundingClientRect(), under = innerHeight - at.bottom - 8, over = at.top - 8;
    box.style.maxHeight = `${Math.max(under, over)}px`; // its number stays in sight
    const below = box.offsetHeight <= under || under > over;
    const top = below ? at.bottom : at.top - box.offsetHeight; // they touch, so that a pointer gets into the box
    box.style.top = `${scrollY + Math.max(8, Math.min(top, innerHeight - box.offsetHeight - 8))}px`;
    box.style.left = `${scrollX + Math.max(8, Math.min(at.left, root.clientWidth - box.offsetWidth - 8))}px`;
    item.setAttribute("aria-describedby", "popover");
  };
  const hide = () => { box.hidden = true; told?.removeAttribute("aria-describedby"); };
  const text = (item) => item.closest("p, ul, ol, dl, figcaption, table"), seen = new Set();
  for (const item of all(":is(main, .explore) [title]")) {
    item.dataset.story = item.title;
    item.removeAttribute("title");
    if (item.localName === "a" || item.closest(".judged.again")) continue; // the latter are seen where a table is sorted
    item.tabIndex = text(item) && seen.has(text(item)) ? -1 : 0; // a stop for Tab in each text, not a thousand
    seen.add(text(item));
    item.setAttribute("role", "button"); // which a screen reader finds, and presses
  }
  const story = (event) => event.target.closest?.("[data-story]");
  for (const type of ["mouseover", "focusin", "click"]) document.addEventListener(type, (event) => { if (story(event)) show(story(event)); });
  document.addEventListener("focusout", (event) => { if (story(event)) hide(); });
  document.addEventListener("mouseout", (event) => { // what has the focus keeps its answer
    const left = box.contains(event.target) ? told : story(event);
    if (left && left === told && left !== document.activeElement && !box.contains(event.relatedTarget)) hide();
  });
  document.addEventListener("scroll", ({ target }) => { // a table takes its answer along
    if (box.hidden || target === document || !target.contains(told)) return;
    if (told === document.activeElement) show(told); else hide();
  }, true);
  const inside = ({ top, bottom }) => bottom > 0 && top < innerHeight;
  const follow = () => { if (!box.hidden && inside(told.getBoundingClientRect())) show(told); else hide(); };
  addEventListener("resize", follow);
  new ResizeObserver(follow).observe(box.parentNode); // what moves is built as it comes near, and pushes its number away
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const item = event.target, before = box.scrollTop;
    if (event.altKey || event.ctrlKey || event.metaKey || !item.matches("[data-story]")) return;
    box.scrollTop += { ArrowDown: 40, ArrowUp: -40 }[event.key] ?? 0; // of an answer that does not fit
    if (box.scrollTop !== before) event.preventDefault();
    if (!item.matches("[tabindex]") || !/^(Arrow(Left|Right)|Home|End|Enter| )$/.test(event.key)) return;
    event.preventDefault();
    if (/^(Enter| )$/.test(event.key)) return box.hidden ? show(item) : hide();
    const numbers = all("[data-story][tabindex]", text(item) ?? item), at = numbers.indexOf(item);
    const next = { ArrowRight: numbers[at + 1], ArrowLeft: numbers[at - 1], Home: numbers[0], End: numbers.at(-1) }[event.key];
    if (!next) return;
    for (const number of numbers) number.tabIndex = number === next ? 0 : -1;
    next.focus();
  });
  const how = matchMedia("(hover: hover)").matches ? "pointed at, or reached with Tab and then ← and →" : "tapped";
  document.querySelector(".score ~ ul")?.after(make("p", {
    className: "hint", textContent: `An underlined number shows its full precision, interval, seeds and definition when it is ${how}.`,
  }));
}
