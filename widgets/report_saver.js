// Buttons whose files are made in Python and saved by the browser.
const FILES = [["report", "Save the report", "One page with pictures, angles and advice"], ["sheet", "Sheet (PDF)", "The same on one sheet to print"], ["table", "Table (CSV)", "The angles, or the repetitions of a clip, as a table"], ["data", "Everything (JSON)", "Joints, angles and advice for other programs"]];

function render({ model, el }) {
  el.classList.add("fitlab", "fitlab-saver");
  const row = Object.assign(document.createElement("div"), { className: "fitlab-buttons" });
  const buttons = {};
  const view = Math.random(); // two views of one widget hear the same answers
  for (const [save, textContent, title] of FILES) {
    buttons[save] = Object.assign(document.createElement("button"), { type: "button", className: "jupyter-button", textContent, title, onclick: () => model.send({ save, for: view }) });
  }
  row.append(...Object.values(buttons));
  el.append(row);
  const show = () => {
    row.hidden = !model.get("_ready");
    for (const [kind, button] of Object.entries(buttons)) button.hidden = !model.get("_kinds").includes(kind);
  };
  const heard = (message, buffers) => {
    if (message.for !== view) return;
    const href = URL.createObjectURL(new Blob([buffers[0]], { type: message.media }));
    Object.assign(document.createElement("a"), { href, download: message.file }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
  };
  for (const event of ["change:_ready", "change:_kinds"]) model.on(event, show);
  model.on("msg:custom", heard);
  show();
  return () => {
    for (const event of ["change:_ready", "change:_kinds"]) model.off(event, show);
    model.off("msg:custom", heard);
  };
}

export default { render };
