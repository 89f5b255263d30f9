"""nanoGPT's published recipe for characters on a processor, as one process: the peer of `time_to_loss.py`.

The figures are those of nanoGPT's README and its configuration for Shakespeare's characters: 4 layers, 4 heads, width
128, context 64, batch 12, 2,000 steps of AdamW at 1e-3 falling to 1e-4 along a cosine after 100 steps of warm-up, betas
.9 and .99, weight decay .1 on matrices only, gradients clipped to 1, no dropout, float32. The model is GPT-2 of
transformers. nanoGPT measures itself every 250 steps; this does not, which saves the peer that time. The loss is
measured at the end on all of the last tenth of the text, in windows of its context that do not overlap.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from timing import find_source
from training_speed import SHAPES, small_gpt2

PEAK, LAST, WARM_UP = 1e-3, 1e-4, 100
SHAPE = SHAPES["nanogpt-cpu"]
ROWS_AT_ONCE = 128


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    options.add_argument("text", type=Path, help="a UTF-8 text: the first 90 %% trains, the rest validates")
    options.add_argument("--steps", type=int, default=2000, help="updates (default 2,000); the cosine is stretched")
    options.add_argument("--seed", type=int, default=1337, help="of weights and batches")
    arguments = options.parse_args()
    find_source()
    print(json.dumps(train(arguments.text.read_text("utf-8"), arguments.steps, arguments.seed)))


def train(text: str, steps: int, seed: int) -> dict[str, float]:
    """Train and measure: `validation_loss` in nats a character and `tokens` seen."""
    import torch
    from torch.nn import functional

    torch.manual_seed(seed)
    alphabet = sorted(set(text))
    number = {character: index for index, character in enumerate(alphabet)}
    ids = torch.tensor([number[character] for character in text])
    cut = int(0.9 * len(ids))
    training = ids[:cut]
    model = small_gpt2(SHAPE, len(alphabet)).train()
    matrices = [weight for weight in model.parameters() if weight.ndim >= 2]
    others = [weight for weight in model.parameters() if weight.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
        lr=PEAK,
        betas=(0.9, 0.99),
        fused=True,
    )
    offsets = torch.arange(SHAPE.context + 1)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps)
        starts = torch.randint(len(training) - SHAPE.context, (SHAPE.batch, 1))
        rows = training[starts + offsets]
        logits = model(input_ids=rows[:, :-1], use_cache=False).logits
        loss = functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    # The first character of the validation text is predicted from the last of the training text.
    inputs, targets = ids[cut - 1 : -1], ids[cut:]
    whole = len(targets) // SHAPE.context * SHAPE.context
    rows_of = [torch.split(part[:whole].view(-1, SHAPE.context), ROWS_AT_ONCE) for part in (inputs, targets)]
    parts = [*zip(*rows_of, strict=True), (inputs[None, whole:], targets[None, whole:])]
    nats = 0.0
    model.eval()
    with torch.inference_mode():
        for seen, due in parts:
            if due.numel():
                logits = model(input_ids=seen, use_cache=False).logits
                nats += functional.cross_entropy(logits.flatten(0, 1), due.flatten(), reduction="sum").item()
    return {"validation_loss": nats / len(targets), "tokens": steps * SHAPE.tokens}


def rate(step: int, steps: int) -> float:
    """The learning rate of update `step`, from 0: up in a line, then down half a cosine."""
    if step < WARM_UP:
        return PEAK * (step + 1) / (WARM_UP + 1)
    passed = (step - WARM_UP) / max(1, steps - WARM_UP)
    return LAST + (PEAK - LAST) * (0.5 + 0.5 * math.cos(math.pi * passed))


if __name__ == "__main__":
    main()
