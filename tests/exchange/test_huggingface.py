"""R10: the arithmetic is the field's. Random weights of transformers' models, read by us, give their logits."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from groundup.errors import GroundupError
from groundup.exchange.huggingface import architecture_from, model_from, weights_from
from groundup.model.context import all_at_once
from groundup.model.files import load_model, save_model
from groundup.model.model import Model, parameter_count

transformers = pytest.importorskip("transformers")

VOCABULARY, SOURCES = 37, 29
CLOSE = 1e-5


def gpt2(**config: Any) -> nn.Module:
    sizes = {"n_layer": 2, "n_embd": 24, "n_head": 3, "n_positions": 20}
    return made(transformers.GPT2LMHeadModel, transformers.GPT2Config(**TOKENS | sizes | config))


def llama(**config: Any) -> nn.Module:
    sizes = {"num_hidden_layers": 2, "hidden_size": 24, "num_attention_heads": 4, "intermediate_size": 40}
    return made(transformers.LlamaForCausalLM, transformers.LlamaConfig(**TOKENS | sizes | config))


def bert(kind: str = "BertForPreTraining", **config: Any) -> nn.Module:
    sizes = {"num_hidden_layers": 2, "hidden_size": 24, "num_attention_heads": 3, "intermediate_size": 40}
    model = made(getattr(transformers, kind), transformers.BertConfig(**TOKENS | sizes | config))
    # An untied one has two biases, and uses but this one.
    model.cls.predictions.bias.data = model.cls.predictions.decoder.bias.data
    return model


def t5(**config: Any) -> nn.Module:
    sizes = {"num_layers": 2, "d_model": 24, "d_kv": 5, "d_ff": 40, "num_heads": 3}
    model = made(transformers.T5ForConditionalGeneration, transformers.T5Config(**TOKENS | sizes | config))
    if not model.config.scale_decoder_outputs:
        # Version 1.1 has two matrices; transformers ties them in a new model and lets a checkpoint part them.
        model.lm_head.weight = nn.Parameter(torch.randn_like(model.lm_head.weight) * 24**-0.5)
    return model


def marian(**config: Any) -> nn.Module:
    sizes = {
        "encoder_layers": 2, "decoder_layers": 3, "d_model": 24, "encoder_ffn_dim": 40, "decoder_ffn_dim": 40,
        "encoder_attention_heads": 4, "decoder_attention_heads": 4, "max_position_embeddings": 40,
        "decoder_start_token_id": 0, "forced_eos_token_id": None,
    }  # fmt: skip
    return made(transformers.MarianMTModel, transformers.MarianConfig(**TOKENS | sizes | config))


TOKENS = {"vocab_size": VOCABULARY, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}

DECODERS: dict[str, Callable[[], nn.Module]] = {
    "gpt2": gpt2,
    "gpt2 of other sizes": functools.partial(gpt2, n_layer=3, n_embd=20, n_head=2, n_inner=52),
    "gpt2 with relu": functools.partial(gpt2, activation_function="relu", layer_norm_epsilon=1e-3),
    "gpt2 untied": functools.partial(gpt2, tie_word_embeddings=False),
    "llama": llama,
    "llama with grouped heads": functools.partial(llama, num_key_value_heads=2, rms_norm_eps=1e-3),
    "llama with one head of keys": functools.partial(llama, num_key_value_heads=1, head_dim=10),
    "llama tied, with biases": functools.partial(llama, tie_word_embeddings=True, attention_bias=True, mlp_bias=True),
    "llama turning slowly": functools.partial(
        llama, rope_parameters={"rope_type": "default", "rope_theta": 500_000.0}, num_hidden_layers=3
    ),
}
ENCODERS: dict[str, Callable[[], nn.Module]] = {
    "bert": bert,
    "bert of other sizes": functools.partial(bert, num_hidden_layers=3, hidden_size=20, num_attention_heads=2),
    "bert with three texts": functools.partial(bert, type_vocab_size=3, layer_norm_eps=1e-3),
    "bert without pairs": functools.partial(bert, "BertForMaskedLM"),
    "bert untied": functools.partial(bert, tie_word_embeddings=False),
}
PAIRS: dict[str, Callable[[], nn.Module]] = {
    "t5": t5,
    "t5 of other sizes": functools.partial(t5, num_layers=3, num_decoder_layers=1, d_kv=8, num_heads=2),
    "t5 1.1": functools.partial(t5, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    "t5 gated and tied": functools.partial(t5, feed_forward_proj="gated-gelu", layer_norm_epsilon=1e-3),
    "marian": functools.partial(marian, scale_embedding=True, activation_function="swish"),
    "marian of other sizes": functools.partial(marian, encoder_layers=1, decoder_layers=2, d_model=20),
    "marian with relu": functools.partial(marian, activation_function="relu"),
    "marian with two vocabularies": functools.partial(
        marian, vocab_size=SOURCES, decoder_vocab_size=VOCABULARY, share_encoder_decoder_embeddings=False
    ),
    "marian untied": functools.partial(marian, tie_word_embeddings=False, share_encoder_decoder_embeddings=False),
}
EVERY = DECODERS | ENCODERS | PAIRS


def made(kind: Any, config: Any) -> nn.Module:
    """A model whose weights are all random, gains and biases too, and large enough for each to count."""
    config._attn_implementation = "eager"
    torch.manual_seed(0)
    model = kind(config).eval()
    tensors = {name: weight for name, weight in model.named_parameters() if "embed_positions" not in name}
    with torch.no_grad():
        for weight in tensors.values():
            if weight.ndim == 1:
                weight.add_(torch.randn_like(weight), alpha=0.3)
            else:
                weight.normal_(std=config.hidden_size**-0.5)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.normal_()
    return model


def carried(theirs: nn.Module) -> Model:
    return model_from(theirs.config.to_dict(), theirs.state_dict())


def rows(seed: int, longest: int, vocabulary: int = VOCABULARY) -> tuple[Tensor, Tensor]:
    """Four rows of random tokens, and which of them are real: one row is full, padding follows the others."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1, vocabulary, (4, longest), generator=generator)
    lengths = torch.randint(1, longest + 1, (4,), generator=generator)
    lengths[0] = longest
    real = torch.arange(longest) < lengths[:, None]
    return tokens.masked_fill(~real, 0), real


