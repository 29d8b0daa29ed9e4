"""Reading a page as its reader sees it."""

import re
from html import unescape


def words(page: str) -> str:
    """The text of a page, without its markup, in one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page))).strip()


def section(page: str, heading: str) -> str:
    """The words of a part of a page, from its heading to the next one of the same rank; empty where there is none."""
    found = re.search(rf'<h2 id="{heading}".*?(?=<h2|</main>)', page, re.DOTALL)
    return words(found[0]) if found else ""


def links(page: str) -> dict[str, str]:
    """Addresses by the words of their links, of the last of several alike."""
    found = re.findall(r'<a[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return {words(label): unescape(address) for address, label in found}
