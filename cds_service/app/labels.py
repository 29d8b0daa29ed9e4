"""Names of codes: our own short labels, or the CPT descriptors that a site has licensed and brings itself."""

from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cds_service.domain.codes import LABELS
from cds_service.errors import ConfigurationError


def labels_from(file: Path | None) -> Mapping[str, str]:
    """Labels by code; those of the site's file before ours.

    Raises:
        ConfigurationError: the file does not map codes to texts; names file and code.
    """
    if file is None:
        return LABELS
    try:
        content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ConfigurationError(f"CDS_CPT_DESCRIPTORS: {file.name} cannot be read: {type(error).__name__}") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"CDS_CPT_DESCRIPTORS: {file.name} must map codes to texts")
    for code, text in content.items():
        if not isinstance(text, str) or not text.strip():
            raise ConfigurationError(f"CDS_CPT_DESCRIPTORS: {file.name}: {code}: the descriptor is not a text")
    return {**LABELS, **{str(code): text.strip() for code, text in content.items()}}
