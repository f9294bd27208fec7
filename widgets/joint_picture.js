// A photo with joints as SVG: look, pick, or drag by mouse, finger or arrow keys.
const SEEN = 0.3, SURE = 0.6;
const REACH = { mouse: 14, touch: 24 }; // screen pixels: how near a pointer must come, and what counts as together
const JITTER = { mouse: 3, touch: 7 }; // how far it goes in a tap
const DOT = [2.2, 5.5], PERSON = 55; // radius of the dots, and how many of them are as long as the person

function render({ model, el }) {
  el.classList.add("fitlab", "fitlab-picture");
  const svg = make("svg", { role: "group" });
  const picture = make("image", { x: -0.5, y: -0.5 }, svg);
  const bones = make("g", { "pointer-events": "none" }, svg);
  const arcs = make("g", { "pointer-events": "none", class: "fitlab-arcs" }, svg);
  const dots = make("g", {}, svg);
  const frame = make("rect", { class: "fitlab-box", "vector-effect": "non-scaling-stroke", "pointer-events": "none" }, svg);
  const name = make("text", { class: "fitlab-joint-name", "pointer-events": "none" }, svg);
  const stage = block("fitlab-stage"), chooser = block("fitlab-chooser"), tools = block("fitlab-buttons");
  const hint = block("fitlab-note"), instead = block("fitlab-buttons fitlab-note"), help = block("fitlab-note fitlab-help");
  chooser.hidden = instead.hidden = true;
  chooser.setAttribute("role", "group");
  chooser.setAttribute("aria-label", "Joints at this place");
  for (const node of [hint, instead]) node.setAttribute("aria-live", "polite");
  const list = document.createElement("select");
  list.className = "fitlab-select";
  list.setAttribute("aria-label", "Joint to move");
  const undo = button("Undo", () => model.send({ action: "undo" }));
  const reset = button("Reset", () => model.send({ action: "reset" }));
  tools.append(list, undo, reset);
  stage.append(svg, chooser);
  el.append(stage, instead, tools, hint, help);

  // `released` is where a joint was left until the kernel has it, `chosen` the joint that was tapped or taken from the
  // list, `tapped` the last tap, `near` the joint under the mouse.
  let address = null, nodes = [], dragged = null, released = null, chosen = null, tapped = null, near = null, wide = 1;
  // Movements are sent one at a time: the next one goes out when the last has been answered.
  let number = Math.floor(Math.random() * 2 ** 40), waiting = false, next = null, patience = null;
  const boxing = () => model.get("mode") === "box";
  const plain = () => ["show", "box"].includes(model.get("mode"));
  const grips = (touch) => boxing() || (editing() && (dragged ? dragged.i !== null : within(touch, REACH.touch).length > 0));
  const view = photoView({ svg, stage, size, busy: () => dragged?.moved ?? false, grips, changed: () => draw() });
  const loupe = photoLoupe(stage);

  function block(className) {
    return Object.assign(document.createElement("div"), { className });
  }

  function button(text, action) {
    return Object.assign(document.createElement("button"), { type: "button", className: "jupyter-button", textContent: text, onclick: action });
  }

  function size() {
    const [width, height] = model.get("_size");
    return { width, height };
  }

  const label = (i) => model.get("_joints")[i].label;
  const editing = () => model.get("mode") === "edit";

  function showPhoto() {
    const { width, height } = size();
    svg.style.aspectRatio = `${width} / ${height}`;
    svg.style.setProperty("--fitlab-aspect", width / height);
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
    for (const held of [dragged, released]) if (held && held.i === i && held.moved) return [held.x, held.y, 1];
    if (points[i]) return points[i];
    if (!editing() || !points.length) return null;
    // A joint that was not found waits at the left edge to be dragged into place.
    const { height } = size();
    return [0, (height * (i + 1)) / (points.length + 1), 0];
  }

  function shown(at) {
    return at && (at[2] >= SEEN || editing());
  }

  // The joints that an event may mean, the nearest first.
  function within(event, reach) {
    const { x, y } = view.toPhoto(event), unit = view.unit();
    const found = nodes.map((_, i) => ({ i, at: place(i) })).filter(({ at }) => shown(at));
    for (const one of found) one.far = Math.hypot(one.at[0] - x, one.at[1] - y) / unit;
    const reached = found.filter(({ far }) => far <= reach).sort((a, b) => a.far - b.far);
    return reached.map(({ i }) => i);
  }

  // The one of them that it does mean.
  const meant = (joints) => (joints.includes(chosen) ? chosen : joints[0] ?? null);
  const kind = (event) => (event.pointerType === "mouse" ? "mouse" : "touch");

  function dotRadius(unit) {
    const seen = nodes.map((_, i) => place(i)).filter((at) => at && at[2] >= SEEN);
    if (!seen.length) return DOT[1];
    const [across, down] = [0, 1].map((axis) => Math.max(...seen.map((at) => at[axis])) - Math.min(...seen.map((at) => at[axis])));
    return Math.min(Math.max(Math.hypot(across, down) / unit / PERSON, DOT[0]), DOT[1]);
  }

  function draw() {
    const joints = model.get("_joints"), mode = model.get("mode"), picked = model.get("picked");
    const unit = view.unit(), active = !plain();
    svg.setAttribute("aria-label", model.get("label"));
    tools.hidden = mode !== "edit" || !joints.length;
    undo.hidden = !model.get("_can_undo");
    reset.hidden = !model.get("_can_reset");
    hint.textContent = model.get("hint");
    help.textContent = mode === "edit" && joints.length ? model.get("help") : "";
    if (nodes.length !== joints.length) {
      dots.replaceChildren();
      nodes = joints.map((_, i) => dot(i));
      list.replaceChildren(new Option("Drag a joint, or choose one here", ""), ...joints.map((joint, i) => new Option(joint.label, i)));
    }
    list.value = chosen ?? "";
    const radius = dotRadius(unit);
    wide = radius / DOT[1];
    bones.replaceChildren();
    for (const [a, b, colour] of model.get("_bones")) {
      const from = place(a), to = place(b);
      if (!from || !to || from[2] < SEEN || to[2] < SEEN) continue;
      const line = { x1: from[0], y1: from[1], x2: to[0], y2: to[1], "stroke-linecap": "round", "vector-effect": "non-scaling-stroke" };
      make("line", { ...line, stroke: "#fff", "stroke-width": 3 * wide + 2, opacity: 0.8 }, bones);
      make("line", { ...line, stroke: colour, "stroke-width": 3 * wide }, bones);
    }
    const { width, height } = size();
    drawAngles(arcs, model.get("_angles"), place, joints.map((_, i) => place(i)), unit, { left: 0, top: 0, right: width, bottom: height }, view.covered());
    joints.forEach((joint, i) => {
      const at = place(i), { group, reach, halo, disc } = nodes[i];
      group.style.display = shown(at) ? "" : "none";
      if (!shown(at)) return;
      const order = picked.indexOf(joint.name), marked = i === chosen && active;
      group.setAttribute("transform", `translate(${at[0]} ${at[1]})`);
      group.setAttribute("opacity", at[2] < SEEN && !marked ? 0.45 : 1);
      reach.setAttribute("r", REACH.touch * 0.8 * unit);
      for (const circle of [halo, disc]) circle.setAttribute("r", (order >= 0 || marked ? 1.7 : 1) * radius * unit);
      disc.setAttribute("fill", order >= 0 ? "#ffb300" : at[2] >= SURE ? joint.colour : "#fff");
      disc.setAttribute("stroke", joint.colour);
      disc.setAttribute("stroke-width", 2 * Math.max(wide, 0.6));
      for (const [key, value] of Object.entries({ tabindex: active ? 0 : -1, role: active ? "button" : "img" })) group.setAttribute(key, value);
      const state = order >= 0 ? `, picked as number ${order + 1}` : at[2] < SEEN ? ", not found" : "";
      group.setAttribute("aria-label", `${joint.label}${state}`);
      group.classList.toggle("fitlab-near", active && (i === near || marked));
    });
    writeName(active ? dragged?.i ?? near ?? chosen : null, unit, radius);
    if (dragged?.moved && dragged.kind === "touch") {
      const [x, y] = place(dragged.i);
      loupe.show({ x, y, unit, bones, image: picture, onLeft: dragged.onLeft });
    } else loupe.hide();
  }

  function writeName(i, unit, radius) {
    const at = i === null || !nodes[i] ? null : place(i);
    name.style.display = shown(at) ? "" : "none";
    if (!shown(at)) return;
    const { width } = size(), right = at[0] > 0.6 * width, gap = (2.4 * radius + 4) * unit;
    name.textContent = label(i);
    for (const [key, value] of Object.entries({ x: at[0] + (right ? -gap : gap), y: at[1], dy: "0.35em", "text-anchor": right ? "end" : "start", "font-size": 14 * unit, "stroke-width": 4 * unit })) name.setAttribute(key, value);
  }

  function dot(i) {
    const group = make("g", { class: "fitlab-joint" }, dots);
    group.dataset.joint = model.get("_joints")[i].name;
    const reach = make("circle", { fill: "transparent" }, group);
    const halo = make("circle", { class: "fitlab-halo", "vector-effect": "non-scaling-stroke" }, group);
    const disc = make("circle", { "vector-effect": "non-scaling-stroke" }, group);
    group.onkeydown = (event) => key(event, i);
    group.onfocus = () => dragged || choose(i);
    return { group, reach, halo, disc };
  }

  function choose(i) {
    chosen = i;
    if (near !== null) near = i;
    draw();
  }

  list.onchange = () => {
    clean();
    choose(list.value === "" ? null : Number(list.value));
    if (chosen !== null) nodes[chosen].group.focus({ preventScroll: true });
  };

  // What was offered about the last tap or drag.
  function clean() {
    chooser.hidden = instead.hidden = true;
  }

  svg.onpointerdown = (event) => {
    if (event.button || !event.isPrimary) return;
    const joints = plain() ? [] : within(event, REACH[kind(event)]);
    instead.hidden = true;
    const start = { clientX: event.clientX, clientY: event.clientY };
    const i = meant(joints);
    dragged = { i, joints, kind: kind(event), start, grip: view.toPhoto(event), moved: false };
    if (i !== null && editing()) {
      event.preventDefault(); // else the browser would select text
      dragged.from = place(i);
      nodes[i].group.focus({ preventScroll: true });
    } else if (!boxing()) view.grab(event);
    svg.setPointerCapture(event.pointerId);
  };

  svg.onpointermove = (event) => (dragged ? follow(event) : hover(event));

  function hover(event) {
    if (kind(event) !== "mouse" || plain()) return;
    const now = meant(within(event, REACH.mouse));
    svg.style.cursor = now === null ? "" : editing() ? "grab" : "pointer";
    if (now === near) return;
    near = now;
    draw();
  }

  function follow(event) {
    if (view.pinching()) return void (dragged = null);
    view.drag(event);
    const far = Math.hypot(event.clientX - dragged.start.clientX, event.clientY - dragged.start.clientY);
    dragged.far = Math.max(dragged.far ?? 0, far);
    if (boxing()) drawBox(boxTo(event));
    if (dragged.i === null || !editing() || !(dragged.moved || far > JITTER[dragged.kind])) return;
    const at = view.toPhoto(event), box = svg.getBoundingClientRect();
    const to = inPhoto(dragged.from[0] + at.x - dragged.grip.x, dragged.from[1] + at.y - dragged.grip.y);
    Object.assign(dragged, to, { moved: true, onLeft: event.clientX < box.left + box.width / 2 });
    chooser.hidden = true;
    draw();
    moveTo(dragged.i, dragged.x, dragged.y, true);
  }

  svg.onpointerleave = () => {
    near = null;
    draw();
  };

  svg.onpointerup = (event) => {
    if (dragged) follow(event);
    const left = dragged;
    dragged = null;
    view.release();
    if (!left) return;
    if (boxing()) {
      drawBox(null);
      model.set("box", boxFrom(left.grip, left.far > JITTER[left.kind] ? inPhoto(...Object.values(view.toPhoto(event))) : left.grip));
      model.save_changes();
    } else if (left.moved) {
      offerInstead(left);
      if (left.i !== chosen) chosen = null;
      leaveAt(left.i, left);
    } else if (!(left.far > JITTER[left.kind])) tap(event, left.joints);
    draw();
  };

  svg.onpointercancel = () => {
    const left = dragged;
    drawBox(null);
    dragged = null;
    view.release();
    if (left?.moved) leaveAt(left.i, left);
    draw();
  };

  // [left, top, right, bottom] between two points of the photo.
  function boxFrom(a, b) {
    return [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.max(a.x, b.x), Math.max(a.y, b.y)];
  }

  const boxTo = (event) => boxFrom(dragged.grip, inPhoto(...Object.values(view.toPhoto(event))));

  function drawBox(box) {
    frame.style.display = box ? "" : "none";
    if (!box) return;
    const [left, top, right, bottom] = box;
    for (const [key, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) frame.setAttribute(key, value);
  }

  // A tap means the nearest joint, the next tap at the same place the next one there.
  function tap(event, joints) {
    if (plain()) return;
    const same = tapped?.joints.length > 1 && Math.hypot(event.clientX - tapped.x, event.clientY - tapped.y) <= JITTER.touch;
    const again = same ? tapped : null, turn = again ? again.turn + 1 : 0, among = again ? again.joints : joints;
    tapped = { x: event.clientX, y: event.clientY, joints: among, turn };
    if (!among.length) {
      clean();
      choose(null);
      if (model.get("mode") === "pick") say("There is no joint at that place; click on one of the dots.");
      return;
    }
    const i = among[turn % among.length];
    tapped.before = again ? again.before : model.get("picked");
    if (model.get("mode") === "pick") pick(i, tapped.before);
    choose(i);
    if (editing()) nodes[i].group.focus({ preventScroll: true });
    offer(event, among);
  }

  // Every joint within a finger's width of a tap, by name.
  function offer(event, joints) {
    chooser.hidden = joints.length < 2;
    if (chooser.hidden) return;
    const buttons = joints.map((i) => {
      const node = button(label(i), () => {
        if (model.get("mode") === "pick" && i !== chosen) pick(i, tapped.before);
        choose(i);
        clean();
        nodes[i].group.focus({ preventScroll: true });
      });
      node.classList.toggle("mod-active", i === chosen);
      node.setAttribute("aria-pressed", i === chosen);
      return node;
    });
    chooser.replaceChildren(...buttons);
    const box = stage.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    chooser.style.left = `${Math.max(Math.min(x - chooser.offsetWidth / 2, box.width - chooser.offsetWidth), 0)}px`;
    const below = y + 1.2 * REACH.touch;
    chooser.style.top = `${below + chooser.offsetHeight <= box.height ? below : Math.max(y - 1.2 * REACH.touch - chooser.offsetHeight, 0)}px`;
  }

  // After a drag where several lay together: another one of them may have been meant.
  function offerInstead(left) {
    const others = left.joints.filter((i) => i !== left.i);
    instead.hidden = !others.length || left.i === chosen;
    if (instead.hidden) return;
    const buttons = others.map((i) => button(label(i), () => {
      instead.hidden = true;
      model.send({ action: "undo" });
      chosen = i;
      leaveAt(i, left);
    }));
    instead.replaceChildren(`Moved the ${label(left.i)}. Instead: `, ...buttons);
  }

  function inPhoto(x, y) {
    const { width, height } = size();
    return { x: Math.min(Math.max(x, 0), width - 1), y: Math.min(Math.max(y, 0), height - 1) };
  }

  function key(event, i) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (editing() && step) {
      event.preventDefault();
      event.stopPropagation();
      const at = place(i), far = Math.max(1, (event.shiftKey ? 10 : 2) * view.unit());
      leaveAt(i, inPhoto(at[0] + far * step[0], at[1] + far * step[1]));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (model.get("mode") === "pick") pick(i, model.get("picked"));
    }
  }

  function say(words) {
    model.set("hint", words);
    model.save_changes();
  }

  // A joint picked twice is let go; a fourth one begins anew.
  function pick(i, before) {
    const { name } = model.get("_joints")[i], rest = before.filter((one) => one !== name);
    model.set("picked", rest.length < before.length ? rest : before.length === 3 ? [name] : [...before, name]);
    say("");
  }

  function leaveAt(i, { x, y }) {
    released = { i, x, y, moved: true };
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
  const newMode = () => {
    clean();
    drawBox(null);
    svg.style.cursor = boxing() ? "crosshair" : "";
    chosen = tapped = null;
    draw();
  };
  const events = ["_points", "_joints", "_bones", "_angles", "picked", "hint", "help", "_can_undo", "_can_reset", "label"].map((name) => `change:${name}`);
  for (const event of events) model.on(event, draw);
  const newPhoto = () => {
    dragged = released = next = chosen = tapped = near = null;
    clean();
    showPhoto();
    view.whole();
  };
  model.on("change:mode", newMode);
  model.on("change:_image", newPhoto);
  model.on("msg:custom", heard);
  const watch = new ResizeObserver(draw);
  watch.observe(svg);
  newPhoto();
  newMode();
  return () => {
    watch.disconnect();
    for (const event of events) model.off(event, draw);
    model.off("change:mode", newMode);
    model.off("change:_image", newPhoto);
    model.off("msg:custom", heard);
    if (address) URL.revokeObjectURL(address);
  };
}

export default { render };
