"""What the small stories are told with: names, places, things, and the wordings of every fact and question."""

from __future__ import annotations

PEOPLE = ("Ada", "Bruno", "Clara", "Dev", "Elsie", "Farid", "Greta", "Hugo")
PLACES = ("barn", "bakery", "cellar", "harbour", "library", "market", "mill", "orchard", "school", "station")
THINGS = ("basket", "candle", "hammer", "kettle", "ladder", "letter", "map", "whistle")
SIZED = ("barrel", "bucket", "chest", "crate", "drawer", "jar", "pouch", "thimble")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ANIMALS = {"fox": "foxes", "hen": "hens", "hound": "hounds", "mole": "moles", "otter": "otters", "owl": "owls"}
PETS = ("Biscuit", "Clover", "Fern", "Moss", "Pepper", "Pip", "Rusty", "Soot")
COLOURS = ("black", "brown", "grey", "red", "white", "yellow")
DIRECTIONS = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)}
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}
NUMBERS = ("none", "one", "two", "three", "four")

# Verb of a fact or question -> its wordings; {1} is the first word after the verb, {1s} the plural of an animal,
# {1a} with its article, {1^} with a capital.
WORDING: dict[str, tuple[str, ...]] = {
    "move": (
        "{1} went to the {2}.",
        "{1} walked over to the {2}.",
        "{1} hurried to the {2}.",
        "{1} set off for the {2}.",
    ),
    "take": ("{1} picked up the {2}.", "{1} took the {2}.", "{1} got hold of the {2}."),
    "drop": ("{1} put down the {2}.", "{1} left the {2} behind.", "{1} let go of the {2}."),
    "is": ("{1} is in the {2}.", "{1} is now in the {2}."),
    "is not": ("{1} is not in the {2}.", "{1} is no longer in the {2}."),
    "on": ("On {1} {2} was in the {3}.", "{2} spent {1} in the {3}."),
    "bigger": ("The {1} is bigger than the {2}.", "The {2} is smaller than the {1}.", "The {2} fits inside the {1}."),
    "beside": ("The {1} is {2} of the {3}.", "{2^} of the {3} is the {1}."),
    "fears": ("{1s^} are afraid of {2s}.", "{1s^} run away from {2s}."),
    "kind": ("{1} is {2a}.", "{1} is one of the {2s}."),
    "colour": ("{1} is {2}.", "{1} has {2} colouring."),
    "where person": ("Where is {1}?",),
    "where thing": ("Where is the {1}?",),
    "where before": ("Where was the {1} before the {2}?",),
    "in": ("Is {1} in the {2}?",),
    "how many": ("How many things is {1} carrying?",),
    "what": ("What is {1} carrying?",),
    "day before": ("Where was {1} before going to the {2}?",),
    "day after": ("Where was {1} after leaving the {2}?",),
    "is bigger": ("Is the {1} bigger than the {2}?", "Does the {2} fit inside the {1}?"),
    "which": ("What is {1} of the {2}?",),
    "fears what": ("What is {1} afraid of?",),
    "which colour": ("What colour is {1}?",),
    "way": ("How do you get from the {1} to the {2}?",),
}
