// A photo with joints as SVG: look, pick, or drag by mouse, finger or arrow keys.
const SVG = "http://www.w3.org/2000/svg";
const SEEN = 0.3, SURE = 0.6;
const RADIUS = 5.5, REACH = 16; // screen pixels: the dot, and how near a finger must come

function make(name, attributes, parent) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent?.appendChild(node);
  return node;
}

function render({ model, el }) {
  el.classList.add("fitlab-picture");
  const svg = make("svg", { role: "group" });
  const picture = make("image", { x: -0.5, y: -0.5 }, svg);
  const bones = make("g", { "pointer-events": "none" }, svg);
  const dots = make("g", {}, svg);
  const tools = document.createElement("div");
  tools.className = "fitlab-buttons";
  const undo = button("Undo", "undo"), reset = button("Reset", "reset");
  const hint = document.createElement("div");
  hint.className = "fitlab-note";
  hint.setAttribute("aria-live", "polite");
  const help = document.createElement("div");
  help.className = "fitlab-note fitlab-help";
  el.append(svg, help, tools, hint);

  // `released` is where a joint was left, until the kernel has it.
  let address = null, nodes = [], dragged = null, released = null;
  // Movements are sent one at a time: the next one goes out when the last has been answered.
  let number = Math.floor(Math.random() * 2 ** 40), waiting = false, next = null, patience = null;

  function button(text, action) {
    const node = document.createElement("button");
    node.type = "button";
    node.textContent = text;
    node.className = "jupyter-button";
    node.onclick = () => model.send({ action });
    tools.append(node);
    return node;
  }

  function size() {
    const [width, height] = model.get("_size");
    return { width, height, unit: width / (svg.getBoundingClientRect().width || width) };
  }

  function showPhoto() {
    const { width, height } = size();
    svg.setAttribute("viewBox", `-0.5 -0.5 ${width} ${height}`);
    svg.style.aspectRatio = `${width} / ${height}`;
    picture.setAttribute("width", width);
    picture.setAttribute("height", height);
    const bytes = model.get("_image");
    if (address) URL.revokeObjectURL(address);
    address = bytes && bytes.byteLength ? URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" })) : null;
    if (address) picture.setAttribute("href", address);
    else picture.removeAttribute("href");
    el.classList.toggle("fitlab-empty", !address);
  }

  function place(i) {
    const points = model.get("_points");
    for (const held of [dragged, released]) if (held && held.i === i) return [held.x, held.y, 1];
    if (points[i]) return points[i];
    if (model.get("mode") !== "edit" || !points.length) return null;
    // A joint that was not found waits at the left edge to be dragged into place.
    const { height } = size();
    return [0, (height * (i + 1)) / (points.length + 1), 0];
  }

  function shown(at) {
    return at && (at[2] >= SEEN || model.get("mode") === "edit");
  }

  function draw() {
    const joints = model.get("_joints"), mode = model.get("mode"), picked = model.get("picked");
    const { unit } = size();
    const active = mode !== "show";
    svg.setAttribute("aria-label", model.get("label"));
    tools.hidden = mode !== "edit";
    undo.disabled = !model.get("_can_undo");
    reset.disabled = !model.get("_can_reset");
    hint.textContent = model.get("hint");
    help.textContent = mode === "edit" && joints.length ? model.get("help") : "";
    bones.replaceChildren();
    for (const [a, b, colour] of model.get("_bones")) {
      const from = place(a), to = place(b);
      if (!from || !to || from[2] < SEEN || to[2] < SEEN) continue;
      const line = { x1: from[0], y1: from[1], x2: to[0], y2: to[1], "stroke-linecap": "round", "vector-effect": "non-scaling-stroke" };
      make("line", { ...line, stroke: "#fff", "stroke-width": 5, opacity: 0.8 }, bones);
      make("line", { ...line, stroke: colour, "stroke-width": 3 }, bones);
    }
    if (nodes.length !== joints.length) {
      dots.replaceChildren();
      nodes = joints.map((_, i) => dot(i));
    }
    joints.forEach((joint, i) => {
      const at = place(i), { group, reach, halo, disc } = nodes[i];
      group.style.display = shown(at) ? "" : "none";
      if (!shown(at)) return;
      const order = picked.indexOf(joint.name);
      group.setAttribute("transform", `translate(${at[0]} ${at[1]})`);
      group.setAttribute("opacity", at[2] < SEEN ? 0.45 : 1);
      reach.setAttribute("r", REACH * unit);
      for (const circle of [halo, disc]) circle.setAttribute("r", (order >= 0 ? 1.7 : 1) * RADIUS * unit);
      disc.setAttribute("fill", order >= 0 ? "#ffb300" : at[2] >= SURE ? joint.colour : "#fff");
      disc.setAttribute("stroke", joint.colour);
      for (const [key, value] of Object.entries({ tabindex: active ? 0 : -1, role: active ? "button" : "img" })) group.setAttribute(key, value);
      const state = order >= 0 ? `, picked as number ${order + 1}` : at[2] < SEEN ? ", not found" : "";
      group.setAttribute("aria-label", `${joint.label}${state}`);
      group.querySelector("title").textContent = joint.label;
      group.style.cursor = mode === "edit" ? "grab" : mode === "pick" ? "pointer" : "";
      group.style.touchAction = mode === "edit" ? "none" : "";
    });
  }

  function dot(i) {
    const group = make("g", { class: "fitlab-joint" }, dots);
    group.dataset.joint = model.get("_joints")[i].name;
    make("title", {}, group);
    const reach = make("circle", { fill: "transparent" }, group);
    const halo = make("circle", { class: "fitlab-halo", "vector-effect": "non-scaling-stroke" }, group);
    const disc = make("circle", { "stroke-width": 2, "vector-effect": "non-scaling-stroke" }, group);
    group.onpointerdown = (event) => {
      if (model.get("mode") !== "edit" || event.button) return;
      event.preventDefault();
      group.setPointerCapture(event.pointerId);
      group.focus({ preventScroll: true });
      const at = place(i);
      dragged = { i, x: at[0], y: at[1], moved: false };
    };
    group.onpointermove = (event) => {
      if (!dragged || dragged.i !== i) return;
      Object.assign(dragged, toPhoto(event), { moved: true });
      draw();
      moveTo(i, dragged.x, dragged.y, true);
    };
    group.onpointerup = group.onpointercancel = () => {
      if (!dragged || dragged.i !== i) return;
      const left = dragged;
      dragged = null;
      if (left.moved) leaveAt(i, left);
    };
    group.onclick = (event) => {
      event.stopPropagation();
      pick(i);
    };
    group.onkeydown = (event) => key(event, i);
    return { group, reach, halo, disc };
  }

  function toPhoto(event) {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return inPhoto(x, y);
  }

  function inPhoto(x, y) {
    const { width, height } = size();
    return { x: Math.min(Math.max(x, 0), width - 1), y: Math.min(Math.max(y, 0), height - 1) };
  }

  function key(event, i) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (model.get("mode") === "edit" && step) {
      event.preventDefault();
      event.stopPropagation();
      const at = place(i), far = Math.max(1, (event.shiftKey ? 10 : 2) * size().unit);
      leaveAt(i, inPhoto(at[0] + far * step[0], at[1] + far * step[1]));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      pick(i);
    }
  }

  function pick(i) {
    if (model.get("mode") !== "pick") return;
    const name = model.get("_joints")[i].name, picked = model.get("picked");
    const rest = picked.filter((other) => other !== name);
    // A joint picked twice is let go; a fourth one begins anew.
    model.set("picked", rest.length < picked.length ? rest : picked.length === 3 ? [name] : [...picked, name]);
    model.set("hint", "");
    model.save_changes();
  }

  svg.addEventListener("click", () => {
    if (model.get("mode") !== "pick") return;
    model.set("hint", "There is no joint at that place; click on one of the dots.");
    model.save_changes();
  });

  function leaveAt(i, { x, y }) {
    released = { i, x, y };
    draw();
    moveTo(i, x, y, false);
  }

  function moveTo(i, x, y, more) {
    next = { action: "move", joint: model.get("_joints")[i].name, x, y, more };
    sendNext();
  }

  function sendNext() {
    if (waiting || !next) return;
    waiting = true;
    clearTimeout(patience);
    patience = setTimeout(answered, 2000);
    model.send({ ...next, number: ++number });
    next = null;
  }

  function answered() {
    clearTimeout(patience);
    waiting = false;
    if (!next) released = null;
    draw();
    sendNext();
  }

  const heard = (message) => message.moved === number && answered();
  const events = ["_points", "_joints", "_bones", "picked", "mode", "hint", "help", "_can_undo", "_can_reset", "label"].map((name) => `change:${name}`);
  for (const event of events) model.on(event, draw);
  const newPhoto = () => {
    dragged = released = next = null;
    showPhoto();
    draw();
  };
  model.on("change:_image", newPhoto);
  model.on("msg:custom", heard);
  const watch = new ResizeObserver(draw);
  watch.observe(svg);
  newPhoto();
  return () => {
    watch.disconnect();
    for (const event of events) model.off(event, draw);
    model.off("change:_image", newPhoto);
    model.off("msg:custom", heard);
    if (address) URL.revokeObjectURL(address);
  };
}

export default { render };
