// What is above the widget may still grow for a while: until then the notebook is held where the widget begins.
const SECONDS = 3;
const DEEDS = ["wheel", "touchstart", "pointerdown", "keydown"]; // of somebody who wants to be elsewhere

function render({ model, el }) {
  el.classList.add("fitlab-hidden");
  if (!model.get("due")) return;
  model.set("due", false);
  model.save_changes();
  let end = null, waiting = null;

  function leave() {
    cancelAnimationFrame(waiting);
    for (const deed of DEEDS) removeEventListener(deed, leave, { capture: true });
  }

  function hold() {
    const app = el.closest(".fitlab-app"), notebook = el.closest(".jp-WindowedPanel-outer");
    if (app?.offsetHeight && notebook) {
      end ??= performance.now() + 1000 * SECONDS;
      notebook.scrollTop += app.getBoundingClientRect().top - notebook.getBoundingClientRect().top;
    }
    if (end !== null && performance.now() > end) return leave();
    waiting = requestAnimationFrame(hold);
  }

  for (const deed of DEEDS) addEventListener(deed, leave, { capture: true });
  hold();
  return leave;
}

export default { render };
