// Buttons whose files are made in Python and saved by the browser.
const FILES = [["report", "Save the report", "One page with pictures, angles and advice"], ["table", "Table (CSV)", "The angles, or the repetitions of a clip, as a table"], ["data", "Everything (JSON)", "Joints, angles and advice for other programs"]];

function render({ model, el }) {
  el.classList.add("fitlab", "fitlab-saver");
  const row = Object.assign(document.createElement("div"), { className: "fitlab-buttons" });
  const view = Math.random(); // two views of one widget hear the same answers
  for (const [save, textContent, title] of FILES) {
    row.append(Object.assign(document.createElement("button"), { type: "button", className: "jupyter-button", textContent, title, onclick: () => model.send({ save, for: view }) }));
  }
  el.append(row);
  const show = () => (row.hidden = !model.get("_ready"));
  const heard = (message, buffers) => {
    if (message.for !== view) return;
    const href = URL.createObjectURL(new Blob([buffers[0]], { type: message.media }));
    Object.assign(document.createElement("a"), { href, download: message.file }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
  };
  model.on("change:_ready", show);
  model.on("msg:custom", heard);
  show();
  return () => {
    model.off("change:_ready", show);
    model.off("msg:custom", heard);
  };
}

export default { render };
