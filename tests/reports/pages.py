"""Reading a page as a browser would, to see what in it could run, fetch or forge."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "line", "circle", "path", "polyline", "br"}


class Page(HTMLParser):
    """All elements, attributes and text of a page, and whether each element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.misplaced: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misplaced.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def dangers(self) -> list[str]:
        """What could run or fetch: elements, event attributes, addresses that lead out of the page."""
        active = {"script", "iframe", "object", "embed", "link", "base", "form", "img", "video", "audio", "use"}
        found = [tag for tag in self.tags if tag in active]
        for tag, attributes in self.elements:
            for name, value in attributes.items():
                if name.startswith("on") or name in ("src", "srcdoc", "action", "formaction", "xlink:href"):
                    found.append(f"{tag} {name}")
                if name == "href" and not (value or "").startswith("#"):
                    found.append(f"{tag} href={value}")
                if name == "style" and "url" in (value or ""):
                    found.append(f"{tag} style={value}")
        return found
