"""How a model is trained: the budget, the optimizer and its rates, and what is done along the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from groundup.objectives.settings import ObjectiveSettings
from groundup.settings import require
from groundup.training.duration import Duration


@dataclass(frozen=True)
class WarmStartSettings:
    """Folders of finished runs whose weights a new model starts from (arXiv 1907.12461).

    Taken is what a run learned from text or, where it was trained on a task alone, what it learned from that, with the
    heads that fit and tell the same labels apart. Their tokenizer must be this run's: see `tokenizer.from_run`. Paths
    start from the current folder, or else from the recipe's.
    """

    EXAMPLES: ClassVar[tuple[str, ...]] = ("{encoder: runs/masked, decoder: runs/causal}",)

    encoder: str | None = None
    """The run that the encoder starts from: that run's encoder or, where it has none, its decoder."""
    decoder: str | None = None
    """The run that the decoder starts from: that run's decoder or, where it has none, its encoder."""


@dataclass(frozen=True)
class TrainingSettings:
    """One training run. Values left at `null` follow from the model's size by `groundup.training.rates`."""

    objective: ObjectiveSettings = ObjectiveSettings()
    """What the model is asked to learn."""
    warm_start: WarmStartSettings = WarmStartSettings()
    """Trained models to start from; none: all weights are drawn anew."""
    budget: Duration = Duration.parse("3 minutes")
    """How long to train: a clock (`3 minutes`), `2000 steps`, `10 million tokens` or `4 epochs`. A clock counts
    everything from compiling to the last validation; it becomes steps after a short measurement."""
    batch: int | None = None
    """Rows of `model.context` tokens in one forward pass."""
    accumulate: int = 1
    """Forward passes whose gradients are added up before each update."""
    documents_apart: bool = True
    """Keep attention inside documents where a row of running text holds parts of several; examples of a task are always
    apart."""
    pack: bool = False
    """Of pairs of texts: put several into each row, which sees them apart, in place of pairs of about one length.
    Then batches have one shape, so that layers can be compiled and memory is not scattered among sizes."""
    target_context: int | None = None
    """With `pack`: positions that a row has for what is written of its texts. null: as many as for what is read,
    `model.context`; answers, which are far shorter than what they are asked about, need fewer."""
    optimizer: Literal["muon", "adamw"] = "muon"
    """What moves the matrices inside the layers; embeddings, head and scalars are always AdamW's."""
    matrix_rate: float | None = None
    """Peak learning rate of the matrices inside the layers."""
    embedding_rate: float | None = None
    """Peak learning rate of the embedding table."""
    head_rate: float | None = None
    """Peak learning rate of the output layer."""
    label_rate: float | None = None
    """Peak learning rate of the heads of labels (sentence pairs, detection)."""
    scalar_rate: float | None = None
    """Peak learning rate of the single numbers (shares of the stream and of the embeddings)."""
    rate_factor: float | None = None
    """Times which the rates are taken that are left at `null`, save that of the heads of labels: less than 1 keeps
    more of what a trained model knows. null: 1, or .25 where a task goes on from a trained model."""
    layer_decay: float | None = None
    """Each layer's rates are those of the layer above it times this, the embeddings' the lowest; heads keep theirs
    (arXiv 1801.06146). null: 1, or .8 where a task goes on from a trained model."""
    unfreeze: float | None = None
    """Share of the run over which layers begin to learn one after the other from the top: at first the heads alone, at
    its end all down to the embeddings (gradual unfreezing, arXiv 1801.06146). Above 1 the lowest never learn.
    null: 0, or .1 where a task goes on from a trained model."""
    weight_decay: float = 0.1
    """Share of the learning rate by which matrices inside the layers shrink at each update."""
    momentum: float = 0.95
    """Muon's momentum."""
    betas: tuple[float, ...] = (0.9, 0.98)
    """AdamW's decay rates of the first and second moment."""
    schedule: Literal["trapezoid", "cosine", "constant"] = "trapezoid"
    """Course of the learning rates after warm-up: flat then linear down, half a cosine, or flat."""
    warmup: int = 20
    """Updates over which the rates rise from zero."""
    cooldown: float = 0.6
    """Share of the run over which the trapezoid falls. .9 behind a long `warmup`, which is cut to a tenth of the run,
    is the slanted triangle of arXiv 1801.06146."""
    final_rate: float = 0.0
    """Where the rates end, as a share of their peak."""
    clip: float = 1.0
    """Longest gradient (2-norm over all parameters) that goes into an update; 0 leaves gradients alone."""
    average: float = 0.0
    """Decay of an exponential moving average of the weights, which is then what is validated and kept; 0: off."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Type of the arithmetic inside the layers; auto takes bfloat16 where the processor has it."""
    compile: Literal["auto", "yes", "no"] = "auto"
    """Compile the layers with torch.compile; auto does so where the run is long enough to earn it back."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes a GPU when there is one."""
    validations: int = 8
    """How often, evenly over the run, the model is measured on held-out text and writes a sample."""
    validation_tokens: int = 16_384
    """Held-out tokens scored at each of these; the last time all are."""
    sample_tokens: int = 120
    """Tokens of the sample written at each validation; 0 writes none."""
    sample_prompt: str = ""
    """How these samples begin."""
    log_every: int = 10
    """Updates between two lines of the log."""
    checkpoint_every: Duration = Duration.parse("60 seconds")
    """Between two checkpoints: a clock, steps or tokens."""
    on_bad_number: Literal["stop", "skip", "rewind"] = "stop"
    """When a loss or gradient is not finite or jumps a hundredfold: stop before the update, skip the batch, or
    go back to the checkpoint before and go on without the batch."""

    def __post_init__(self) -> None:
        for name in ("accumulate", "log_every"):
            require(getattr(self, name) >= 1, name, f"{name} must be 1 or more.")
        written = self.target_context
        require(written is None or written >= 2, "target_context", "target_context counts tokens: choose 2 or more.")
        require(written is None or self.pack, "target_context", "target_context is of rows of several pairs: set pack.")
        require(self.batch is None or self.batch >= 1, "batch", "batch must be 1 or more, or null.")
        for name in ("matrix_rate", "embedding_rate", "head_rate", "label_rate", "scalar_rate"):
            value = getattr(self, name)
            require(value is None or 0 < value < 100, name, f"{name} must be positive, or null.")
        factor, decay, thaw = self.rate_factor, self.layer_decay, self.unfreeze
        require(factor is None or 0 < factor < 100, "rate_factor", "rate_factor must be positive; 1 changes nothing.")
        require(decay is None or 0 < decay <= 1, "layer_decay", "layer_decay must be above 0 and at most 1.")
        require(thaw is None or 0 <= thaw < 100, "unfreeze", "unfreeze is a share of the run: 0 (none waits) to 1.")
        for name in ("weight_decay", "clip", "validations", "sample_tokens", "warmup"):
            require(getattr(self, name) >= 0, name, f"{name} must be 0 or more.")
        for name in ("momentum", "average", "final_rate"):
            require(0 <= getattr(self, name) < 1, name, f"{name} must be 0 or more and below 1.")
        require(0 <= self.cooldown <= 1, "cooldown", "cooldown is a share of the run: 0 to 1.")
        require(self.validation_tokens >= 1, "validation_tokens", "score at least one token.")
        require(
            len(self.betas) == 2 and all(0 <= beta < 1 for beta in self.betas),
            "betas",
            "betas are two numbers from 0 up to, not including, 1: such as [0.9, 0.98].",
        )
        require(
            self.checkpoint_every.kind != "epochs",
            "checkpoint_every",
            "checkpoints are spaced by a clock, steps or tokens.",
        )


