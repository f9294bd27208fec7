// Which part of a photo an SVG shows (pinch, Ctrl with the wheel, buttons, a drag of the background), and a loupe.
const MOST_ZOOM = 8, STEP = 1.6;

function photoView({ svg, stage, size, busy, grips, changed }) {
  let scale = 1, left = 0, top = 0, pinch = null, pan = null;
  const tools = document.createElement("div");
  tools.className = "fitlab-zoom";
  const button = (text, title, action) => {
    const node = Object.assign(document.createElement("button"), { type: "button", className: "jupyter-button", textContent: text, title, onclick: action });
    tools.append(node);
    return node;
  };
  const closer = button("+", "Magnify the photo", () => zoom(STEP));
  const back = button("−", "Show more of the photo", () => zoom(1 / STEP));
  stage.append(tools);

  function apply() {
    const { width, height } = size();
    scale = Math.min(Math.max(scale, 1), MOST_ZOOM);
    left = Math.min(Math.max(left, 0), width - width / scale);
    top = Math.min(Math.max(top, 0), height - height / scale);
    svg.setAttribute("viewBox", `${left - 0.5} ${top - 0.5} ${width / scale} ${height / scale}`);
    back.hidden = scale === 1;
    closer.disabled = scale === MOST_ZOOM;
    changed();
  }

  function toPhoto({ clientX, clientY }) {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    return { x, y };
  }

  // The photo's point `from` comes to lie under the screen's point `to`.
  function hold(from, to, factor) {
    scale = Math.min(Math.max(factor, 1), MOST_ZOOM);
    apply();
    const now = toPhoto(to);
    left += from.x - now.x;
    top += from.y - now.y;
    apply();
  }

  function zoom(factor, at) {
    const box = svg.getBoundingClientRect();
    const to = at ?? { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
    hold(toPhoto(to), to, scale * factor);
  }

  function between([a, b]) {
    const middle = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
    return { middle, apart: Math.max(Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), 1) };
  }

  // As touches, since only these can keep the page from moving with the fingers in every browser.
  const fingers = (event) => {
    if (event.touches.length !== 2 || busy()) {
      pinch = null;
      if (scale > 1 || grips(event.touches[0])) event.preventDefault();
      return;
    }
    event.preventDefault();
    pan = null;
    const { middle, apart } = between(event.touches);
    pinch ??= { from: toPhoto(middle), apart, scale };
    hold(pinch.from, middle, (pinch.scale * apart) / pinch.apart);
  };
  for (const name of ["touchstart", "touchmove"]) svg.addEventListener(name, fingers, { passive: false });
  for (const name of ["touchend", "touchcancel"]) svg.addEventListener(name, () => (pinch = null));
  svg.style.touchAction = "pan-x pan-y";
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 200), event);
  }, { passive: false });

  return {
    apply,
    toPhoto,
    pinching: () => pinch !== null,
    // What the buttons hide of the photo.
    covered() {
      if (!tools.offsetWidth || !svg.getScreenCTM()?.a) return [];
      const { left: x, top: y, right, bottom } = tools.getBoundingClientRect();
      const [from, to] = [toPhoto({ clientX: x, clientY: y }), toPhoto({ clientX: right, clientY: bottom })];
      return [{ left: from.x, top: from.y, right: to.x, bottom: to.y }];
    },
    // Photo pixels in one pixel of the screen.
    unit: () => 1 / (svg.getScreenCTM()?.a || 1),
    whole() {
      scale = 1;
      left = top = 0;
      apply();
    },
    grab(event) {
      if (scale > 1) pan = { from: toPhoto(event), pointer: event.pointerId };
      return pan !== null;
    },
    drag(event) {
      if (pan?.pointer === event.pointerId) hold(pan.from, event, scale);
    },
    release: () => (pan = null),
  };
}

// A round window in a corner of the stage that shows what lies under a finger.
function photoLoupe(stage) {
  const SIDE = 132, POWER = 2.5;
  const window = document.createElement("div");
  window.className = "fitlab-loupe";
  window.hidden = true;
  const svg = make("svg", { width: SIDE, height: SIDE });
  const picture = make("image", { x: -0.5, y: -0.5 }, svg), lines = make("g", {}, svg), cross = make("path", { fill: "none", stroke: "#fff", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }, svg);
  const ring = make("circle", { fill: "none", stroke: "#b45309", "stroke-width": 2, "vector-effect": "non-scaling-stroke" }, svg);
  window.append(svg);
  stage.append(window);
  return {
    hide: () => (window.hidden = true),
    show({ x, y, unit, bones, image, onLeft }) {
      const side = (SIDE / POWER) * unit, arm = side / 4;
      window.hidden = false;
      window.classList.toggle("fitlab-loupe-right", onLeft);
      svg.setAttribute("viewBox", `${x - side / 2} ${y - side / 2} ${side} ${side}`);
      for (const key of ["href", "width", "height"]) picture.setAttribute(key, image.getAttribute(key) ?? "");
      lines.replaceChildren(...[...bones.children].map((line) => line.cloneNode()));
      cross.setAttribute("d", `M${x - arm} ${y}H${x - arm / 3}M${x + arm / 3} ${y}H${x + arm}M${x} ${y - arm}V${y - arm / 3}M${x} ${y + arm / 3}V${y + arm}`);
      for (const [key, value] of Object.entries({ cx: x, cy: y, r: side / 14 })) ring.setAttribute(key, value);
    },
  };
}
