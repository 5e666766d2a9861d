// The marks of classes on a map of latents.

// A class's mark: its colour in the figures and one of seven shapes; the first hundred are all different
const drawMark = (() => {
  const bar = [[-0.36, -1], [0.36, -1], [0.36, -0.36], [1, -0.36], [1, 0.36], [0.36, 0.36]];
  const plus = [...bar, ...bar.map(([x, y]) => [-x, -y])], half = Math.SQRT1_2;
  const corners = [
    [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
    [[0, -1.05], [1, 0.75], [-1, 0.75]],
    [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]],
    [[0, 1.05], [1, -0.75], [-1, -0.75]],
    plus,
    plus.map(([x, y]) => [half * (x - y), half * (x + y)]),
  ];
  const shapes = [(path, r) => path.arc(0, 0, 0.9 * r, 0, 7), ...corners.map((points) => (path, r) => {
    points.forEach(([x, y], n) => n ? path.lineTo(r * x, r * y) : path.moveTo(r * x, r * y));
    path.closePath();
  })];
  return (pen, label, colours, radius, outline) => {
    const path = new Path2D();
    shapes[label % shapes.length](path, radius);
    pen.fillStyle = colours[label % colours.length];
    pen.fill(path);
    Object.assign(pen, { strokeStyle: outline, lineWidth: 0.7 });
    pen.stroke(path);
  };
})();

// Each class's mark, drawn once and then copied to its thousands of places
class Stamps {
  static SIZE = 14; // pixels

  constructor(colours, radius, outline, scale) {
    Object.assign(this, { colours, radius, outline, scale, made: new Map() });
  }

  put(pen, label, x, y) {
    const size = Stamps.SIZE;
    if (!this.made.has(label)) {
      const canvas = make("canvas", { width: size * this.scale, height: size * this.scale });
      const own = canvas.getContext("2d"), middle = this.scale * size / 2;
      own.setTransform(this.scale, 0, 0, this.scale, middle, middle);
      drawMark(own, label, this.colours, this.radius, this.outline);
      this.made.set(label, canvas);
    }
    pen.drawImage(this.made.get(label), x - size / 2, y - size / 2, size, size);
  }
}
