"""BERT (BertForMaskedLM, BertForPreTraining): its pooler and next-sentence layer are our head `next_sentence`.

Of that head's two labels, 0 means that the second text follows the first, as in BERT's own code.
"""

from __future__ import annotations

from groundup.exchange.family import (
    DEEPEST,
    Architecture,
    Config,
    Family,
    Weights,
    attention,
    fraction,
    named,
    number,
    only,
    stacked,
)
from groundup.model.heads import HeadSettings
from groundup.model.settings import from_preset

NEXT_SENTENCE = "next_sentence"


def describe(config: Config, weights: Weights) -> Architecture:
    """BertConfig in our settings."""
    only(config, "position_embedding_type", "absolute")
    only(config, "is_decoder", False)
    only(config, "add_cross_attention", False)
    settings = from_preset(
        "bert",
        # The layer before the output has the same activation, and ours has no other there.
        encoder=("attention", named(config, "hidden_act", {"gelu": "gelu"})),
        depth=number(config, "num_hidden_layers", most=DEEPEST),
        width=number(config, "hidden_size"),
        heads=number(config, "num_attention_heads"),
        hidden=number(config, "intermediate_size"),
        context=number(config, "max_position_embeddings"),
        segments=number(config, "type_vocab_size", 2),
        norm_epsilon=fraction(config, "layer_norm_eps", 1e-12),
        dropout=fraction(config, "hidden_dropout_prob", 0.1),
        attention_dropout=fraction(config, "attention_probs_dropout_prob", 0.1),
    )
    judges_pairs = "cls.seq_relationship.weight" in weights
    heads = {NEXT_SENTENCE: HeadSettings("sequence", labels=2)} if judges_pairs else {}
    return Architecture(settings, number(config, "vocab_size"), heads=heads)


BERT = Family(
    describe,
    {
        "encoder.table": "bert.embeddings.position_embeddings",
        "encoder.segments": "bert.embeddings.token_type_embeddings",
        "encoder.input_norm": "bert.embeddings.LayerNorm",
        **stacked(
            "encoder",
            {
                **attention("mixers.0", "attention.", "self.query", "self.key", "self.value", "output.dense"),
                "norms.0": "attention.output.LayerNorm",
                "mixers.1.inner": "intermediate.dense",
                "mixers.1.output": "output.dense",
                "norms.1": "output.LayerNorm",
            },
            "bert.encoder.layer",
        ),
        "transform.dense": "cls.predictions.transform.dense",
        "transform.norm": "cls.predictions.transform.LayerNorm",
        "head_bias": "cls.predictions.bias",
        f"heads.{NEXT_SENTENCE}.dense": "bert.pooler.dense",
        f"heads.{NEXT_SENTENCE}.output": "cls.seq_relationship",
    },
    embedding="bert.embeddings.word_embeddings.weight",
    output="cls.predictions.decoder.weight",
    repeats={"cls.predictions.decoder.bias": "cls.predictions.bias"},
    constants=r"bert\.embeddings\.(position_ids|token_type_ids)",
)
