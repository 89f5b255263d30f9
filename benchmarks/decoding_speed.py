"""Tokens a second of greedy decoding with a cache: our sampler against `generate` of Hugging Face transformers.

Both have random weights of the same depth and width, read a prompt of 32 tokens and write until their context of 256
is full; no row ends early. Ours goes through `sample`, the way all our text is written, with the float64
probabilities and the record of seen tokens that it keeps; theirs through `generate`, with its logits processors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from timing import Work, alternate, find_source, parser, peer, set_threads, show, table
from training_speed import Shape, small_gpt2

if TYPE_CHECKING:
    import torch

SHAPES = {"4x128": Shape(4, 128, 2, 256, 1), "6x384": Shape(6, 384, 6, 256, 1)}
PROMPT = 32


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--shape", choices=[*SHAPES, "all"], default="all", help="which model (default: both)")
    options.add_argument("--rows", type=int, nargs="*", default=[1, 8], help="texts written at once (default 1 8)")
    options.add_argument("--vocabulary", type=int, default=2000, help="number of tokens (default 2,000)")
    arguments = options.parse_args()
    find_source()
    peer("transformers")
    set_threads(arguments.threads)
    import torch

    for name, shape in SHAPES.items():
        for rows in arguments.rows if arguments.shape in (name, "all") else ():
            contenders = {
                "transformers float32": theirs(shape, arguments.vocabulary, rows, torch.float32),
                "transformers bfloat16": theirs(shape, arguments.vocabulary, rows, torch.bfloat16),
                "groundup float32": ours(shape, arguments.vocabulary, rows, torch.float32),
                "groundup bfloat16": ours(shape, arguments.vocabulary, rows, torch.bfloat16),
            }
            results = alternate(contenders, rounds=arguments.rounds, seconds=arguments.seconds, warm_ups=1)
            title = f"Greedy decoding, {name}, rows: {rows}, vocabulary {arguments.vocabulary:,}"
            found = table(results, "tokens/s", "transformers float32")
            show(title, found, ("torch", "transformers"), as_json=arguments.json)


def ours(shape: Shape, vocabulary: int, rows: int, precision: torch.dtype) -> Work:
    """Our sampler at temperature 0."""
    import torch

    from groundup.decoding.engine import DecoderEngine
    from groundup.decoding.sample import sample
    from groundup.decoding.settings import SamplingSettings
    from groundup.model.model import build_model
    from groundup.model.settings import ModelSettings

    described = ModelSettings(size=shape.depth, width=shape.width, heads=shape.heads, context=shape.context)
    model = build_model(described, vocabulary, seed=1)
    # A new model's outputs are all zero; random ones make the texts differ.
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=weight.shape[-1] ** -0.5)
    model.precision = precision
    engine = DecoderEngine(model)
    prompts = prompts_of(rows, vocabulary).tolist()
    settings = SamplingSettings(tokens=shape.context - PROMPT, temperature=0)

    def work() -> float:
        return sum(1 for _ in sample(engine, prompts, settings, end=-1))

    return work


def theirs(shape: Shape, vocabulary: int, rows: int, precision: torch.dtype) -> Work:
    """GPT-2's `generate` without sampling."""
    import torch

    model = small_gpt2(shape, vocabulary).to(precision).eval()
    model.generation_config.pad_token_id = 0
    model.generation_config.eos_token_id = None
    prompts = prompts_of(rows, vocabulary)
    mask = torch.ones_like(prompts)
    wanted = shape.context - PROMPT

    def work() -> float:
        with torch.inference_mode():
            written = model.generate(prompts, attention_mask=mask, do_sample=False, max_new_tokens=wanted)
        assert written.shape == (rows, shape.context), written.shape
        return float(rows * wanted)

    return work


def prompts_of(rows: int, vocabulary: int) -> torch.Tensor:
    """[rows, PROMPT] random tokens, the same for all contenders."""
    import torch

    return torch.randint(5, vocabulary, (rows, PROMPT), generator=torch.Generator().manual_seed(1))


if __name__ == "__main__":
    main()
