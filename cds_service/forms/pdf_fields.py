"""The fields of a PDF form: their names, kinds, and what fits in them."""

import logging
from collections.abc import Mapping
from io import BytesIO
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, Field

from cds_service.forms.pdf_forms import FieldKind, PdfField

_MULTILINE: Final = 1 << 12
_PUSHBUTTON: Final = 1 << 16


def quiet() -> None:
    """Keep the PDF library from logging: its warnings quote what is written, which is a patient's."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)


class NotAFormError(ValueError):
    """A file is no PDF form that can be filled; the text says why, and after a semicolon what to do."""


def fields_of(content: bytes) -> Mapping[str, PdfField]:
    """The fields of a PDF form by their full names.

    Raises:
        NotAFormError: it is no PDF, is locked, or has no fields.
    """
    quiet()
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted:
            raise NotAFormError("is locked with a password; save a copy without one")
        found = reader.get_fields() or {}
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        if isinstance(problem, NotAFormError):
            raise
        raise NotAFormError("cannot be read as a PDF; get the form again from whoever issues it") from None
    fields = {name: field for name, entry in found.items() if (field := _field(name, entry)) is not None}
    if not fields:
        raise NotAFormError("has no fields to fill; it is a picture of a form, to be filled by hand")
    return fields


def _field(name: str, entry: Field) -> PdfField | None:
    kind = entry.get("/FT")
    flags = int(entry.get("/Ff", 0))
    if kind == "/Tx":
        written = entry.indirect_reference.get_object() if entry.indirect_reference is not None else entry
        longest = written.get("/MaxLen") if isinstance(written, DictionaryObject) else None
        return PdfField(
            name,
            FieldKind.TEXT,
            longest=int(longest) if longest is not None else None,
            multiline=bool(flags & _MULTILINE),
        )
    if kind == "/Btn":
        if flags & _PUSHBUTTON:
            return None
        states = [str(state).removeprefix("/") for state in entry.get("/_States_", ())]
        return PdfField(name, FieldKind.BOX, tuple(state for state in states if state != "Off"))
    if kind == "/Ch":
        return PdfField(name, FieldKind.CHOICE)
    return PdfField(name, FieldKind.OTHER) if kind is not None else None
