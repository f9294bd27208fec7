// Degrees over time as SVG, and the clock that moves the mark while the clip plays.
const WIDTH = 600, HEIGHT = 158, LEFT = 40, RIGHT = 8, BOTTOM = 22, TOP = 18;
const FRAMES_SENT = 12; // a second, while playing: more would only queue up in the kernel
const GREEN = "#d7f0dd", BLUE = "#1550b8";
const STYLES = { good: "#1c7a38", wrong: "#b3261a", unsure: "#8a6400", unjudged: "#5c6675" };

function render({ model, el }) {
  el.classList.add("fitlab", "fitlab-curve");
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, tabindex: 0, role: "slider", "aria-valuemin": 0 };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  el.append(svg);
  const still = make("g", {}, svg);
  const mark = make("line", { y1: TOP, y2: HEIGHT - BOTTOM, stroke: "#b3261a", "stroke-width": 2 }, svg);
  const dot = make("circle", { r: 5, fill: "#b3261a" }, svg);
  let bottom = 0, top = 180, timer = null, began = 0, first = 0, shown = 0;

  const count = () => model.get("values").length;
  // The second of a frame, which may lie between two; without times a second has one frame.
  function second(frame) {
    const times = model.get("times"), before = Math.max(Math.floor(frame), 0), part = Math.max(frame - before, 0);
    if (!times.length) return frame;
    const at = times[Math.min(before, times.length - 1)], next = times[Math.min(before + 1, times.length - 1)];
    return at + part * (next - at);
  }
  // The frame that is shown at a second.
  function frameAt(seconds) {
    let low = 0, high = Math.max(count() - 1, 0);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (second(middle) <= seconds) low = middle;
      else high = middle - 1;
    }
    return low;
  }
  const length = () => Math.max(second(count() - 1) - second(0), 1e-6);
  const across = (seconds) => LEFT + ((seconds - second(0)) / length()) * (WIDTH - LEFT - RIGHT);
  const x = (frame) => across(second(frame));
  const y = (value) => HEIGHT - BOTTOM - ((value - bottom) / (top - bottom)) * (HEIGHT - BOTTOM - TOP);
  const place = (frame, value) => `${x(frame).toFixed(1)} ${y(Math.min(Math.max(value, bottom), top)).toFixed(1)}`;

  function drawCurve() {
    const values = model.get("values"), known = values.filter((value) => value !== null);
    const low = model.get("low"), high = model.get("high"), limits = [low, high].filter((value) => value !== null);
    bottom = Math.floor((Math.min(...known, ...limits, 170) - 5) / 10) * 10;
    top = Math.ceil((Math.max(...known, ...limits, bottom + 20) + 5) / 10) * 10;
    still.replaceChildren();
    if (limits.length) {
      const under = y(low ?? bottom), over = y(high ?? top);
      make("rect", { x: LEFT, width: WIDTH - LEFT - RIGHT, y: over, height: Math.max(under - over, 0), fill: GREEN, class: "fitlab-target" }, still);
    }
    for (let i = 0; i <= 4; i++) {
      const value = bottom + ((top - bottom) * i) / 4;
      make("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), stroke: "#d5dae2" }, still);
      make("text", { x: LEFT - 4, y: y(value) + 4, "text-anchor": "end", "font-size": 12, fill: "#3c4657" }, still).textContent = `${Math.round(value)}°`;
    }
    for (const share of [0, 0.5, 1]) {
      const at = second(0) + share * length(), anchor = ["start", "middle", "end"][share * 2];
      make("text", { x: across(at), y: HEIGHT - 5, "text-anchor": anchor, "font-size": 12, fill: "#3c4657" }, still).textContent = `${at.toFixed(1)} s`;
    }
    for (const [number, start, turn, end, style] of model.get("marks")) {
      const colour = STYLES[style] ?? STYLES.unjudged, middle = across(turn);
      make("rect", { x: across(start), width: Math.max(across(end) - across(start), 1), y: TOP - 5, height: 4, fill: colour, class: "fitlab-mark" }, still);
      make("line", { x1: middle, x2: middle, y1: TOP, y2: HEIGHT - BOTTOM, stroke: colour, "stroke-dasharray": "3 4" }, still);
      make("text", { x: middle, y: TOP - 8, "text-anchor": "middle", "font-size": 11, fill: colour }, still).textContent = number;
    }
    drawBand(model.get("lows"), model.get("highs"));
    let path = "", pen = "M";
    values.forEach((value, frame) => {
      if (value === null) return (pen = "M");
      path += `${pen}${place(frame, value)}`;
      pen = "L";
    });
    make("path", { d: path, fill: "none", stroke: BLUE, "stroke-width": 2 }, still);
    svg.setAttribute("aria-label", `${model.get("label")} over time`);
    svg.setAttribute("aria-valuemax", Math.max(count() - 1, 0));
    drawMark(model.get("frame"));
  }

  function drawBand(lows, highs) {
    const known = (frame) => (lows[frame] ?? null) !== null && (highs[frame] ?? null) !== null;
    for (let begin = 0; begin < lows.length; begin++) {
      if (!known(begin)) continue;
      let end = begin;
      while (known(end + 1)) end++;
      const frames = Array.from({ length: end - begin + 1 }, (_, i) => begin + i);
      const over = frames.map((frame) => place(frame, highs[frame])), under = frames.reverse().map((frame) => place(frame, lows[frame]));
      make("path", { d: `M${[...over, ...under].join("L")}Z`, fill: BLUE, "fill-opacity": 0.16, class: "fitlab-interval" }, still);
      begin = end;
    }
  }

  function drawMark(frame) {
    shown = frame;
    const value = model.get("values")[Math.round(frame)] ?? null;
    mark.setAttribute("x1", x(frame));
    mark.setAttribute("x2", x(frame));
    dot.style.display = value === null ? "none" : "";
    if (value !== null) {
      dot.setAttribute("cx", x(frame));
      dot.setAttribute("cy", y(value));
    }
    svg.setAttribute("aria-valuenow", Math.round(frame));
    svg.setAttribute("aria-valuetext", value === null ? "unknown" : `${Math.round(value)} degrees`);
  }

  function go(frame) {
    const within = Math.min(Math.max(Math.round(frame), 0), count() - 1);
    if (within === model.get("frame")) return;
    model.set("frame", within);
    model.save_changes();
  }

  function playing() {
    clearInterval(timer);
    timer = null;
    if (!model.get("playing")) return;
    began = performance.now();
    first = second(model.get("frame")) - second(0);
    let sent = 0;
    timer = setInterval(() => {
      const gone = first + (performance.now() - began) / 1000;
      drawMark(count() > 1 ? frameAt(second(0) + (gone % length())) : 0);
      if (performance.now() - sent < 1000 / FRAMES_SENT) return;
      sent = performance.now();
      go(shown);
    }, 33);
  }

  const seek = (event) => {
    const box = svg.getBoundingClientRect();
    const share = (((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT);
    const seconds = second(0) + share * length(), frame = frameAt(seconds);
    go(second(frame + 1) - seconds < seconds - second(frame) ? frame + 1 : frame);
  };
  svg.onpointerdown = (event) => {
    svg.setPointerCapture(event.pointerId);
    seek(event);
  };
  svg.onpointermove = (event) => event.buttons && seek(event);
  svg.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    go(Math.min(Math.max(model.get("frame") + step, 0), count() - 1));
  };

  const frameChanged = () => timer || drawMark(model.get("frame"));
  const curve = ["values", "lows", "highs", "marks", "label", "low", "high", "times"].map((name) => `change:${name}`);
  for (const event of curve) model.on(event, drawCurve);
  model.on("change:frame", frameChanged);
  model.on("change:playing", playing);
  drawCurve();
  playing();
  return () => {
    clearInterval(timer);
    for (const event of curve) model.off(event, drawCurve);
    model.off("change:frame", frameChanged);
    model.off("change:playing", playing);
  };
}

export default { render };
