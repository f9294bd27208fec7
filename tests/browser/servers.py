"""JupyterLab, Voila and Chromium as the browser tests and benchmarks start them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / "tests" / "artefacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # A camera that shows a test picture; pages still have to be allowed to use it.
    "--use-fake-device-for-media-stream",
]
#: Milliseconds; generous, as the tests must pass on a machine that is busy with other things.
PATIENCE = 180_000
#: anywidget says this of a widget that takes longer than two seconds, as on a busy machine; it comes all the same.
HARMLESS = ("[anywidget] Failed to initialize model.",)
SIZES = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
        "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
    },
}


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Address of a JupyterLab that serves a copy of the notebooks in ``folder``."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    # Without this JupyterLab asks on top of the page whether it may fetch news.
    settings = folder / "jupyterlab_settings_dir" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    options = [
        f"--ServerApp.root_dir={folder / 'notebooks'}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.allow_root=True",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
    ]
    yield from _serve("jupyterlab", options, folder, "/api/status")


@contextmanager
def voila(folder: Path, notebook: str, *options: str) -> Iterator[str]:
    """Address of the web page that a copy of ``notebook`` makes; ``options`` as the app takes them."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    yield from _serve("fitlab_widgets.app", [str(folder / "notebooks" / notebook), *options], folder, None)


def _serve(module: str, options: list[str], folder: Path, status: str | None) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", module, "--no-browser", f"--port={port}", *options]
    address = f"http://127.0.0.1:{port}"
    log = folder / f"{module}.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, env=surroundings(folder), stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(server, port, address + status if status else None, log)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def free_port() -> int:
    """A port of this computer that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of a server whose settings are all in ``folder``."""
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR")
    settings = {name: str(folder / name.lower()) for name in (*own, "JUPYTERLAB_WORKSPACES_DIR")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return os.environ | settings | {"JUPYTER_PREFER_ENV_PATH": "1", "PATH": path}


def wait_for(server: subprocess.Popen, port: int, address: str | None, log: Path) -> None:
    """Until the server answers at ``address``, or at least accepts connections: a Voila page costs a kernel."""
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end and server.poll() is None:
        try:
            if address:
                urllib.request.urlopen(address, timeout=5).close()
            else:
                socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")