def apart(ours: Tensor, theirs: Tensor, real: Tensor | None = None) -> float:
    assert ours.shape == theirs.shape
    assert theirs.std() > 0.1, "logits that hardly differ would show nothing"
    difference = (ours - theirs).abs()
    return float((difference if real is None else difference[real]).max())


def decoded(ours: Model, theirs: nn.Module) -> float:
    tokens, real = rows(1, 14)
    hidden, _ = ours(tokens, all_at_once(tokens, real=real))
    return apart(ours.score(hidden), theirs(tokens, attention_mask=real.long()).logits, real)


def encoded(ours: Model, theirs: nn.Module) -> float:
    tokens, real = rows(2, 14)
    segments = (torch.arange(14) > 5).long().expand_as(tokens) * (theirs.config.type_vocab_size - 1)
    context = all_at_once(tokens, real=real, is_causal=False, segments=segments)
    hidden, _ = ours(tokens, context)
    found = theirs(tokens, attention_mask=real.long(), token_type_ids=segments)
    masked = found.logits if "logits" in found else found.prediction_logits
    worst = apart(ours.score(hidden), masked, real)
    if "seq_relationship_logits" in found:
        label = ours.label("next_sentence", hidden, context)
        worst = max(worst, apart(label, found.seq_relationship_logits))
    return worst


def translated(ours: Model, theirs: nn.Module) -> float:
    source, source_real = rows(3, 17, theirs.config.vocab_size)
    tokens, real = rows(4, 12)
    memory = ours.read(source, all_at_once(source, real=source_real, is_causal=False))
    hidden, _ = ours(tokens, all_at_once(tokens, real=real, memory=memory))
    found = theirs(
        source, attention_mask=source_real.long(), decoder_input_ids=tokens, decoder_attention_mask=real.long()
    )
    return apart(ours.score(hidden), found.logits, real)


