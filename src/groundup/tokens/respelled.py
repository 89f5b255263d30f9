"""Windows of running text spelled anew at every step, so that BPE-dropout shows a word in many pieces.

A row's text is what its tokens stand for. Spelled with merges left out it takes more tokens, so that a row ends earlier
in the text; as each epoch cuts its windows elsewhere, no part of the text is left out for good.
"""

from __future__ import annotations

from groundup.tokens.batches import Batch, Windows
from groundup.tokens.bpe_dropout import BpeDropout

# Bytes that stand for themselves in a token's name; the others are shown as the letters from 256 on, in order (GPT-2,
# Radford et al. 2019).
_SHOWN = (*range(33, 127), *range(161, 173), *range(174, 256))
_HIDDEN = (byte for byte in range(256) if byte not in _SHOWN)
_BYTES = {chr(byte): byte for byte in _SHOWN} | {chr(256 + place): byte for place, byte in enumerate(_HIDDEN)}


class Respelled:
    """The batches of `windows`, each text in them encoded anew; a pure function of the windows' seed and the step."""

    def __init__(self, windows: Windows, speller: BpeDropout) -> None:
        """`speller` must be that of the tokenizer which made the windows' tokens."""
        self.windows, self.speller = windows, speller
        self.rows, self.context = windows.rows, windows.context
        tokenizer = speller.tokenizer
        special = len(tokenizer.special_tokens)
        names = (tokenizer.name(token) for token in range(special, tokenizer.vocabulary))
        self._bytes = [b""] * special + [bytes(_BYTES[letter] for letter in name) for name in names]

    @property
    def size(self) -> int:
        """Tokens that a batch predicts."""
        return self.windows.size

    def at(self, step: int) -> Batch:
        """The batch of `step`, counted from 0."""
        batch = self.windows.at(step)
        tokens = batch.tokens.copy()
        documents = None if batch.documents is None else batch.documents.copy()
        for row, ids in enumerate(batch.tokens.tolist()):
            spelled, places = self._spelled(ids, f"{self.windows.seed} {step} {row}")
            # One that comes out shorter, as a row may that loses half a character, stays as it was.
            if len(spelled) <= self.context:
                continue
            tokens[row] = spelled[: self.context + 1]
            if documents is not None:
                documents[row] = documents[row, places[: self.context + 1]]
        return Batch(tokens, tokens[:, 1:], documents)

    def _spelled(self, ids: list[int], seed: str) -> tuple[list[int], list[int]]:
        """The row anew, up to the text that fills it; and for each token the place of one of the same document."""
        end = self.windows.stream.end
        ends = [place for place, token in enumerate(ids) if token == end]
        spelled: list[int] = []
        places: list[int] = []
        first = 0
        for number, last in enumerate((*ends, len(ids))):
            # Only at the row's own ends can a character lack a part, which is then left out.
            text = b"".join(self._bytes[token] for token in ids[first:last]).decode("utf-8", "ignore")
            pieces = self.speller.encode(text, f"{seed} {number}")
            spelled += pieces + ids[last : last + 1]
            places += [first] * len(pieces) + [last]
            first = last + 1
            if len(spelled) > self.context:
                break
        return spelled, places
