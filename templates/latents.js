// A map of latents to point into: see explore.html for its parts and report/explore.py for its data.
class LatentMap {
  static EDGE = 12; // pixels around the outermost points
  static REACH = 26; // pixels from a click to the point that it picks
  static WIDE = 500; // pixels of a map whose marks are not drawn smaller
  static MOVE = 400; // milliseconds
  static ELSEWHERE = 0xffff; // a neighbour that is not shown

  constructor(box, data, sheet) {
    Object.assign(this, { box, data, sheet, picked: -1, off: new Set(), known: {}, stamps: null, due: false, moving: 0 });
    const part = (selector) => box.querySelector(selector);
    [this.canvas, this.glance, this.near, this.intro] = [".map", ".glance", ".near", ".lead-in"].map(part);
    [this.text, this.image] = [".chosen p", ".chosen canvas"].map(part);
    this.switches = all(".classes input", box);
    this.names = new Map(this.switches.map((input) => [Number(input.value), input.parentNode.textContent.trim()]));
    this.labels = explore.shorts(data.labels);
    this.listen();
    this.choose(false);
    this.toggle(); // of what a browser kept from an earlier visit
    this.dress();
    this.pick(this.canvas.clientWidth ? this.middle() : -1);
  }

  name(point) { return this.names.get(this.labels[point]); }
  shown(point) { return !this.off.has(this.labels[point]); }
  alike(one, other) { return this.labels[one] === this.labels[other]; }
  show(canvas, point) {
    explore.tiles(canvas, this.sheet, [[point % this.data.columns, Math.floor(point / this.data.columns)]]);
  }
  closest(x, y, reach) { return this.least((across, down) => Math.hypot(across - x, down - y), reach); }
  middle() { return this.closest(this.canvas.clientWidth / 2, this.canvas.clientWidth / 2, Infinity); }

  neighbours(point) {
    const near = explore.shorts(this.data.near[this.model]), count = near.length / this.data.count;
    return [...near.subarray(count * point, count * (point + 1))].filter((other) => other !== LatentMap.ELSEWHERE);
  }

  // Places of the points of a map, unpacked once
  unpack(model, map) {
    return this.known[`${model} ${map}`] ??= explore.places(this.data.places[model][map]);
  }

  // Where a point lies on the canvas, in CSS pixels
  at(point) {
    const side = this.canvas.clientWidth - 2 * LatentMap.EDGE;
    return [LatentMap.EDGE + side * this.places[2 * point], LatentMap.EDGE + side * this.places[2 * point + 1]];
  }

  // The shown point of the least cost below a limit, -1 where there is none
  least(cost, limit) {
    let best = -1;
    for (let n = 0; n < this.data.count; n++) {
      if (!this.shown(n)) continue;
      const found = cost(...this.at(n), n);
      if (found < limit) [best, limit] = [n, found];
    }
    return best;
  }

  // The next point in a direction: near, and little to the side
  next(right, below) {
    const [x, y] = this.at(this.picked);
    return this.least((across, down, point) => {
      const ahead = (across - x) * right + (down - y) * below, aside = (across - x) * below + (down - y) * right;
      return point !== this.picked && ahead > 0 ? ahead + 2 * Math.abs(aside) : Infinity;
    }, Infinity);
  }

  // The next point in the order of the images, which leads to every one
  after(step) {
    for (let n = this.picked + step; n >= 0 && n < this.data.count; n += step) if (this.shown(n)) return n;
    return -1;
  }

