"""A part of a long text that stands for all of it, so that a judgement costs the same whatever the length."""

from __future__ import annotations

PIECES = 20


def excerpt(text: str, characters: int) -> str:
    """The text itself, or of a longer one `PIECES` pieces at equal distances, with `characters` in all at most.

    The first piece is the text's beginning, the last its end. A page's menu and a book's preface are in it with
    the share that they have in the whole. The same text always gives the same excerpt.
    """
    if len(text) <= characters:
        return text
    length = (characters - PIECES) // PIECES
    if length <= 0:
        return text[:characters]
    last = len(text) - length
    starts = (last * number // (PIECES - 1) for number in range(PIECES))
    return "\n".join(text[start : start + length] for start in starts)
