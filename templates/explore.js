// What moves: maps of the latents to explore (latents.js), and sliders. Each takes the place of a printed figure's
// picture on the screen, is built when it comes near, and can be changed back. All that it shows lies in the page.
const explore = (() => {
  "use strict";
  const TILE = 32; // pixels of an image
  const shorts = (text) => new Uint16Array(bytes(text).buffer);

  function bytes(text) {
    const letters = atob(text), result = new Uint8Array(letters.length);
    for (let n = 0; n < letters.length; n++) result[n] = letters.charCodeAt(n);
    return result;
  }

  // Places [x, y, x, y, …] in [0, 1], two numbers of 12 bits in three bytes
  function places(text) {
    const packed = bytes(text), result = new Float32Array(packed.length / 3 * 2), most = (1 << 12) - 1;
    for (let n = 0; n < packed.length / 3; n++) {
      const word = packed[3 * n] | packed[3 * n + 1] << 8 | packed[3 * n + 2] << 16;
      result[2 * n] = (word & most) / most;
      result[2 * n + 1] = (word >> 12) / most;
    }
    return result;
  }

  // Draw tiles of a sheet, given as [column, row], side by side
  function tiles(canvas, sheet, places, gap = 2) {
    canvas.width = places.length * (TILE + gap) - gap;
    canvas.height = TILE;
    places.forEach(([column, row], n) => canvas.getContext("2d").drawImage(
      sheet, column * TILE, row * TILE, TILE, TILE, n * (TILE + gap), 0, TILE, TILE));
  }

  // Frames of a movement that `goes` on: `draw` gets its share, which eases from 0 to 1
  function ease(milliseconds, draw, goes) {
    const start = performance.now();
    const frame = (now) => {
      if (!goes()) return;
      const share = Math.min(1, Math.max(0, (now - start) / milliseconds));
      draw(share * share * (3 - 2 * share));
      if (share < 1) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  // A slider that changes what the strips under it show; `places` gives a strip's tiles, `say` the slider's text
  function slider(box, sheet, places, say) {
    const input = box.querySelector("input"), strips = all(".strip canvas", box);
    const what = box.querySelector(".slide span").textContent;
    const move = () => {
      const value = Number(input.value), text = say(value);
      input.setAttribute("aria-valuetext", text);
      box.querySelector("output").textContent = text;
      all(".at", box).forEach((item, n) => { item.hidden = n % (Number(input.max) + 1) !== value; }); // a number for each
      strips.forEach((canvas, n) => {
        tiles(canvas, sheet, places(n, value));
        canvas.ariaLabel = `${canvas.dataset.name}, ${what}: ${text}`;
      });
    };
    input.addEventListener("input", move);
    move();
  }

  const builders = {
    maps: (box, data, sheet) => new LatentMap(box, data, sheet),
    paths(box, data, sheet) {
      const last = sheet.width / TILE - 1, rows = sheet.height / TILE / all(".strip", box).length;
      slider(box, sheet, (strip, step) => Array.from({ length: rows }, (_, path) => [step, strip * rows + path]),
        (step) => step === 0 ? "first" : step === last ? "second" : `${step}/${last}`);
    },
    masks(box, data, sheet) {
      const count = sheet.width / TILE;
      const row = (strip, ratio) => strip && ratio * data.models + strip; // the first is that of the originals
      slider(box, sheet, (strip, ratio) => Array.from({ length: count }, (_, n) => [n, row(strip, ratio)]),
        (ratio) => data.ratios[ratio]);
    },
  };

  // The caption of the printed figure, and beside it the one of what moves
  function retell(box, caption) {
    const still = make("span", { className: "still" }), told = make("span", { className: "told" });
    const nodes = [...caption.childNodes], end = caption.querySelector(":scope > .foot, :scope > details"), title = all(":scope > b", caption)[1];
    still.append(...nodes.slice(nodes.indexOf(title) + 1, end ? nodes.indexOf(end) : undefined));
    told.append(" ", ...box.querySelector("p.told").childNodes);
    box.querySelector("p.told").remove();
    title.after(still, told);
    const from = box.querySelector("p.from");
    if (from) caption.querySelector("details")?.append(" ", ...from.childNodes);
    from?.remove();
  }

  // Put it into its figure, with a switch to the figure as it is printed
  function install(box, figure) {
    const bar = make("div", { className: "switch" });
    const set = (exploring) => {
      figure.classList.toggle("exploring", exploring);
      box.hidden = !exploring;
      [...bar.children].forEach((button, n) => button.setAttribute("aria-pressed", String(exploring === !n)));
    };
    for (const [textContent, exploring] of [["Explore", true], ["As printed", false]]) {
      const button = make("button", { type: "button", textContent });
      button.addEventListener("click", () => set(exploring));
      bar.append(button);
    }
    bar.setAttribute("role", "group");
    bar.ariaLabel = "How this figure is shown";
    figure.prepend(bar, box);
    set(true);
  }

  async function build(box, key) {
    const data = parsed()[key], packed = new Blob([bytes(data.sheet)], { type: "image/jpeg" });
    builders[key](box, data, await createImageBitmap(packed));
    box.dataset.ready = "";
  }

  let read = null;
  const parsed = () => read ??= JSON.parse(document.getElementById("explore-data").textContent);

  for (const key of Object.keys(builders)) {
    const box = document.querySelector(`.explore.${key}`);
    const figure = box && document.getElementById(`fig-${box.dataset.figure}`);
    if (!figure) continue;
    retell(box, figure.querySelector("figcaption"));
    install(box, figure);
    const near = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      build(box, key);
    }, { rootMargin: "600px" });
    near.observe(box);
  }
  return { ease, places, shorts, tiles };
})();
