"""Small PDF forms for tests: written by hand, no form of anybody."""

from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)


def pdf_form(*names, boxes=(), longest=None, multiline=(), signature=None, xfa=False):
    """A one-page form with a text field for each name, and a box with the state ``Yes`` for each of ``boxes``."""
    writer = PdfWriter()
    page = writer.add_blank_page(612, 792)
    font = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
                NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
            }
        )
    )
    resources = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/Helv"): font})})
    fields = ArrayObject()
    top = 740
    for name in names:
        entry = _widget(name, top, "/Tx")
        entry[NameObject("/DA")] = TextStringObject("/Helv 10 Tf 0 g")
        if name in multiline:
            entry[NameObject("/Ff")] = NumberObject(1 << 12)
        if longest is not None:
            entry[NameObject("/MaxLen")] = NumberObject(longest)
        fields.append(writer._add_object(entry))
        top -= 30
    for name in boxes:
        entry = _widget(name, top, "/Btn")
        states = {NameObject(state): writer._add_object(StreamObject()) for state in ("/Yes", "/Off")}
        entry[NameObject("/AP")] = DictionaryObject({NameObject("/N"): DictionaryObject(states)})
        fields.append(writer._add_object(entry))
        top -= 30
    if signature is not None:
        fields.append(writer._add_object(_widget(signature, top, "/Sig")))
    page[NameObject("/Annots")] = ArrayObject(fields)
    form = {
        NameObject("/Fields"): ArrayObject(fields),
        NameObject("/DR"): resources,
        NameObject("/DA"): TextStringObject("/Helv 10 Tf 0 g"),
    }
    if xfa:
        form[NameObject("/XFA")] = TextStringObject("<xdp/>")
    writer.root_object[NameObject("/AcroForm")] = writer._add_object(DictionaryObject(form))
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _widget(name, top, kind):
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject(kind),
            NameObject("/T"): TextStringObject(name),
            NameObject("/Rect"): ArrayObject([NumberObject(part) for part in (50, top - 20, 400, top)]),
            NameObject("/F"): NumberObject(4),
        }
    )


def values_of(content):
    """What the fields of a PDF say."""
    fields = PdfReader(BytesIO(content)).get_fields()
    return {name: str(field.get("/V", "")) for name, field in fields.items()}
