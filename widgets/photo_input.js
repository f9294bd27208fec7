// Upload of photos and clips in pieces, webcam with countdown, samples; every failure ends in a sentence.
const KINDS = ".jpg,.jpeg,.png,.webp,.heic,.heif,.avif,image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif";
const SNAPSHOT_SIDE = 1920;

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

function render({ model, el }) {
  el.classList.add("fitlab", "fitlab-input");
  const endings = model.get("_clip_endings");
  const file = element("input", { type: "file", accept: `${KINDS},video/*,${endings.join()}`, multiple: true, className: "fitlab-file" });
  file.setAttribute("aria-label", "Photo or clip to upload");
  const upload = element("button", { type: "button", className: "jupyter-button mod-primary", textContent: "Upload a photo or clip" });
  const sizes = [model.get("_most_bytes"), model.get("_most_clip_bytes")];
  upload.title = `Photos of up to ${megabytes(sizes[0])}, clips of up to ${megabytes(sizes[1])} and ${model.get("_most_seconds")} seconds; of several photos taken in a row the right moment is found`;
  const camera = element("button", { type: "button", className: "jupyter-button", textContent: "Use the camera" });
  const samples = element("select", { className: "fitlab-select" });
  samples.setAttribute("aria-label", "Sample photo");
  const status = element("div", { className: "fitlab-status" });
  status.setAttribute("role", "status");
  status.setAttribute("aria-live", "polite");
  const bar = element("progress", { className: "fitlab-progress" });
  bar.setAttribute("aria-label", "Progress");
  const stop = element("button", { type: "button", className: "jupyter-button fitlab-stop", textContent: "Stop", title: "Stop what is being done with the photo or clip", hidden: true });

  const picture = element("img", { className: "fitlab-preview", hidden: true });
  const video = element("video", { autoplay: true, muted: true, playsInline: true });
  const count = element("div", { className: "fitlab-count" });
  count.setAttribute("aria-live", "assertive");
  const delay = element("select", { className: "fitlab-select" }, ...[3, 5, 10].map((s) => element("option", { value: s, textContent: `in ${s} seconds` })));
  delay.setAttribute("aria-label", "Countdown");
  const snap = element("button", { type: "button", className: "jupyter-button mod-primary", textContent: "Take the photo" });
  const close = element("button", { type: "button", className: "jupyter-button", textContent: "Close the camera" });
  const live = element("button", { type: "button", className: "jupyter-button", textContent: "Count live", title: "Skeleton and repetitions while you move" });
  const studio = element("div", { className: "fitlab-studio", hidden: true }, element("div", { className: "fitlab-video" }, video, count), element("div", { className: "fitlab-buttons" }, snap, delay, live, close));
  el.append(element("div", { className: "fitlab-buttons" }, upload, file, camera, samples), studio, bar, element("div", { className: "fitlab-doing" }, status, stop), picture);

  // Several views of one widget hear the same answers: numbers that no other view has.
  let number = Date.now() * 1000 + Math.floor(Math.random() * 1000), sending = null, waiting = [], stream = null, clock = null, lost = false;

  function say(text, failed) {
    status.textContent = text;
    status.classList.toggle("fitlab-failed", Boolean(failed));
  }

  function working(yes) {
    bar.hidden = stop.hidden = !yes;
  }

  function show() {
    if (lost) return;
    working(model.get("busy") || sending);
    if (sending) return;
    const share = model.get("progress");
    bar.max = 1;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    say(model.get("status"), model.get("failed"));
  }

  function refuse(why) {
    sending = null;
    waiting = [];
    model.send({ action: "refused", why });
    working(false);
    say(why, true);
  }

  const isClip = (name) => endings.some((ending) => name.toLowerCase().endsWith(ending));

  // One clip, one photo, or photos that were taken in a row.
  function sendAll(files) {
    if (!files.length) return;
    waiting = [];
    if (files.length === 1) return send(files[0], files[0].name);
    if (files.some(({ name }) => isClip(name))) return refuse("Choose one clip, or photos without a clip.");
    const most = model.get("_most_photos");
    if (files.length > most) return refuse(`Up to ${most} photos are taken together; choose fewer.`);
    waiting = files.map((one, place) => [one, one.name, { place, of: files.length }]);
    send(...waiting.shift());
  }

  async function send(blob, name, place = {}) {
    const clip = isClip(name), limit = model.get(clip ? "_most_clip_bytes" : "_most_bytes");
    if (lost) return disconnected();
    if (blob.size > limit) return refuse(`${name} has ${megabytes(blob.size)}; ${clip ? "clips" : "photos"} of up to ${megabytes(limit)} are taken. Make it smaller and try again.`);
    if (!blob.size) return refuse(`${name} is empty (0 bytes); copy the ${clip ? "clip" : "photo"} again.`);
    const mine = { number: ++number, name, blob, at: 0 };
    sending = mine;
    model.send({ action: "begin", number: mine.number, name, bytes: blob.size, ...place });
    await sendPiece(mine);
  }

  async function sendPiece(mine) {
    working(true);
    bar.max = mine.blob.size;
    bar.value = mine.at;
    say(`Sending ${mine.name} (${megabytes(mine.blob.size)}) ...`);
    const end = Math.min(mine.at + model.get("_piece_bytes"), mine.blob.size);
    try {
      const piece = await mine.blob.slice(mine.at, end).arrayBuffer();
      if (sending !== mine) return;
      mine.at = end;
      model.send({ action: "piece", number: mine.number }, undefined, [piece]);
    } catch {
      refuse(`${mine.name} could not be read; copy it again.`);
    }
  }

  const heard = (message) => {
    if (!sending || ![message.received, message.refused].includes(sending.number)) return;
    if ("refused" in message) {
      sending = null;
      waiting = [];
      show();
      return say(message.why, true);
    }
    if (sending.at < sending.blob.size) return sendPiece(sending);
    sending = null;
    if (waiting.length) return send(...waiting.shift());
    show();
  };

  stop.onclick = () => {
    if (!sending) return model.send({ action: "stop" });
    sending = null;
    waiting = [];
    show();
    say("The upload was stopped.");
  };
  upload.onclick = () => file.click();
  file.onchange = () => {
    sendAll([...file.files]);
    file.value = ""; // so that the same file can be chosen again
  };
  el.ondragover = (event) => event.preventDefault();
  el.ondrop = (event) => {
    event.preventDefault();
    sendAll([...event.dataTransfer.files]);
  };
  samples.onchange = () => {
    if (samples.value) model.send({ action: "sample", name: samples.value });
    samples.value = "";
  };

  camera.onclick = async () => {
    try {
      stream = await openCamera({ width: { ideal: 1280 }, height: { ideal: 960 } });
    } catch (error) {
      return noCamera(error.message);
    }
    video.srcObject = stream;
    studio.hidden = false;
    live.hidden = !model.get("offers_live");
    camera.disabled = true;
    snap.focus();
  };

  // What is shown of the photo before stays, as no other was given.
  function noCamera(why) {
    model.send({ action: "no camera", why });
    say(why, true);
  }

  function closeCamera() {
    clearInterval(clock);
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    studio.hidden = true;
    camera.disabled = snap.disabled = false;
    count.textContent = "";
  }
  close.onclick = closeCamera;
  live.onclick = () => {
    closeCamera();
    model.send({ action: "live" });
  };

  snap.onclick = () => {
    let left = Number(delay.value);
    snap.disabled = true;
    count.textContent = left;
    clock = setInterval(() => {
      count.textContent = --left || "";
      if (left > 0) return;
      takePhoto();
    }, 1000);
  };

  function takePhoto() {
    clearInterval(clock);
    const { videoWidth: width, videoHeight: height } = video;
    if (!width) {
      closeCamera();
      return noCamera("The camera gave no picture. Try again, or upload a photo instead.");
    }
    const scale = Math.min(1, SNAPSHOT_SIDE / Math.max(width, height));
    const canvas = element("canvas", { width: width * scale, height: height * scale });
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    closeCamera();
    canvas.toBlob((blob) => (blob ? send(blob, "webcam") : noCamera("The camera gave no picture. Try again.")), "image/jpeg", 0.92);
  }

  function showPhoto() {
    const bytes = model.get("_image");
    URL.revokeObjectURL(picture.src);
    picture.hidden = !bytes?.byteLength;
    if (!picture.hidden) picture.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    picture.alt = "The photo";
  }

  function listSamples() {
    const names = model.get("samples");
    samples.hidden = !names.length;
    samples.replaceChildren(element("option", { value: "", textContent: "Samples" }), ...names.map((name) => element("option", { value: name, textContent: name.replaceAll("_", " ") })));
  }

  function disconnected() {
    lost = true;
    sending = null;
    working(false);
    say("The connection to Python was lost. Run the cell again, or reload the page.", true);
  }

  const changes = ["status", "busy", "failed", "progress"].map((name) => `change:${name}`);
  for (const event of changes) model.on(event, show);
  model.on("change:samples", listSamples);
  model.on("change:_image", showPhoto);
  model.on("msg:custom", heard);
  model.on("comm_live_update", disconnected);
  listSamples();
  showPhoto();
  show();
  return () => {
    closeCamera();
    for (const event of changes) model.off(event, show);
    model.off("change:samples", listSamples);
    model.off("change:_image", showPhoto);
    URL.revokeObjectURL(picture.src);
    model.off("msg:custom", heard);
    model.off("comm_live_update", disconnected);
  };
}

export default { render };
