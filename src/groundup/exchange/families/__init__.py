"""Each family of models that transformers writes, by its `model_type`."""

from __future__ import annotations

from groundup.exchange.families.bert import BERT
from groundup.exchange.families.gpt2 import GPT2
from groundup.exchange.families.llama import LLAMA
from groundup.exchange.families.marian import MARIAN
from groundup.exchange.families.t5 import T5
from groundup.exchange.family import Family

FAMILIES: dict[str, Family] = {"bert": BERT, "gpt2": GPT2, "llama": LLAMA, "marian": MARIAN, "t5": T5}