@dataclass(frozen=True)
class FinetuneSettings(TrainingSettings):
    """Learning a task: the same dials, most of them set alike."""

    budget: Duration | None = None  # type: ignore[assignment]  # what it stands for is known from the whole recipe
    """How long to train: `20 epochs`, `5 minutes`, `2000 steps` or `10 million tokens`. null: 4 epochs where the model
    goes on from trained weights, by a corpus or warm_start, and 20 where all of them are new."""
    members: int = 1
    """How many models learn it at the same time and then answer together: what comes next, or a label, is as probable
    as they find it in the mean (arXiv 1409.3215). Each has a process, its share of the cores, all of the budget, and a
    seed of its own, the first that of the recipe."""
    dropout: float | None = None
    """Share of what each layer says that is set to zero while the task is learned. null: `model.dropout`, with which a
    corpus that is read once or twice is learned slower, and without which some thousand examples are soon known by
    heart."""
    # A short rise and a long fall, near enough to the slanted triangle.
    warmup: int = 50
    cooldown: float = 0.8
    # It pulls towards zero, which is away from what was learned; BERT's value.
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.members >= 1, "members", "members must be 1 or more.")
        require(self.dropout is None or 0 <= self.dropout < 1, "dropout", "dropout must be 0 or more and below 1.")