  redraw() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => { this.due = false; this.draw(); });
  }

  draw() {
    const scale = devicePixelRatio || 1, side = this.canvas.clientWidth, pen = this.canvas.getContext("2d");
    const size = Math.round(side * scale);
    this.glance.hidden = true; // its point may be elsewhere now
    if (!side) return;
    if (this.canvas.width !== size) [this.canvas.width, this.canvas.height, this.stamps] = [size, size, null];
    this.style = getComputedStyle(this.canvas);
    this.stamps ??= new Stamps(this.data.colours, (this.data.count > 800 ? 3.4 : 4.6) * Math.min(1, side / LatentMap.WIDE), this.style.color, scale);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, side, side);
    for (let n = 0; n < this.data.count; n++) if (this.shown(n)) this.stamps.put(pen, this.labels[n], ...this.at(n));
    if (this.picked >= 0) this.drawPicked(pen);
  }

  drawPicked(pen) {
    const around = this.neighbours(this.picked);
    pen.beginPath();
    for (const other of around) {
      pen.moveTo(...this.at(this.picked));
      pen.lineTo(...this.at(other));
    }
    Object.assign(pen, { strokeStyle: this.style.color, lineWidth: 1 });
    pen.stroke();
    for (const [point, radius, width] of [...around.map((other) => [other, 7, 1.5]), [this.picked, 10, 3]]) {
      pen.beginPath();
      pen.arc(...this.at(point), radius, 0, 7);
      for (const [strokeStyle, more] of [[this.style.backgroundColor, 2.5], [this.style.color, 0]]) {
        Object.assign(pen, { strokeStyle, lineWidth: width + more });
        pen.stroke();
      }
      this.stamps.put(pen, this.labels[point], ...this.at(point));
    }
  }

  pick(point) {
    this.picked = point;
    this.tell();
    this.redraw();
  }

  // Image, class and neighbours of the picked point, to see and to hear
  tell() {
    const point = this.picked, around = point < 0 ? [] : this.neighbours(point);
    this.near.hidden = this.intro.hidden = !around.length;
    this.image.ariaLabel = point < 0 ? "No image is picked" : `The picked image: ${this.name(point)}`;
    if (point < 0) {
      this.image.width = this.image.height; // clears it
      return this.text.replaceChildren("No image is picked.");
    }
    this.show(this.image, point);
    const same = around.filter((other) => this.alike(point, other)).length;
    const count = around.length, verb = (number) => number > 1 ? "are" : "is";
    const counted = count === 5 ? `${same || "None"} of its 5 nearest neighbours ${verb(same)} of its class.` // or the map is cut
      : `Of its 5 nearest neighbours ${count || "none"} ${verb(count)} shown here${count ? `, ${same || "none"} of its class` : ""}.`;
    const unseen = (textContent) => make("span", { className: "unseen", textContent });
    this.text.replaceChildren(make("b", { textContent: this.name(point) }), unseen(". "), counted, unseen(count ? ` They are: ${around.map((other) => this.name(other)).join(", ")}.` : ""));
    this.list(around);
  }

  // The buttons stay the same, so that the focus stays where it is
  list(around) {
    around.forEach((other, n) => {
      if (n === this.near.children.length) {
        this.near.appendChild(make("li")).appendChild(make("button", { type: "button" })).append(make("canvas"), make("span"));
      }
      const button = this.near.children[n].firstChild;
      this.show(button.firstChild, other);
      button.lastChild.textContent = this.name(other);
      button.lastChild.className = this.alike(this.picked, other) ? "same" : "";
      button.onclick = () => this.pick(other);
    });
    [...this.near.children].forEach((item, n) => { item.hidden = n >= around.length; });
  }

  // Another map; where noise moves the points, they are seen to move
  choose(move) {
    const chosen = (part) => this.box.querySelector(`[name=map-${part}]:checked`);
    const said = (input) => input.parentNode.textContent.trim();
    const [model, kind, noise] = ["model", "kind", "noise"].map(chosen);
    const other = model.value !== this.model, before = this.places, own = ++this.moving;
    this.model = model.value;
    const after = this.unpack(this.model, `${kind.value} ${noise.value}`);
    this.canvas.ariaLabel = `${said(kind)} map of the latents of ${said(noise)} images, ${said(model)}`;
    if (other && this.picked >= 0) this.tell();
    const step = (share) => {
      this.places = share === 1 ? after : before.map((place, n) => place + share * (after[n] - place));
      this.draw();
    };
    if (move && !matchMedia("(prefers-reduced-motion: reduce)").matches) return explore.ease(LatentMap.MOVE, step, () => own === this.moving);
    this.places = after;
    this.redraw();
  }

  toggle() {
    this.off = new Set(this.switches.filter((input) => !input.checked).map((input) => Number(input.value)));
    if (this.picked >= 0 && !this.shown(this.picked)) this.pick(-1);
    this.redraw();
  }

  // The marks beside the classes and on the map, in the colours of the theme
  dress() {
    const scale = devicePixelRatio || 1;
    for (const input of this.switches) {
      const small = input.parentNode.querySelector("canvas"), pen = small.getContext("2d");
      small.width = small.height = 16 * scale;
      pen.setTransform(scale, 0, 0, scale, 8 * scale, 8 * scale);
      drawMark(pen, Number(input.value), this.data.colours, 6, getComputedStyle(small).color);
    }
    this.stamps = null;
    this.redraw();
  }

  point(event) { // the pointer's place on the canvas, within its border
    const edge = this.canvas.getBoundingClientRect();
    return [event.clientX - edge.left - this.canvas.clientLeft, event.clientY - edge.top - this.canvas.clientTop];
  }

  hover(event) {
    const point = event.pointerType === "touch" ? -1 : this.closest(...this.point(event), LatentMap.REACH / 2);
    this.glance.hidden = point < 0;
    if (point < 0) return;
    this.show(this.glance.firstChild, point);
    this.glance.lastChild.textContent = this.name(point);
    const [x, y] = this.at(point), half = this.canvas.clientWidth / 2;
    const beside = (place, size) => `${place > half ? place - size - 14 : place + 14}px`;
    this.glance.style.left = beside(x, this.glance.offsetWidth);
    this.glance.style.top = beside(y, this.glance.offsetHeight);
  }

  press(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || !way && !step && event.key !== "Escape") return;
    this.glance.hidden = true;
    if (!way && !step) return this.pick(-1);
    event.preventDefault();
    const point = this.picked < 0 ? this.middle() : way ? this.next(...way) : this.after(step);
    if (point >= 0) this.pick(point);
  }

  listen() {
    const on = (target, type, act) => target.addEventListener(type, act);
    const aloud = () => this.text.setAttribute("aria-live", "polite"); // not before the reader is here
    on(this.box, "focusin", aloud);
    on(this.box, "pointerdown", aloud);
    on(this.canvas, "pointermove", (event) => this.hover(event));
    on(this.canvas, "pointerleave", () => { this.glance.hidden = true; });
    on(this.canvas, "keydown", (event) => this.press(event));
    on(this.canvas, "click", (event) => {
      const point = this.closest(...this.point(event), LatentMap.REACH);
      if (point >= 0) this.pick(point);
    });
    for (const input of all(".choices input", this.box)) {
      on(input, "change", () => this.choose(input.name === "map-noise"));
    }
    for (const input of this.switches) on(input, "change", () => this.toggle());
    const legend = this.box.querySelector(".classes legend");
    for (const [textContent, checked] of [["None", false], ["All", true]]) {
      const button = make("button", { type: "button", textContent });
      on(button, "click", () => {
        for (const input of this.switches) input.checked = checked;
        this.toggle();
      });
      legend.after(button);
    }
    new MutationObserver(() => this.dress()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    for (const [target, type] of [[matchMedia("(prefers-color-scheme: dark)"), "change"], [window, "resize"]]) on(target, type, () => this.dress()); // or zoomed
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
  }
}
