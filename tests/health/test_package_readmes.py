"""Each package says in a few lines what lives there and what it may import, and says the truth."""

import re
from pathlib import Path

import pytest

from tests.health.test_architecture import ALLOWED, ROOT

MOST_LINES = 12
PACKAGES = sorted(
    str(file.parent.relative_to(ROOT))
    for top in ("cards", "cds_service")
    for file in (ROOT / top).rglob("__init__.py")
    if "migrations" not in file.parts  # Alembic's, described by the package that holds them
)


def may_import(package: str) -> list[str]:
    """What the architecture test lets a package import, as its README writes it; own modules are not named."""
    holder = next(folder for folder in (package, *map(str, Path(package).parents)) if folder in ALLOWED)
    names = {name for name in ALLOWED[holder] if name != package.replace("/", ".")}
    return sorted(name.removeprefix("cds_service.") for name in names)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_lives_there_and_what_it_may_import(package):
    file = ROOT / package / "README.md"
    assert file.is_file(), f"{file}: say what lives there and what it may import, as its neighbors do"
    text = file.read_text()
    says = re.search(r"^May import: (.*)\.\n", " ".join(text.split("\n\n")[-1].split()) + "\n", re.MULTILINE)

    assert text.startswith(f"# {package}\n\n")
    assert len(text.splitlines()) <= MOST_LINES
    assert may_import(package) == re.findall(r"`([^`]+)`", says[1])


@pytest.mark.parametrize("package", PACKAGES)
def test_the_files_that_a_package_names_are_there(package):
    folder = ROOT / package
    text = (folder / "README.md").read_text()
    for name in re.findall(r"`([\w/]+(?:\.(?:py|md|yaml)|/))`", text.partition("May import")[0]):
        assert any((place / name).exists() for place in (folder, folder.parent)), f"{package}: {name}"
    for page in re.findall(r"docs/[\w-]+\.md", text):
        assert (ROOT / page).is_file(), f"{package}: {page}"