def compared(name: str) -> Callable[[Model, nn.Module], float]:
    return decoded if name in DECODERS else encoded if name in ENCODERS else translated


@pytest.mark.parametrize("name", EVERY)
@torch.no_grad()
def test_logits_are_those_of_transformers(name, tmp_path):
    theirs = EVERY[name]()
    ours = carried(theirs)
    assert compared(name)(ours, theirs) < CLOSE
    save_model(ours, tmp_path)
    assert compared(name)(load_model(tmp_path), theirs) < CLOSE


@torch.no_grad()
def test_a_row_of_one_text_is_of_the_first_segment():
    theirs = bert()
    ours = carried(theirs)
    tokens, _ = rows(5, 9)
    hidden, _ = ours(tokens, all_at_once(tokens, is_causal=False))
    assert apart(ours.score(hidden), theirs(tokens).prediction_logits) < CLOSE


@torch.no_grad()
def test_relative_positions_agree_beyond_the_farthest_bucket():
    theirs = t5(num_layers=1)
    ours = carried(theirs)
    source, tokens = torch.randint(1, VOCABULARY, (1, 300)), torch.randint(1, VOCABULARY, (1, 300))
    memory = ours.read(source, all_at_once(source, is_causal=False))
    hidden, _ = ours(tokens, all_at_once(tokens, memory=memory))
    assert apart(ours.score(hidden), theirs(source, decoder_input_ids=tokens).logits) < CLOSE


@pytest.mark.parametrize("name", ["gpt2", "llama", "t5", "marian", "bert without pairs"])
def test_every_weight_has_its_place(name):
    theirs = EVERY[name]()
    ours = carried(theirs)
    positions = sum(p.numel() for n, p in theirs.named_parameters() if "embed_positions" in n)
    bias = theirs.final_logits_bias.numel() if hasattr(theirs, "final_logits_bias") else 0
    assert parameter_count(ours) == sum(p.numel() for p in theirs.parameters()) - positions + bias


@pytest.mark.parametrize("name", EVERY)
def test_a_file_that_holds_shared_weights_once_is_read_alike(name):
    theirs = EVERY[name]()
    config, weights = theirs.config.to_dict(), theirs.state_dict()
    places: set[tuple[int, torch.Size]] = set()
    once = {}
    for key, weight in weights.items():
        place = (weight.data_ptr(), weight.shape)
        if place not in places and "embed_positions" not in key:
            once[key] = weight
        places.add(place)
    whole, read = weights_from(config, weights), weights_from(config, once)
    assert whole.keys() == read.keys()
    assert all(torch.equal(whole[key], read[key]) for key in whole)


@pytest.mark.parametrize("name", ["gpt2", "llama", "t5", "marian", "bert"])
def test_what_is_missing_left_over_or_misshapen_is_named(name):
    one_layer = {"marian": {"encoder_layers": 1, "decoder_layers": 1}, "t5": {"num_layers": 1}}
    theirs = functools.partial(EVERY[name], **one_layer.get(name, {}))()
    config, weights = theirs.config.to_dict(), dict(theirs.state_dict())
    places = [weight.data_ptr() for weight in weights.values()]
    for key, weight in weights.items():
        if places.count(weight.data_ptr()) > 1 or "embed_positions" in key or "seq_relationship.weight" in key:
            continue
        with pytest.raises(GroundupError, match=r"hold no"):
            weights_from(config, {other: value for other, value in weights.items() if other != key})
        with pytest.raises(GroundupError):
            weights_from(config, weights | {key: weight[:-1]})
    with pytest.raises(GroundupError, match=r"no place in our model for the weights classifier\.weight\."):
        weights_from(config, weights | {"classifier.weight": torch.zeros(2)})


