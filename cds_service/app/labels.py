"""Names of codes: our own short labels, or the CPT descriptors that a site has licensed and brings itself."""

from collections.abc import Mapping
from pathlib import Path

from cds_service.domain.codes import LABELS
from cds_service.errors import ConfigurationError
from cds_service.yaml_files import YamlError, YamlFile


def labels_from(file: Path | None) -> Mapping[str, str]:
    """Labels by code; those of the site's file before ours.

    Raises:
        ConfigurationError: the file does not map codes to texts; names file and code.
    """
    if file is None:
        return LABELS
    try:
        content = YamlFile.read(file, file.name).content
    except YamlError as problem:
        raise ConfigurationError(f"CDS_CPT_DESCRIPTORS: {problem}") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"CDS_CPT_DESCRIPTORS: {file.name} must map codes to texts")
    for code, text in content.items():
        if not isinstance(text, str) or not text.strip():
            raise ConfigurationError(f"CDS_CPT_DESCRIPTORS: {file.name}: {code}: the descriptor is not a text")
    return {**LABELS, **{str(code): text.strip() for code, text in content.items()}}
