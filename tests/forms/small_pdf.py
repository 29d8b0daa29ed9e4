"""Small PDF forms for tests, written by hand: no form of anybody."""

from io import BytesIO

from pypdf import PdfReader

_MULTILINE = 1 << 12
_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_EMPTY = "<< /Length 0 >>\nstream\n\nendstream"


def pdf_form(*names, boxes=(), longest=None, multiline=(), signature=None, xfa=False):
    """A one-page form with a text field for each name, and a box with the state ``Yes`` for each of ``boxes``."""
    limit = f" /MaxLen {longest}" if longest is not None else ""
    kinds = [
        *((name, f"/FT /Tx /Ff {_MULTILINE if name in multiline else 0}{limit}") for name in names),
        *((name, "/FT /Btn /AP << /N << /Yes 5 0 R /Off 5 0 R >> >>") for name in boxes),
        *([(signature, "/FT /Sig")] if signature is not None else []),
    ]
    fields = [
        f"<< /Type /Annot /Subtype /Widget /T ({name}) /F 4 /P 3 0 R /DA (/Helv 10 Tf 0 g) "
        f"/Rect [50 {720 - 30 * place} 400 {740 - 30 * place}] {kind} >>"
        for place, (name, kind) in enumerate(kinds)
    ]
    numbers = " ".join(f"{6 + place} 0 R" for place in range(len(fields)))
    second = " /XFA (<xdp/>)" if xfa else ""
    form = f"<< /Fields [{numbers}] /DR << /Font << /Helv 4 0 R >> >> /DA (/Helv 10 Tf 0 g){second} >>"
    return _written(
        f"<< /Type /Catalog /Pages 2 0 R /AcroForm {form} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Annots [{numbers}] >>",
        _FONT,
        _EMPTY,
        *fields,
    )


def _written(*objects):
    """A PDF of these objects, the first of which is its root."""
    body = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return body + f"{end}startxref\n{len(body)}\n%%EOF\n".encode()


def values_of(content):
    """What the fields of a PDF say."""
    fields = PdfReader(BytesIO(content)).get_fields()
    return {name: str(field.get("/V", "")) for name, field in fields.items()}
