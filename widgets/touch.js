// pythreejs turns a view with one finger and zooms with the wheel, so that nobody could scroll past it. Here one finger
// and the wheel are left to the page; two fingers are told to the view as a mouse that drags, and as its wheel with Ctrl.
const PINCH = 24; // screen pixels between the fingers for one step of the wheel

function render({ el }) {
  el.classList.add("fitlab-touch");
  let room = null, held = null, waiting = null;

  const middle = ([a, b]) => ({ clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });
  const apart = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  const mouse = (name, target, at) => target.dispatchEvent(new MouseEvent(name, { ...at, button: 0, buttons: 1, bubbles: true, cancelable: true }));

  function touched(event) {
    if (!(event.target instanceof HTMLCanvasElement)) return;
    event.stopPropagation();
    const two = event.touches.length === 2;
    if (two) event.preventDefault();
    if (two && !held) {
      held = { canvas: event.target, at: middle(event.touches), apart: apart(event.touches) };
      mouse("mousedown", held.canvas, held.at);
    } else if (two) {
      held.at = middle(event.touches);
      mouse("mousemove", document, held.at);
      const grown = apart(event.touches) - held.apart;
      if (Math.abs(grown) < PINCH) return;
      held.apart += grown;
      held.canvas.dispatchEvent(new WheelEvent("wheel", { ...held.at, ctrlKey: true, deltaY: -Math.sign(grown), cancelable: true }));
    } else if (held) {
      mouse("mouseup", document, held.at);
      held = null;
    }
  }

  function wheeled(event) {
    if (event.target instanceof HTMLCanvasElement && !event.ctrlKey && !event.metaKey) event.stopPropagation();
  }

  const names = ["touchstart", "touchmove", "touchend", "touchcancel"];
  function listen() {
    room = el.closest(".fitlab-viewer");
    if (!room) return void (waiting = requestAnimationFrame(listen));
    for (const name of names) room.addEventListener(name, touched, { capture: true, passive: false });
    room.addEventListener("wheel", wheeled, { capture: true, passive: true });
    room.querySelector(".fitlab-views")?.setAttribute("title", "Drag to turn; Ctrl and the wheel zoom");
  }
  listen();
  return () => {
    cancelAnimationFrame(waiting);
    for (const name of names) room?.removeEventListener(name, touched, { capture: true });
    room?.removeEventListener("wheel", wheeled, { capture: true });
  };
}

export default { render };
