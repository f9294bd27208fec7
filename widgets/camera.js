// The camera, and sentences for whoever has none.
function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function cameraProblem(error) {
  if (["NotAllowedError", "SecurityError"].includes(error?.name)) return "The browser did not allow the camera. Allow it in the address bar, or upload a photo instead.";
  if (["NotFoundError", "OverconstrainedError"].includes(error?.name)) return "No camera was found. Connect one, or upload a photo instead.";
  if (error?.name === "NotReadableError") return "The camera is in use by another program. Close that one, or upload a photo instead.";
  return "The camera could not be started. Upload a photo instead.";
}

// A stream of the camera; an Error whose message is a sentence where there is none.
async function openCamera(video) {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error("Browsers allow the camera on https pages and on localhost only. Upload a photo instead.");
  try {
    return await navigator.mediaDevices.getUserMedia({ video });
  } catch (error) {
    throw new Error(cameraProblem(error));
  }
}
