// The degrees of joint angles, written where they are in the photo.
const ANGLE_COLOURS = { good: "#1c7a38", wrong: "#b3261a", unsure: "#7a5600", unjudged: "#4a5160" };
const ARC = 24, LETTER = 8.2, LINE = 18; // screen pixels: radius, a letter's width, a line's height

// `angles` are [{ joints: [[i], [j], [k, l]], text, style }]: each of the three is the middle of the joints it lists.
function drawAngles(group, angles, place, joints, unit, frame, covered) {
  group.replaceChildren();
  const labels = [];
  for (const { joints, text, style } of angles) {
    const [a, v, b] = joints.map((names) => middle(names.map(place)));
    if (!a || !v || !b) continue;
    const colour = ANGLE_COLOURS[style] ?? ANGLE_COLOURS.unjudged;
    const one = ray(v, a), two = ray(v, b), r = Math.min(ARC * unit, 0.7 * one.length, 0.7 * two.length);
    if (!(r > 0)) continue;
    let turn = two.turn - one.turn;
    turn -= 2 * Math.PI * Math.round(turn / (2 * Math.PI));
    const [from, to] = [one, two].map(({ turn }) => [v[0] + r * Math.cos(turn), v[1] + r * Math.sin(turn)]);
    const sweep = `M${v}L${from}A${r} ${r} 0 0 ${turn > 0 ? 1 : 0} ${to}Z`;
    make("path", { d: sweep, fill: colour, "fill-opacity": 0.45, stroke: "#fff", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }, group);
    labels.push([v, one.turn + turn / 2, text, colour]);
  }
  const reach = 5 * unit;
  const taken = joints.filter((at) => at && at[2] >= 0.3).map(([x, y]) => ({ left: x - reach, right: x + reach, top: y - reach, bottom: y + reach })).concat(covered);
  const lines = make("g", {}, group), words = make("g", {}, group); // no line over words
  for (const label of labels) write(words, lines, ...label, unit, frame, taken);
}

function middle(points) {
  if (points.some((at) => !at || at[2] < 0.3)) return null;
  return [0, 1].map((axis) => points.reduce((sum, at) => sum + at[axis], 0) / points.length);
}

function ray([x, y], [u, w]) {
  return { turn: Math.atan2(w - y, u - x), length: Math.hypot(u - x, w - y) };
}

// In the opening of the angle if there is room, else behind it, else beside it; a line leads to the joint.
function write(group, lines, [x, y], opening, text, colour, unit, { left, top, right, bottom }, taken) {
  const width = (text.length * LETTER + 8) * unit, height = LINE * unit;
  const far = ARC * unit + 0.62 * Math.max(height, width / 2);
  const turns = [0, 4, 2, -2, 1, -1, 3, -3].map((eighth) => opening + (eighth * Math.PI) / 4);
  const places = [1, 1.5, 2.2].flatMap((reach) => turns.map((turn) => [x + reach * far * Math.cos(turn), y + reach * far * Math.sin(turn)]));
  const box = ([u, w]) => ({ left: u - width / 2, right: u + width / 2, top: w - height / 2, bottom: w + height / 2 });
  const free = (at) => {
    const mine = box(at);
    const inside = mine.left >= left && mine.right <= right && mine.top >= top && mine.bottom <= bottom;
    return inside && taken.every((other) => mine.right < other.left || mine.left > other.right || mine.bottom < other.top || mine.top > other.bottom);
  };
  const at = places.find(free) ?? places[0], mine = box(at);
  taken.push(mine);
  const line = { x1: x, y1: y, x2: at[0], y2: at[1], "vector-effect": "non-scaling-stroke", "stroke-linecap": "round" };
  make("line", { ...line, stroke: "#fff", "stroke-width": 4 }, lines);
  make("line", { ...line, stroke: colour, "stroke-width": 1.5 }, lines);
  make("rect", { x: mine.left, y: mine.top, width, height, rx: 4 * unit, fill: "#fff", stroke: colour, "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }, group);
  make("text", { x: at[0], y: at[1], dy: "0.36em", "text-anchor": "middle", "font-size": 13 * unit, "font-weight": 700, fill: colour }, group).textContent = text;
}
