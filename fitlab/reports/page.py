"""One HTML page that needs nothing else: pictures and curves are inside it, it can be sent, kept and printed."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

import cv2
import numpy as np
from PIL import Image

from fitlab import __version__
from fitlab.colours import INK, PAPER, STRONG_COLOURS, VERDICT_COLOURS

#: Longest side of a picture on a page, in pixels.
PICTURE = 720
_SAFE = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # a browser fetches nothing, whatever is in it
_STYLE = f"""
body {{ font: 16px/1.5 system-ui, sans-serif; color: {INK}; background: {PAPER}; margin: 0 auto; max-width: 60rem;
  padding: 1rem; }}
h1 {{ font-size: 1.6rem; margin: 0.5rem 0; }} h2 {{ font-size: 1.15rem; margin: 1.6rem 0 0.4rem; }}
p.small, figcaption, footer {{ font-size: 0.85rem; color: #4a5261; }}
table {{ border-collapse: collapse; font-size: 0.9rem; }} .wide {{ overflow-x: auto; }}
th, td {{ border-bottom: 1px solid #d5d8de; padding: 0.25rem 0.6rem; text-align: left; white-space: nowrap; }}
td.long {{ white-space: normal; min-width: 11rem; }} td:first-child {{ white-space: normal; min-width: 7rem; }}
img, svg {{ max-width: 100%; height: auto; display: block; border-radius: 4px; }}
svg {{ min-width: 40rem; }}
.row {{ display: flex; flex-wrap: wrap; gap: 1rem; }} figure {{ margin: 0; flex: 0 1 17rem; }}
@media print {{ body {{ max-width: none; padding: 0; font-size: 11pt; }} .wide {{ overflow: visible; }}
  table {{ font-size: 8.5pt; }} figure, tr, svg {{ min-width: 0; break-inside: avoid; }} h2 {{ break-after: avoid; }}
  * {{ -webkit-print-color-adjust: exact; print-color-adjust: exact; }} }}
"""


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page.

    Parameters
    ----------
    title : str
        As plain text.
    parts : iterable of str
        HTML, such as the functions below give.

    Returns
    -------
    str
    """
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_SAFE}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    )
    foot = f"<footer><p>Made by fitlab {__version__}. A training aid, not a medical device.</p></footer>"
    inside = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n<h1>{escape(title)}</h1>\n'
        f"{inside}\n{foot}\n</body></html>\n"
    )


def heading(words: str) -> str:
    """The head of a section."""
    return f"<h2>{escape(words)}</h2>"


def paragraph(words: str, small: bool = False) -> str:
    """A paragraph of plain text."""
    return f"<p{' class=small' if small else ''}>{escape(words)}</p>"


def sentences(said: Sequence[str]) -> str:
    """A list of sentences; nothing where there is none."""
    return "<ul>" + "".join(f"<li>{escape(words)}</li>" for words in said) + "</ul>" if said else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], long: str = "", links: Sequence[str] = ()) -> str:
    """A table; a cell that is a verdict has its colour.

    Parameters
    ----------
    heads : sequence of str
    rows : iterable of sequences
        Unknown numbers (NaN) are shown as a dash.
    long : str
        The head of the column that may break into several lines.
    links : sequence of str
        Where the first cell of each row leads to, beside the page; empty for nowhere.

    Returns
    -------
    str
    """
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = []
    for number, row in enumerate(rows):
        targets = [links[number] if links else "", *[""] * (len(heads) - 1)]
        cells = (_cell(value, head == long, to) for head, value, to in zip(heads, row, targets, strict=True))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    body = "".join(lines)
    return scrolled(f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>")


def scrolled(inside: str) -> str:
    """What is moved sideways on a narrow screen, and not made smaller than can be read."""
    return f'<div class="wide">{inside}</div>'


def _cell(value: object, long: bool, link: str) -> str:
    words = "-" if isinstance(value, float) and np.isnan(value) else str(value)
    colour = VERDICT_COLOURS.get(words, "")
    style = f' style="background:{colour}"' if colour else ""
    linked = f'<a href="{quote(link)}">{escape(words)}</a>' if link else escape(words)
    return f"<td{' class=long' if long else ''}{style}>{linked}</td>"


def figures(pictures: Iterable[tuple[np.ndarray, str, str]]) -> str:
    """Pictures side by side.

    Parameters
    ----------
    pictures : iterable of (image, words, verdict)
        (H, W, 3) uint8, what is said below, and the verdict whose colour the picture's edge has.

    Returns
    -------
    str
    """
    shown = (
        f'<figure><img alt="{escape(words)}" src="{data_uri(image)}" style="border-bottom:6px solid '
        f'{STRONG_COLOURS[verdict]}"><figcaption>{escape(words)}</figcaption></figure>'
        for image, words, verdict in pictures
    )
    return f'<div class="row">{"".join(shown)}</div>'


def data_uri(image: np.ndarray, longest: int = PICTURE) -> str:
    """A picture as text that stands in a page.

    Parameters
    ----------
    image
        (H, W, 3) uint8.
    longest
        px; larger pictures are made smaller.

    Returns
    -------
    str
        A JPEG as a ``data:`` address.
    """
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    if scale < 1:
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=82)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
