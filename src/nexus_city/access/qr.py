"""QR codes as SVG, in the colours of the night sea."""

import segno


def qr_svg(text: str) -> str:
    """Return `text` as a QR code, an SVG that can stand alone."""
    drawn: str = segno.make(text, error="m", micro=False).svg_inline(
        border=2, dark="#04070d", light="#f4f1ea", omitsize=True
    )
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
