"""How far below the heads each parameter of a model lies: what fine-tuning goes by.

Lower layers know what is general and upper ones what was asked before, so that rates may fall from layer to layer on
the way down, and layers may begin to learn one after the other from the top (Howard and Ruder, arXiv 1801.06146).
"""

from __future__ import annotations

from groundup.model.model import Model


def levels_of(model: Model) -> dict[str, int]:
    """The level of each parameter by name.

    0: what stands behind the stacks, or beside them. 1: the top layer of a stack, and so on down through its layers.
    One below the lowest layer: all that the first layer is given (embeddings, positions, segments), and what every
    layer uses. Each stack is counted on its own; an embedding that both read lies below the deeper one.
    """
    stacks = (("encoder", model.encoder), ("decoder", model.decoder))
    depths = {side: len(stack.layers) for side, stack in stacks if stack is not None}
    has_own_table = model.source_embedding is not None and "decoder" in depths
    below = {
        "embedding": 1 + (depths["decoder"] if has_own_table else max(depths.values())),
        "source_embedding": 1 + depths.get("encoder", 0),
        "sentences": 1 + depths.get("encoder", 0),
    }
    return {name: _level(name, depths, below) for name, _ in model.named_parameters()}


def _level(name: str, depths: dict[str, int], below: dict[str, int]) -> int:
    part, *rest = name.split(".")
    if part not in depths:
        return below.get(part, 0)
    if rest[0] == "layers":
        return depths[part] - int(rest[1])
    return 1 if rest[0] == "output_norm" else depths[part] + 1
