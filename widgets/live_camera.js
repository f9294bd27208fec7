// The camera's pictures go to Python one at a time, the next one when the last is answered; the skeleton comes back.
// Of several views of one widget the one that Python names in `_view` opens the camera.
const QUALITY = 0.75, WAIT = 4000; // milliseconds after which an answer is not waited for any more

function render({ model, el }) {
  el.classList.add("fitlab", "fitlab-live");
  const start = element("button", { type: "button", className: "jupyter-button", onclick: () => (model.get("running") ? stop() : claim()) });
  const video = element("video", { autoplay: true, muted: true, playsInline: true });
  const drawing = make("svg", { "aria-hidden": "true" });
  const count = element("div", { className: "fitlab-live-count" }), words = element("div", { className: "fitlab-live-words" });
  count.setAttribute("role", "status");
  const room = element("div", { className: "fitlab-video", hidden: true }, video, count, words);
  room.append(drawing);
  const note = element("div", { className: "fitlab-note" }), trouble = element("div", { className: "fitlab-status fitlab-failed" });
  trouble.setAttribute("role", "status");
  el.append(element("div", { className: "fitlab-buttons" }, start), trouble, room, note);
  const canvas = document.createElement("canvas");
  const view = `${Date.now()}-${Math.random()}`;
  let stream = null, opening = false, number = Math.floor(Math.random() * 2 ** 40), asked = 0, times = [];
  const ours = () => model.get("running") && model.get("_view") === view;

  function claim() {
    model.send({ action: "claim", view });
  }

  async function open() {
    opening = true;
    try {
      stream = await openCamera({ width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" });
    } catch (error) {
      if (ours()) stop(error.message);
    }
    opening = false;
    if (!stream) return;
    if (!ours()) return close(); // it was stopped meanwhile
    video.srcObject = stream;
    asked = 0;
    show();
    next();
  }

  function close() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    drawing.replaceChildren();
  }

  function stop(why = "") {
    model.set("complaint", why);
    model.set("running", false);
    model.save_changes();
  }

  function show() {
    const on = Boolean(stream);
    room.hidden = !on;
    trouble.textContent = model.get("complaint");
    start.textContent = model.get("running") ? "Stop counting" : "Count live with the camera";
    note.textContent = on ? "The pictures go to Python on the computer that runs this page, and no further; none is kept." : "";
    if (model.get("running") && model.get("_view") && !ours()) note.textContent = "The camera is on in another view.";
    if (!on) count.textContent = words.textContent = "";
  }

  function next() {
    if (!stream) return;
    const { videoWidth: width, videoHeight: height } = video;
    if (!width || performance.now() - asked < WAIT && asked) return void setTimeout(next, 50);
    const scale = Math.min(1, model.get("_side") / Math.max(width, height));
    [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    const seconds = performance.now() / 1000, mine = ++number;
    asked = performance.now();
    canvas.toBlob(async (blob) => blob && model.send({ action: "picture", view, number: mine, seconds }, undefined, [await blob.arrayBuffer()]), "image/jpeg", QUALITY);
    setTimeout(() => mine === number && next(), WAIT + 100); // in case the answer never comes
  }

  const heard = (message) => {
    if (message.seen !== number || !stream) return;
    asked = 0;
    times = [...times, performance.now()].slice(-20);
    draw(message.points);
    count.textContent = message.count ?? "";
    const rate = times.length > 5 ? `, ${((times.length - 1) / ((times.at(-1) - times[0]) / 1000)).toFixed(0)} pictures a second` : "";
    words.textContent = message.points.length ? `${model.get("_title")}: ${message.words}${rate}` : "Nobody is seen; step back until all of you is in the picture.";
    requestAnimationFrame(next);
  };

  function draw(points) {
    drawing.setAttribute("viewBox", `0 0 ${canvas.width} ${canvas.height}`);
    drawing.replaceChildren();
    for (const [a, b, stroke] of model.get("_bones")) {
      const from = points[a], to = points[b];
      if (!from || !to) continue;
      const line = { x1: from[0], y1: from[1], x2: to[0], y2: to[1], "stroke-linecap": "round" };
      make("line", { ...line, stroke: "#fff", "stroke-width": 7, opacity: 0.7 }, drawing);
      make("line", { ...line, stroke, "stroke-width": 4 }, drawing);
    }
  }

  // Python may switch it on and off, too.
  function switched() {
    if (model.get("running") && !model.get("_view")) claim();
    if (ours() && !stream && !opening) open();
    if (!ours() && stream) close();
    show();
  }
  const changes = ["change:running", "change:_view", "change:complaint"];
  for (const change of changes) model.on(change, switched);
  model.on("msg:custom", heard);
  switched();
  return () => {
    for (const change of changes) model.off(change, switched);
    model.off("msg:custom", heard);
    if (ours()) stop();
    close();
  };
}

export default { render };
