// What moves: maps of the latents to explore, and sliders. Each takes the place of a printed figure's picture on the
// screen, is built when it comes near, and can be changed back. All it shows lies in the page: see report/explore.py.
(() => {
  "use strict";
  const TILE = 32, EDGE = 12, REACH = 26, NONE = 0xffff, STEPS = 0xfff, MOVE = 400; // pixels; milliseconds
  const source = document.getElementById("explore-data");
  if (!source) return;

  const find = (selector, within) => [...within.querySelectorAll(selector)];
  const create = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);
  let content = null;
  const packed = () => content ??= JSON.parse(source.textContent);
  function bytes(text) {
    const letters = atob(text), result = new Uint8Array(letters.length);
    for (let n = 0; n < letters.length; n++) result[n] = letters.charCodeAt(n);
    return result;
  }
  const shorts = (text) => new Uint16Array(bytes(text).buffer);

  // Draw tiles of a sheet, given as [column, row], side by side
  function tiles(canvas, sheet, places, gap = 2) {
    canvas.width = places.length * (TILE + gap) - gap;
    canvas.height = TILE;
    places.forEach(([column, row], n) => canvas.getContext("2d").drawImage(
      sheet, column * TILE, row * TILE, TILE, TILE, n * (TILE + gap), 0, TILE, TILE));
  }

  // A class's mark: its colour in the figures and one of seven shapes; the first hundred are all different
  const SHAPES = [
    (p, r) => p.arc(0, 0, 0.9 * r, 0, 7),
    (p, r) => p.rect(-0.8 * r, -0.8 * r, 1.6 * r, 1.6 * r),
    (p, r) => polygon(p, [[0, -1.05 * r], [r, 0.75 * r], [-r, 0.75 * r]]),
    (p, r) => polygon(p, [[0, -1.15 * r], [1.15 * r, 0], [0, 1.15 * r], [-1.15 * r, 0]]),
    (p, r) => polygon(p, [[0, 1.05 * r], [r, -0.75 * r], [-r, -0.75 * r]]),
    (p, r) => polygon(p, cross(r, 0.36 * r, 0)),
    (p, r) => polygon(p, cross(r, 0.36 * r, Math.PI / 4)),
  ];
  function polygon(path, points) {
    points.forEach(([x, y], n) => n ? path.lineTo(x, y) : path.moveTo(x, y));
    path.closePath();
  }
  function cross(r, w, turn) {
    const points = [[-w, -r], [w, -r], [w, -w], [r, -w], [r, w], [w, w], [w, r], [-w, r], [-w, w], [-r, w], [-r, -w], [-w, -w]];
    return points.map(([x, y]) => [x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn)]);
  }
  function mark(pen, label, colours, radius, outline) {
    const path = new Path2D();
    SHAPES[label % SHAPES.length](path, radius);
    pen.fillStyle = colours[label % colours.length];
    pen.strokeStyle = outline;
    pen.lineWidth = 0.7;
    pen.fill(path);
    pen.globalAlpha = 0.6;
    pen.stroke(path);
    pen.globalAlpha = 1;
  }

  function maps(box, data, sheet) {
    const canvas = box.querySelector(".map"), glance = box.querySelector(".glance"), near = box.querySelector(".near");
    const labels = shorts(data.labels), names = new Map(), known = new Map(), off = new Set();
    for (const item of find(".classes label", box)) names.set(Number(item.querySelector("input").value), item.textContent.trim());
    let model, kind, noise, places, picked = -1, moving = 0, stamps = null, due = false;

    const name = (point) => names.get(labels[point]);
    const show = (target, point) => tiles(target, sheet, [[point % data.columns, Math.floor(point / data.columns)]]);
    const neighbours = (point) => [...shorts(data.near[model]).subarray(5 * point, 5 * point + 5)].filter((other) => other !== NONE);
    const shown = (point) => !off.has(labels[point]);

    // Places (2 n) in [0, 1] of a map
    function unpack(of, which) {
      if (!known.has(of + which)) {
        const all = bytes(data.places[of][which]), result = new Float32Array(2 * data.count);
        for (let n = 0; n < data.count; n++) {
          const word = all[3 * n] | all[3 * n + 1] << 8 | all[3 * n + 2] << 16;
          result[2 * n] = (word & STEPS) / STEPS;
          result[2 * n + 1] = (word >> 12) / STEPS;
        }
        known.set(of + which, result);
      }
      return known.get(of + which);
    }

    const at = (point) => {
      const side = canvas.clientWidth - 2 * EDGE;
      return [EDGE + side * places[2 * point], EDGE + side * places[2 * point + 1]];
    };

    // The shown point that is nearest to a place of the canvas, within a reach
    function closest(x, y, reach) {
      let best = -1, least = reach * reach;
      for (let n = 0; n < data.count; n++) {
        if (!shown(n)) continue;
        const [across, down] = at(n), distance = (across - x) ** 2 + (down - y) ** 2;
        if (distance < least) [best, least] = [n, distance];
      }
      return best;
    }

    function stamp(pen, label, scale) {
      stamps ??= { style: getComputedStyle(canvas), marks: new Map() };
      if (!stamps.marks.has(label)) {
        const made = create("canvas", { width: 14 * scale, height: 14 * scale }), own = made.getContext("2d");
        own.scale(scale, scale);
        own.translate(7, 7);
        mark(own, label, data.colours, data.count > 800 ? 3.4 : 4.6, stamps.style.color);
        stamps.marks.set(label, made);
      }
      return stamps.marks.get(label);
    }

    function ring(pen, point, radius, width) {
      pen.beginPath();
      pen.arc(...at(point), radius, 0, 7);
      for (const [colour, more] of [[stamps.style.backgroundColor, 2.5], [stamps.style.color, 0]]) {
        pen.strokeStyle = colour;
        pen.lineWidth = width + more;
        pen.stroke();
      }
    }

    function draw() {
      const scale = devicePixelRatio || 1, side = canvas.clientWidth, pen = canvas.getContext("2d");
      if (!side) return;
      if (canvas.width !== Math.round(side * scale)) {
        canvas.width = canvas.height = Math.round(side * scale);
        stamps = null;
      }
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.clearRect(0, 0, side, side);
      const put = (point) => { const [x, y] = at(point); pen.drawImage(stamp(pen, labels[point], scale), x - 7, y - 7, 14, 14); };
      for (let n = 0; n < data.count; n++) if (shown(n)) put(n);
      if (picked < 0) return;
      const around = neighbours(picked);
      stamp(pen, labels[picked], scale);
      pen.strokeStyle = stamps.style.color;
      pen.lineWidth = 1;
      for (const other of around) {
        pen.beginPath();
        pen.moveTo(...at(picked));
        pen.lineTo(...at(other));
        pen.stroke();
      }
      for (const other of around) { ring(pen, other, 7, 1.5); put(other); }
      ring(pen, picked, 10, 3);
      put(picked);
    }
    const redraw = () => {
      if (due) return;
      due = true;
      requestAnimationFrame(() => { due = false; draw(); });
    };

    function tell() {
      const image = box.querySelector(".chosen canvas"), text = box.querySelector(".chosen p");
      const around = picked < 0 ? [] : neighbours(picked), same = around.filter((other) => labels[other] === labels[picked]).length;
      near.hidden = box.querySelector(".lead-in").hidden = !around.length;
      image.ariaLabel = picked < 0 ? "No image is picked" : `The picked image: ${name(picked)}`;
      if (picked < 0) {
        image.width = TILE; // clears it
        text.replaceChildren("No image is picked.");
        return;
      }
      show(image, picked);
      const counted = around.length ? `${same || "None"} of its ${around.length} nearest neighbours ${same > 1 ? "are" : "is"} of its class`
        : "Its nearest neighbours are not among the images shown";
      text.replaceChildren(create("b", { textContent: name(picked) }), create("span", { className: "unseen", textContent: ". " }), `${counted}.`,
        create("span", { className: "unseen", textContent: around.length ? ` They are: ${around.map(name).join(", ")}.` : "" }));
      around.forEach((other, n) => {
        const button = near.children[n]?.firstChild ?? near.appendChild(create("li")).appendChild(create("button", { type: "button" }));
        if (!button.firstChild) button.append(create("canvas"), create("span"));
        show(button.firstChild, other);
        button.lastChild.textContent = name(other);
        button.lastChild.className = labels[other] === labels[picked] ? "same" : "";
        button.onclick = () => pick(other);
        button.parentNode.hidden = false;
      });
      for (const item of [...near.children].slice(around.length)) item.hidden = true;
    }

    function pick(point) {
      picked = point;
      tell();
      redraw();
    }

    // Where noise moves the points, they are seen to move; any other map is another place
    function choose(move) {
      const of = (part) => box.querySelector(`[name=map-${part}]:checked`).value;
      const other = model !== of("model"), before = places;
      [model, kind, noise] = ["model", "kind", "noise"].map(of);
      const after = unpack(model, `${kind} ${noise}`), start = performance.now(), own = ++moving;
      canvas.ariaLabel = `${kind === "tsne" ? "t-SNE" : "PCA"} map of the latents of ${noise === "0" ? "clean" : "noisy"} images, ` +
        box.querySelector("[name=map-model]:checked").parentNode.textContent.trim();
      if (other && picked >= 0) tell();
      const step = (now) => {
        if (own !== moving) return;
        const share = Math.min(1, Math.max(0, (now - start) / MOVE)), eased = share * share * (3 - 2 * share);
        places = share === 1 ? after : before.map((place, n) => place + eased * (after[n] - place));
        draw();
        if (share < 1) requestAnimationFrame(step);
      };
      if (move && !matchMedia("(prefers-reduced-motion: reduce)").matches) requestAnimationFrame(step);
      else { places = after; redraw(); }
    }

    // The next shown point in a direction: as near as can be, and little to the side
    function next(across, down) {
      const [x, y] = picked < 0 ? [0, 0] : at(picked);
      let best = -1, least = Infinity;
      for (let n = 0; n < data.count; n++) {
        if (n === picked || !shown(n)) continue;
        const [right, below] = at(n), ahead = (right - x) * across + (below - y) * down;
        const aside = Math.abs((right - x) * down + (below - y) * across), cost = ahead + 2 * aside;
        if (ahead > 0 && cost < least) [best, least] = [n, cost];
      }
      return best;
    }

    const aloud = () => box.querySelector(".chosen p").setAttribute("aria-live", "polite"); // once the reader is here
    const middle = () => closest(canvas.clientWidth / 2, canvas.clientWidth / 2, Infinity);
    const hide = () => { glance.hidden = true; };
    const inside = (event) => { const edge = canvas.getBoundingClientRect(); return [event.clientX - edge.left - 1, event.clientY - edge.top - 1]; };
    canvas.addEventListener("focus", aloud);
    box.addEventListener("pointerdown", aloud);
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = inside(event), point = event.pointerType === "touch" ? -1 : closest(x, y, REACH / 2);
      glance.hidden = point < 0;
      if (point < 0) return;
      show(glance.firstChild, point);
      glance.lastChild.textContent = name(point);
      const [across, down] = at(point), left = across > canvas.clientWidth / 2, up = down > canvas.clientWidth / 2;
      glance.style.left = `${left ? across - glance.offsetWidth - 14 : across + 14}px`;
      glance.style.top = `${up ? down - glance.offsetHeight - 14 : down + 14}px`;
    });
    canvas.addEventListener("pointerleave", hide);
    canvas.addEventListener("click", (event) => {
      const point = closest(...inside(event), REACH);
      if (point >= 0) pick(point);
    });
    canvas.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.key === "Escape") { hide(); pick(-1); }
      if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      hide();
      const point = picked < 0 ? middle() : next(...way);
      if (point >= 0) pick(point);
    });
    for (const input of find(".choices input", box)) input.addEventListener("change", () => choose(input.name === "map-noise"));
    const switches = find(".classes input", box);
    const toggle = () => {
      off.clear();
      for (const input of switches) if (!input.checked) off.add(Number(input.value));
      if (picked >= 0 && !shown(picked)) pick(-1);
      redraw();
    };
    for (const input of switches) input.addEventListener("change", toggle);
    for (const [text, checked] of [["All", true], ["None", false]]) {
      const button = create("button", { type: "button", textContent: text });
      button.addEventListener("click", () => {
        for (const input of switches) input.checked = checked;
        toggle();
      });
      box.querySelector(".classes").append(button);
    }
    function dress() { // in the colours of the theme
      stamps = null;
      const scale = devicePixelRatio || 1;
      for (const item of find(".classes label", box)) {
        const small = item.querySelector("canvas"), pen = small.getContext("2d");
        small.width = small.height = 16 * scale;
        pen.setTransform(scale, 0, 0, scale, 8 * scale, 8 * scale);
        mark(pen, Number(item.querySelector("input").value), data.colours, 6, getComputedStyle(small).color);
      }
      redraw();
    }
    new MutationObserver(dress).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);
    new ResizeObserver(redraw).observe(canvas);
    choose(false);
    dress();
    if (canvas.clientWidth) pick(middle());
  }

  // A slider that changes what the strips under it show; `places` gives a strip's tiles, `say` the slider's text
  function slider(box, sheet, places, say) {
    const input = box.querySelector("input"), strips = find(".strip canvas", box);
    const move = () => {
      const value = Number(input.value), text = say(value);
      input.setAttribute("aria-valuetext", text);
      box.querySelector("output").textContent = text;
      strips.forEach((canvas, n) => {
        tiles(canvas, sheet, places(n, value));
        canvas.ariaLabel = `${canvas.dataset.name}, ${box.querySelector(".slide span").textContent}: ${text}`;
      });
    };
    input.addEventListener("input", move);
    move();
  }

  function paths(box, data, sheet) {
    const last = sheet.width / TILE - 1, rows = sheet.height / TILE / find(".strip", box).length;
    slider(box, sheet, (strip, step) => Array.from({ length: rows }, (_, path) => [step, strip * rows + path]),
      (step) => step === 0 ? "first" : step === last ? "second" : `${step}/${last}`);
  }

  function masks(box, data, sheet) {
    const count = sheet.width / TILE;
    slider(box, sheet, (strip, ratio) => Array.from({ length: count }, (_, n) => [n, strip && ratio * data.models + strip]),
      (ratio) => data.ratios[ratio]);
  }

  // Put an explorer into its figure, with a caption of its own and a switch to the figure as it is printed
  function install(box, build, key) {
    const figure = document.getElementById(`fig-${box.dataset.figure}`), caption = figure?.querySelector("figcaption");
    if (!caption) return;
    const still = create("span", { className: "still" }), told = create("span", { className: "told" });
    const end = caption.querySelector("details"), nodes = [...caption.childNodes];
    const title = find(":scope > b", caption).at(-1);
    still.append(...nodes.slice(nodes.indexOf(title) + 1, end ? nodes.indexOf(end) : undefined));
    told.append(" ", ...box.querySelector("p.told").childNodes);
    box.querySelector("p.told").remove();
    title.after(still, told);
    const bar = create("div", { className: "switch" });
    bar.setAttribute("role", "group");
    bar.ariaLabel = "How this figure is shown";
    const set = (exploring) => {
      figure.classList.toggle("exploring", exploring);
      box.hidden = !exploring;
      [...bar.children].forEach((button, n) => button.setAttribute("aria-pressed", String(exploring === !n)));
    };
    for (const [text, exploring] of [["Explore", true], ["As printed", false]]) {
      const button = create("button", { type: "button", textContent: text });
      button.addEventListener("click", () => set(exploring));
      bar.append(button);
    }
    figure.prepend(bar, box);
    set(true);
    const near = new IntersectionObserver(async (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      const data = packed()[key];
      build(box, data, await createImageBitmap(new Blob([bytes(data.sheet)], { type: "image/jpeg" })));
      box.dataset.ready = "";
    }, { rootMargin: "600px" });
    near.observe(box);
  }

  for (const [key, build] of Object.entries({ maps, paths, masks })) {
    const box = document.querySelector(`.explore.${key}`);
    if (box) install(box, build, key);
  }
})();