def test_a_head_without_its_body_is_left_over_and_said():
    weights = dict(bert().state_dict())
    del weights["cls.seq_relationship.weight"]
    with pytest.raises(GroundupError, match=r"no place .* bert\.pooler\.dense"):
        weights_from(bert().config.to_dict(), weights)


def test_matrices_that_must_be_one_and_differ_are_named():
    theirs = marian()
    weights = dict(theirs.state_dict())
    weights["model.encoder.embed_tokens.weight"] = weights["model.shared.weight"] + 1
    with pytest.raises(GroundupError, match="differ, and in our model they are one"):
        weights_from(theirs.config.to_dict(), weights)


@pytest.mark.parametrize(
    ("model", "changed", "words"),
    [
        (gpt2, {"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True"),
        (gpt2, {"activation_function": "silu"}, "activation_function is 'silu'"),
        (gpt2, {"n_layer": 10**9}, "n_layer is 1000000000, expected a whole number from 1 to 1,000"),
        (gpt2, {"n_embd": "wide"}, "n_embd is 'wide'"),
        (gpt2, {"model_type": "gpt3"}, r"model_type is 'gpt3'. Did you mean 'gpt2'\?"),
        (llama, {"rope_parameters": {"rope_type": "llama3", "rope_theta": 5e5}}, "scaled .rope_parameters: 'llama3'"),
        (llama, {"rope_parameters": None, "rope_scaling": {"type": "linear", "factor": 2.0}}, "are scaled"),
        (llama, {"attention_bias": True}, "mlp_bias is False"),
        (llama, {"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        (bert, {"hidden_act": "relu"}, "hidden_act is 'relu'"),
        (bert, {"position_embedding_type": "relative_key"}, "position_embedding_type"),
        (t5, {"relative_attention_num_buckets": 16}, "num_buckets is 16"),
        (t5, {"feed_forward_proj": "gated-tanh"}, "feed_forward_proj"),
        (marian, {"decoder_attention_heads": 2}, "encoder_attention_heads is 4 and decoder_attention_heads is 2"),
        (marian, {"normalize_before": True}, "normalize_before is True"),
        (gpt2, {"attn_pdrop": 1.5}, "cannot build: attention_dropout is a share"),
        (bert, {"layer_norm_eps": 0}, "cannot build: norm_epsilon must lie"),
    ],
)
def test_what_has_no_counterpart_is_refused(model, changed, words):
    theirs = model()
    with pytest.raises(GroundupError, match=words):
        architecture_from(theirs.config.to_dict() | changed, theirs.state_dict())


def test_other_weights_are_refused():
    theirs = marian()
    config, weights = theirs.config.to_dict(), theirs.state_dict()
    learned = {"model.encoder.embed_positions.weight": torch.randn(40, 24)}
    with pytest.raises(GroundupError, match="learned positions"):
        weights_from(config, weights | learned)
    with pytest.raises(GroundupError, match="int8 numbers: it is quantised"):
        weights_from(config, weights | {"model.encoder.layers.0.fc1.weight": torch.zeros(40, 24, dtype=torch.int8)})


def test_weights_of_half_precision_are_read_in_full_and_are_copies():
    theirs = gpt2()
    weights = {name: weight.bfloat16() for name, weight in theirs.state_dict().items()}
    read = weights_from(theirs.config.to_dict(), weights)
    assert {weight.dtype for weight in read.values()} == {torch.float32}
    whole = weights_from(theirs.config.to_dict(), theirs.state_dict())
    theirs.transformer.ln_f.weight.data.zero_()
    assert float(whole["decoder.output_norm.gain"].abs().min()) > 0


def test_older_files_are_read_too():
    theirs = llama()
    config = theirs.config.to_dict() | {"rope_parameters": None, "rope_scaling": None, "rope_theta": 20_000}
    del config["num_key_value_heads"], config["head_dim"]
    weights = theirs.state_dict() | {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(3)}
    assert architecture_from(config, weights).settings.rotary_base == 20_000
    assert weights_from(config, weights).keys() == weights_from(theirs.config.to_dict(), theirs.state_dict()).keys()
