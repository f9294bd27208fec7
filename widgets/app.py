"""The app as a web page, for this computer alone or for phones near by: ``python -m fitlab_widgets.app NOTEBOOK``."""

from __future__ import annotations

import argparse
import ctypes
import gc
import secrets
import socket
import ssl
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import traitlets as T
from fitlab_widgets.certificate import write_certificate
from fitlab_widgets.style import HERE
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from fitlab.extras import missing

#: Pages that may be open at the same time: each has a Python of its own, whose memory holds only its own photos.
MOST_VISITORS = 12
#: Bytes of one message from a browser. Photos come in pieces of 2 MB, so nothing sound is longer.
MOST_MESSAGE = 16_000_000
#: How pages speak to their Python. Voila takes messages of the older protocol for ones of this, and counts for ever.
PROTOCOL = "v1.kernel.websocket.jupyter.org"
#: Seconds after which the Python of a visitor who left without a word ends.
IDLE = 1800
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is easily taken for another
#: Seconds after which whoever found every page taken tries again.
AGAIN = 10


class TooManyVisitors(RuntimeError):
    """As many pages are open as may be."""


class Pythons(AsyncMappingKernelManager):
    """The Pythons of the visitors, at most ``most``; those that are still being started count, too."""

    most = T.Int(MOST_VISITORS, config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._coming: set[str] = set()

    async def start_kernel(self, **options: Any) -> str:  # type: ignore[override]  # async in the class between
        """Start one.

        Parameters
        ----------
        **options
            As Jupyter takes them.

        Returns
        -------
        str
            Its number.

        Raises
        ------
        TooManyVisitors
            If there are ``most`` already; it says how many.
        """
        if len(self._coming.union(self.list_kernel_ids())) >= self.most:
            raise TooManyVisitors(self.most)
        number = options["kernel_id"] = self.new_kernel_id()
        self._coming.add(number)
        try:
            return await super().start_kernel(**options)
        finally:
            self._coming.discard(number)

    async def shutdown_kernel(self, kernel_id: str, now: bool = False, restart: bool = False) -> None:  # type: ignore[override]
        """End one, and give back what its page took.

        Parameters
        ----------
        kernel_id
            Its number.
        now, restart
            As Jupyter takes them.
        """
        await super().shutdown_kernel(kernel_id, now, restart)
        give_memory_back()


def give_memory_back() -> None:
    """Hand freed memory to the system, which glibc keeps to itself: half a megabyte for every visitor there was."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        gc.collect()
        trim(0)


class _Page(TornadoVoilaHandler):
    """The page, for so many visitors."""

    async def get(self, path: str | None = None) -> None:
        _ = self.xsrf_token  # sets the cookie without which the page that is closed may not end its Python
        try:
            await super().get(path)
        except TooManyVisitors as error:
            self.set_status(503)
            self.finish(full(*error.args))


def full(most: int) -> str:
    """The page for whoever finds ``most`` pages open already; it tries again by itself."""
    there = "One page is" if most == 1 else f"{most} pages are"
    return (
        "<!doctype html><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<meta http-equiv='refresh' content='{AGAIN}'><title>Full - fitlab</title>"
        "<div style='font: 18px sans-serif; margin: 2em; max-width: 32em'>"
        f"<h1 style='font-size: 24px'>Nobody else fits in just now</h1><p>{there} open already, and this computer "
        "serves no more at a time. You come in by yourself as soon as somebody closes theirs: this page tries again "
        f"every {AGAIN} seconds.</div>"
    )


class _Channels(VoilaKernelWebsocketHandler):
    """The messages between a page and its Python, for those who speak the newer protocol."""

    async def get(self, kernel_id: str) -> None:
        if PROTOCOL in self.request.headers.get("Sec-WebSocket-Protocol", ""):
            await super().get(kernel_id)
        else:
            self.set_status(400)
            self.finish(f"Speak {PROTOCOL}.")


#: Voila's handler -> the one in its place.
_IN_PLACE_OF = {TornadoVoilaHandler: _Page, VoilaKernelWebsocketHandler: _Channels}


class App(Voila):
    """Voila with fitlab's page, a limit of visitors and, where it is given a certificate, HTTPS."""

    encryption: ssl.SSLContext | None = None

    def setup_template_dirs(self) -> None:
        """Look for fitlab's own page before Voila's."""
        super().setup_template_dirs()
        self.template_paths.insert(0, str(HERE / "page"))

    def init_handlers(self) -> list:
        """Serve the notebook by fitlab's page, and its messages in one protocol.

        Returns
        -------
        list
            Routes as Tornado takes them.
        """
        return [(route[0], _IN_PLACE_OF.get(route[1], route[1]), *route[2:]) for route in super().init_handlers()]

    def listen(self) -> None:
        """Serve, over HTTPS where there is a certificate."""
        self.app.listen = partial(self.app.listen, ssl_options=self.encryption)
        super().listen()


def serve(
    notebook: str | Path,
    port: int = 8866,
    phone: bool = False,
    browser: bool = True,
    visitors: int = MOST_VISITORS,
) -> None:
    """Serve a notebook as a web page until it is interrupted.

    Parameters
    ----------
    notebook
        A file.
    port
        Or the next free one.
    phone
        For every device in the local network instead of this computer alone: over HTTPS, without which browsers give no
        camera, with a certificate that is made for this start alone, and at an address with a code that only those know
        who are shown it.
    browser
        Whether the page is opened at once; not with ``phone``.
    visitors
        Pages that may be open at the same time.
    """
    config = Config()
    config.Voila.ip = "127.0.0.1"
    config.Voila.open_browser = browser and not phone
    config.Voila.port = port
    config.Voila.log_level = "WARN"
    config.Voila.tornado_settings = {"websocket_max_message_size": MOST_MESSAGE}
    config.MappingKernelManager.cull_idle_timeout = IDLE
    config.MappingKernelManager.cull_interval = min(IDLE, 60)
    config.VoilaConfiguration.show_tracebacks = False
    config.Pythons.most = visitors
    config.VoilaConfiguration.multi_kernel_manager_class = Pythons
    app = App(config=config)
    if not phone:
        app.initialize([str(notebook)])
        print(f"The app: http://127.0.0.1:{port}/   (Ctrl+C ends it)", flush=True)
        return app.start()
    address, code = local_address(), pairing_code()
    with tempfile.TemporaryDirectory() as folder:
        certificate, key, fingerprint = write_certificate(Path(folder), address)
        app.encryption = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        app.encryption.load_cert_chain(certificate, key)
    config.Voila.ip = "0.0.0.0"
    config.Voila.base_url = f"/{code}/"
    config.Voila.port_retries = 0  # the address is shown before
    app.update_config(config)
    app.initialize([str(notebook)])
    print(invitation(f"https://{address}:{port}/{code}/", fingerprint), flush=True)
    return app.start()


def invitation(address: str, fingerprint: str) -> str:
    """What is printed for those who have a phone: the address, as a QR code too, and what their browser will ask.

    Parameters
    ----------
    address
        With the pairing code.
    fingerprint
        Of the certificate.

    Returns
    -------
    str

    Raises
    ------
    ImportError
        If what makes QR codes is not installed; it says how to install it.
    """
    try:
        import io

        import segno
    except ImportError as error:
        raise missing("phone", "the app for phones needs segno and cryptography") from error
    picture = io.StringIO()
    segno.make(address, error="m").terminal(picture, compact=True)
    return (
        f"{picture.getvalue()}\n{address}\n\n"
        "Open this address with a phone in the same network, or point its camera at the code.\n"
        "The browser warns once, since the certificate was made by this computer: choose to go on. Its fingerprint is\n"
        f"{fingerprint}\n"
        "Whoever has the address can use the app until you end it with Ctrl+C; nobody sees the photos of another."
    )


def local_address() -> str:
    """The address of this computer in the local network, without a packet being sent.

    Returns
    -------
    str
        Such as 192.168.0.10.

    Raises
    ------
    OSError
        If the computer is in no network.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation, which nobody has
        except OSError as error:
            raise OSError("this computer is in no network that a phone could reach; connect it to one first") from error
        return probe.getsockname()[0]


def pairing_code(length: int = 10) -> str:
    """Letters and digits for an address that cannot be guessed, and can be typed."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def main(arguments: Sequence[str] | None = None) -> None:
    """Carry out ``python -m fitlab_widgets.app``.

    Parameters
    ----------
    arguments
        Of the command line; by default those of this process.
    """
    parser = argparse.ArgumentParser(prog="python -m fitlab_widgets.app", description=__doc__)
    parser.add_argument("notebook", type=Path, help="such as notebooks/02_app.ipynb")
    parser.add_argument("--phone", action="store_true", help="for phones in the local network, over HTTPS")
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    parser.add_argument(
        "--visitors", type=int, default=MOST_VISITORS, help="pages open at a time (%(default)s); each takes memory"
    )
    given = parser.parse_args(arguments)
    if given.visitors < 1:
        parser.error(f"--visitors takes 1 or more, not {given.visitors}")
    if not given.notebook.is_file():
        parser.error(f"there is no notebook {given.notebook}")
    try:
        serve(given.notebook, given.port, given.phone, not given.no_browser, given.visitors)
    except (ImportError, OSError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
