"""A small EPUB, as a test wants it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
METADATA = (
    '<dc:title>Emma</dc:title><dc:creator opf:role="ill">A. Painter</dc:creator>'
    '<dc:creator opf:role="aut">Austen, Jane</dc:creator><dc:language>en</dc:language>'
    '<dc:date opf:event="modification">2020-02-02</dc:date><dc:date opf:event="publication">1994-08-01</dc:date>'
    "<dc:rights>Public domain in the USA.</dc:rights><dc:identifier>http://www.gutenberg.org/158</dc:identifier>"
)


def chapter(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "x.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>no text</title><style>p{}</style></head>'
        f"<body>{body}</body></html>"
    )


def package(
    parts: Mapping[str, str | bytes], *, metadata: str = METADATA, manifest: str = "", spine: str = "", guide: str = ""
) -> str:
    items = "".join(
        f'<item id="i{number}" href="{name}" media-type="application/xhtml+xml"/>' for number, name in enumerate(parts)
    )
    order = spine or "".join(f'<itemref idref="i{number}"/>' for number in range(len(parts)))
    return (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:opf="http://www.idpf.org/2007/opf" version="2.0"><metadata>{metadata}</metadata>'
        f"<manifest>{items}{manifest}</manifest><spine>{order}</spine><guide>{guide}</guide></package>"
    )


@pytest.fixture
def make_epub(tmp_path: Path) -> Callable[..., Path]:
    """`make_epub({"one.xhtml": "<p>Words.</p>"}, more={"OEBPS/x.png": b""})`: the parts are bodies, or whole files."""

    def make(
        parts: Mapping[str, str | bytes],
        *,
        more: Mapping[str, str | bytes] | None = None,
        name: str = "emma.epub",
        **options: str,
    ) -> Path:
        files: dict[str, str | bytes] = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER}
        files["OEBPS/content.opf"] = package(parts, **options)
        for part, body in parts.items():
            files[f"OEBPS/{part}"] = chapter(body) if isinstance(body, str) else body
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as folder:
            for member, content in (files | dict(more or {})).items():
                if content != "":
                    folder.writestr(member, content)
        return path

    return make
