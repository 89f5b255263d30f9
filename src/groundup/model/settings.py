"""What a model is: one size dial, and every value that follows from it open to be said outright."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from groundup.model.presets import PRESETS
from groundup.settings import require


@dataclass(frozen=True)
class ModelSettings:
    """A model's architecture. Values left at `null` follow from `size` by the formulas of `groundup.model.sizes`.

    `preset` is only remembered here: a recipe puts its keys in place, and in Python `from_preset` does.
    """

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS

    preset: str | None = None
    """The published architecture that the other keys start from, such as bert, gpt2, llama or t5; any key beside it
    has the last word. `groundup inspect model --presets` lists them."""
    size: int = 4
    """The one dial: number of layers, from which width, heads and the training batch and rates follow."""
    context: int = 256
    """Positions a model is trained to look at, in tokens."""
    encoder: tuple[str, ...] = ()
    """The mixers of one encoder layer, which sees its whole input; none: there is no encoder."""
    decoder: tuple[str, ...] = ("attention", "relu_squared")
    """The mixers of one decoder layer, in order, which sees only what came before (and, through `cross`, `luong` or
    `additive`, the encoder's output); the layer is repeated `depth` times. None: there is no decoder."""
    depth: int | None = None
    """Number of layers of each stack, where it is not to be `size`."""
    encoder_depth: int | None = None
    """Number of the encoder's layers, where it is not to be that of the decoder."""
    repeats: int = 1
    """How often a stack goes through its layers, each time with the same weights and a learned vector added that says
    which time it is: `depth: 1` and `repeats: 6` compute as much as six layers and hold the weights of one (Universal
    Transformer, arXiv 1807.03819; ALBERT, arXiv 1909.11942)."""
    width: int | None = None
    """Numbers that stand for one position between layers (D)."""
    heads: int | None = None
    """Attention heads (H); they share the width among them."""
    key_value_heads: int | None = None
    """Heads of keys and values; fewer than `heads` makes grouped attention (arXiv 2305.13245)."""
    head_width: int | None = None
    """Numbers of one attention head, where it is not to be width / heads."""
    expansion: float = 4.0
    """Width of the feed-forward's inner layer, in widths of the model."""
    hidden: int | None = None
    """Width of the feed-forward's inner layer said outright, gated or not."""
    positions: Literal["rotary", "learned", "sinusoidal", "relative", "none"] = "rotary"
    """How a model knows positions: rotated queries and keys (arXiv 2104.09864), a learned table or waves (arXiv
    1706.03762) added to the embeddings, a learned bias by distance (T5, arXiv 1910.10683), or not at all."""
    rotary_base: float = 10_000.0
    """With rotary: how many radians pass before the slowest pair of numbers has turned by one; more for long contexts,
    500,000 in Llama 3."""
    window: int | None = None
    """Attention sees this many positions, its own and those before it (an encoder as many after it); null sees the
    whole context."""
    norm: Literal["rms", "layer", "none"] = "rms"
    """What keeps the stream's size: root mean square (arXiv 1910.07467), mean and variance (arXiv 1607.06450)."""
    norm_place: Literal["pre", "post"] = "pre"
    """Norm what a mixer reads (and the last output), or what it has been added to, as in 2017 (arXiv 2002.04745)."""
    norm_gain: bool = False
    """Learn a gain for each number behind a norm; without one, the matrix that follows learns it."""
    norm_epsilon: float | None = None
    """Added to the variance before its root is taken; null is the least that the precision can tell from nothing."""
    embedding_norm: bool = True
    """Norm the embeddings before the first layer."""
    biases: bool = False
    """Let matrix products (and norms with a gain) add a learned bias."""
    residual: bool = True
    """Add what a mixer makes to the stream; without, it takes its place, as in plain stacks of LSTMs."""
    query_key_norm: bool = True
    """Normalise queries and keys, which keeps attention's logits bounded (arXiv 2010.04245)."""
    attention_scale: float | None = None
    """What the products of queries and keys are multiplied by; null is 1 / sqrt(head width), T5 has 1."""
    embedding_skip: bool = True
    """Let every layer add a learned share of the token embeddings to its input."""
    scale_embedding: bool = False
    """Multiply token embeddings by the root of the width (arXiv 1706.03762)."""
    segments: int = 0
    """How many texts in one row a learned embedding tells apart; 2 for sentence pairs as in BERT, 0: none, where
    only the separator between them does. 34: in questions on a passage, what each of its words is to the question is
    told, too, by three vectors that are added up: whether it is one of its words (arXiv 1703.04816) and how near it
    stands to those, how much of the question its sentence has, and whether it is a mark, a number or a year or has a
    capital. A model with little to learn from then knows where to look. 99: a fourth says what the question asks (who,
    when, how many; in English alone) of a word that looks so, and the head that points hears all four directly, too
    (wide and deep, arXiv 1606.07792)."""
    sentences: int = 0
    """Give the encoder of a source a vector for each sentence or line rather than for each token: the sum of its
    tokens' embeddings, each times a learned mask of its place. So many places have a mask of their own, those behind
    them share the last (arXiv 1503.08895, 1807.03819). For stories of short sentences, which are then a tenth as long.
    0: each token is a position."""
    sentence_ages: bool = False
    """With `sentences`: tell the encoder how many sentences stand behind each, by waves that are added to it. Counted
    from the end, where a question stands, what was said last looks alike in stories of any length (temporal encoding:
    arXiv 1503.08895, section 4.1; waves: arXiv 1706.03762)."""
    soft_cap: float = 15.0
    """Bound the output logits smoothly to plus and minus this value (arXiv 2408.00118); 0 leaves them free."""
    tied: bool = False
    """Use the embedding table as the output layer too (arXiv 1608.05859)."""
    head_bias: bool = False
    """Let the output layer add a learned bias to each token's logit."""
    head_transform: bool = False
    """A dense layer, GELU and norm before the output layer, as in BERT."""
    dropout: float = 0.0
    """Share of each mixer's output set to zero while training."""
    embedding_dropout: float | None = None
    """Share of the embeddings set to zero while training; null is `dropout`."""
    attention_dropout: float = 0.0
    """Share of the attention weights set to zero while training; dear on a processor."""
    locked_dropout: bool = False
    """Drop the same numbers at all positions of a row (variational dropout, arXiv 1512.05287)."""
    weight_drop: float = 0.0
    """Share of the recurrent weights of LSTM and GRU set to zero for each batch (AWD-LSTM, arXiv 1708.02182)."""
    stochastic_depth: float = 0.0
    """Chance that a row skips the last layer while training; it grows from 0 with depth (arXiv 1603.09382)."""

    def __post_init__(self) -> None:
        require(self.preset is None or self.preset in PRESETS, "preset", f"choose one of {', '.join(PRESETS)}, or null")
        require(1 <= self.size <= 64, "size", "size counts layers: choose 1 to 64.")
        require(self.context >= 2, "context", "context counts tokens: choose 2 or more.")
        require(
            len(self.encoder) + len(self.decoder) > 0,
            "decoder",
            "a model needs an encoder or a decoder: name at least one mixer, such as attention.",
        )
        require(1 <= self.repeats <= 64, "repeats", "repeats counts the times through the layers: choose 1 to 64.")
        for name in (
            "depth",
            "encoder_depth",
            "width",
            "heads",
            "key_value_heads",
            "head_width",
            "hidden",
            "window",
        ):
            value = getattr(self, name)
            require(value is None or value >= 1, name, f"{name} must be 1 or more, or null.")
        require(1 <= self.rotary_base <= 1e9, "rotary_base", "rotary_base must lie between 1 and 1,000,000,000.")
        require(0.25 <= self.expansion <= 32, "expansion", "expansion must lie between 0.25 and 32.")
        require(self.soft_cap >= 0, "soft_cap", "soft_cap must be 0 (off) or positive.")
        require(0 <= self.segments <= 128, "segments", "segments must be 0 (none) to 128.")
        require(0 <= self.sentences <= 4096, "sentences", "sentences counts places in a sentence: 0 (off) to 4,096.")
        require(
            not self.sentences or bool(self.encoder and self.decoder),
            "sentences",
            "sentences are how an encoder reads for a decoder: give model.encoder and model.decoder their mixers, or "
            "set sentences to 0.",
        )
        require(
            not self.sentence_ages or self.sentences > 0,
            "sentence_ages",
            "only sentences have ages here: set model.sentences to the number of places in one, such as 16.",
        )
        epsilon, scale = self.norm_epsilon, self.attention_scale
        require(
            epsilon is None or 0 < epsilon < 1, "norm_epsilon", "norm_epsilon must lie between 0 and 1, or be null."
        )
        require(scale is None or scale > 0, "attention_scale", "attention_scale must be positive, or null.")
        for name in ("dropout", "embedding_dropout", "attention_dropout", "weight_drop", "stochastic_depth"):
            value = getattr(self, name)
            require(value is None or 0 <= value < 1, name, f"{name} is a share: 0 or more and below 1.")
        require(
            self.residual or not self.stochastic_depth,
            "stochastic_depth",
            "a layer can be skipped only where it adds to the stream: set residual to true, or stochastic_depth to 0.",
        )


def from_preset(name: str, **settings: Any) -> ModelSettings:
    """The settings of a published architecture; what is given beside its name has the last word."""
    return ModelSettings(**{**PRESETS[name], "preset": name, **settings})
