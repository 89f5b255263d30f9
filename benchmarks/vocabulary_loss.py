"""The loss over a vocabulary, forward and backward: in pieces as we take it, and all at once as most code does.

Vectors come from the last layer, logits and cross-entropy are taken of them, and gradients go back to the vectors and
to the table of the vocabulary. All at once is PyTorch's own linear and cross_entropy over all positions.
"""

from __future__ import annotations

from timing import Work, alternate, find_source, parser, set_threads, show, table


def main() -> None:
    options = parser(__doc__, seconds=2.0)
    options.add_argument(
        "--positions", type=int, default=3328, help="scored positions of a batch (default %(default)s)"
    )
    options.add_argument("--width", type=int, default=192, help="of a vector (default %(default)s)")
    options.add_argument("--vocabulary", type=int, default=4016, help="tokens to choose from (default %(default)s)")
    options.add_argument("--precision", choices=["bfloat16", "float32"], default="bfloat16", help="of the products")
    arguments = options.parse_args()
    find_source()
    set_threads(arguments.threads)
    contenders = losses(arguments.positions, arguments.width, arguments.vocabulary, arguments.precision)
    results = alternate(contenders, rounds=arguments.rounds, seconds=arguments.seconds)
    title = f"{arguments.positions:,} x {arguments.width} to {arguments.vocabulary:,}, {arguments.precision}"
    show(title, table(results, "losses/s", "all at once"), ("torch",), as_json=arguments.json)


def losses(positions: int, width: int, vocabulary: int, precision: str) -> dict[str, Work]:
    """The two ways, on the same vectors, table and targets."""
    import torch
    import torch.nn.functional as F
    from torch import Tensor

    from groundup.objectives.pieces import Projected, summed

    draws = torch.Generator().manual_seed(0)
    vectors = torch.randn(positions, width, generator=draws).requires_grad_()
    weights = torch.randn(vocabulary, width, generator=draws).mul_(width**-0.5).requires_grad_()
    targets = torch.randint(vocabulary, (positions,), generator=draws)
    kind = getattr(torch, precision)

    def score(some: Tensor) -> Tensor:
        return F.linear(some.to(kind), weights.to(kind)).float()

    def loss(logits: Tensor, piece: slice) -> Tensor:
        return F.cross_entropy(logits, targets[piece], reduction="sum")

    def at_once() -> float:
        vectors.grad = weights.grad = None
        loss(score(vectors), slice(None)).backward()
        return 1.0

    def in_pieces() -> float:
        vectors.grad = weights.grad = None
        summed(loss, Projected(vectors, score, (weights,), vocabulary)).backward()
        return 1.0

    return {"all at once": at_once, "groundup, in pieces": in_pieces}


if __name__ == "__main__":
    main()
