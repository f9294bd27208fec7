// Degrees over time as SVG, and the clock that moves the mark while the clip plays.
const WIDTH = 600, HEIGHT = 150, LEFT = 40, BOTTOM = 22, TOP = 8;
const FRAMES_SENT = 12; // a second, while playing: more would only queue up in the kernel

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
  const x = (frame) => LEFT + (frame / Math.max(count() - 1, 1)) * (WIDTH - LEFT - 8);
  const y = (value) => HEIGHT - BOTTOM - ((value - bottom) / (top - bottom)) * (HEIGHT - BOTTOM - TOP);

  function drawCurve() {
    const values = model.get("values"), known = values.filter((value) => value !== null);
    const limits = [model.get("low"), model.get("high")].filter((value) => value !== null);
    bottom = Math.floor((Math.min(...known, ...limits, 170) - 5) / 10) * 10;
    top = Math.ceil((Math.max(...known, ...limits, bottom + 20) + 5) / 10) * 10;
    still.replaceChildren();
    if (limits.length === 2) make("rect", { x: LEFT, width: WIDTH - LEFT - 8, y: y(limits[1]), height: y(limits[0]) - y(limits[1]), fill: "#d7f0dd" }, still);
    for (let i = 0; i <= 4; i++) {
      const value = bottom + ((top - bottom) * i) / 4;
      make("line", { x1: LEFT, x2: WIDTH - 8, y1: y(value), y2: y(value), stroke: "#d5dae2" }, still);
      make("text", { x: LEFT - 4, y: y(value) + 4, "text-anchor": "end", "font-size": 12, fill: "#3c4657" }, still).textContent = `${Math.round(value)}°`;
    }
    for (const share of [0, 0.5, 1]) {
      const frame = share * (count() - 1), anchor = ["start", "middle", "end"][share * 2];
      make("text", { x: x(frame), y: HEIGHT - 5, "text-anchor": anchor, "font-size": 12, fill: "#3c4657" }, still).textContent = `${(frame / model.get("fps")).toFixed(1)} s`;
    }
    let path = "", pen = "M";
    values.forEach((value, frame) => {
      if (value === null) return (pen = "M");
      path += `${pen}${x(frame).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    });
    make("path", { d: path, fill: "none", stroke: "#1550b8", "stroke-width": 2 }, still);
    svg.setAttribute("aria-label", `${model.get("label")} over time`);
    svg.setAttribute("aria-valuemax", Math.max(count() - 1, 0));
    drawMark(model.get("frame"));
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

  function tick() {
    const run = first + ((performance.now() - began) / 1000) * model.get("fps");
    drawMark(count() > 1 ? run % (count() - 1) : 0);
  }

  function playing() {
    clearInterval(timer);
    timer = null;
    if (!model.get("playing")) return;
    began = performance.now();
    first = model.get("frame");
    let sent = 0;
    timer = setInterval(() => {
      tick();
      if (performance.now() - sent < 1000 / FRAMES_SENT) return;
      sent = performance.now();
      go(shown);
    }, 33);
  }

  const seek = (event) => {
    const box = svg.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDTH;
    go(((at - LEFT) / (WIDTH - LEFT - 8)) * (count() - 1));
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
  const curve = ["values", "label", "low", "high", "fps"].map((name) => `change:${name}`);
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
