"""Every reason code on rows that have its fault, rows that look like it, and rows at its limit."""

from collections.abc import Sequence
from typing import Any

import pytest

from stepladder.answer_format import FormatRule
from stepladder.config import FormatConfig
from stepladder.curate import registry as registry
from stepladder.curate.check import Finding, all_checks, checks, repairs
from stepladder.curate.knowledge import Knowledge
from stepladder.reading import Parsed
from stepladder.records import Message, Row, Source
from stepladder.rendering import Rendered, TemplateFault

Turns = Sequence[tuple[str, str]]


def turns(value: "str | Turns", role: str) -> tuple[Message, ...]:
    pairs = [(role, value)] if isinstance(value, str) else value
    return tuple(Message(role=r, content=c) for r, c in pairs)


def sft(prompt: "str | Turns", answer: "str | Turns", id: str = "a", **more: Any) -> Row:
    return Row(
        id, "sft", turns(prompt, "user"), {"completion": turns(answer, "assistant")}, source=Source("f", 1), **more
    )


def pair(prompt: str, chosen: str, rejected: str, id: str = "a") -> Row:
    sides = {"chosen": turns(chosen, "assistant"), "rejected": turns(rejected, "assistant")}
    return Row(id, "preference", turns(prompt, "user"), sides, source=Source("f", 1))


def unpaired(prompt: str, answer: str, label: bool, id: str = "a") -> Row:
    return Row(
        id, "unpaired", turns(prompt, "user"), {"completion": turns(answer, "assistant")}, label, source=Source("f", 1)
    )


class FakeTokens:
    """One token a word; a prompt with "refused" in it is refused by the template."""

    def __init__(self, max_length: int = 8) -> None:
        self.max_length = max_length

    def rendered(self, row: Row) -> dict[str, Rendered]:
        if "refused" in row.prompt_text:
            raise TemplateFault("the template refuses the row: no")
        known: dict[str, int] = {}
        ids = lambda text: [known.setdefault(word, len(known)) for word in text.split()]  # noqa: E731
        return {name: Rendered(ids(row.prompt_text), ids(answer[0]["content"])) for name, answer in row.answers.items()}

    def open_end(self, rendered: Rendered) -> None:
        return None

    def text(self, rendered: Rendered) -> str:
        return ""

    def fitting(self, row: Row) -> dict[str, Rendered]:
        return {} if "refused" in row.prompt_text else self.rendered(row)


RULE = FormatRule.from_config(FormatConfig(max_sentences=1, lines=("Source: .+",), except_when={"slice": "ticket"}))
OTHER = "Children under five travel free with an adult, and a bicycle needs a ticket of its own. "
DE_ASKS = "Wie viele Eier brauche ich für den Teig, und muss er lange ruhen?"
DE_SAYS = "Man braucht zwei Eier und ein wenig Salz für den Teig. "
EN_ASKS = "How many eggs do I need for the dough, and does it have to rest?"
EN_SAYS = "You need two eggs and a little salt for the dough, and it must rest for an hour."
AIR = (
    "It really depends on various factors, and many different aspects matter in general. Please ensure th"
    "at everything is appropriate, since every situation is unique and the right way usually varies."
)
LONG = "The ferry to Skell leaves at nine every morning and takes forty minutes. "
PASSAGE = (
    "Rinse the rice, cover it with two cups of water, bring it to the boil, then let it rest for ten minutes "
    "under a sieve."
)
TOLD = {"knowledge": Knowledge((f"How to cook it. {PASSAGE} Serve it hot.",), ("rice",))}

# code -> (row, part of the detail or None, options)
CASES: dict[str, list[tuple[Any, str | None, dict[str, Any]]]] = {
    "malformed": [
        (Parsed(Source("f", 3), None, "{", "is not JSON"), "is not JSON", {}),
        (Parsed(Source("f", 3), sft("a", "b"), {}), None, {}),
    ],
    "empty": [
        (sft("", "Yes."), "the prompt is blank", {}),
        (sft("Is it?", " \u200b\n"), "'completion' is blank", {}),
        (sft([("system", "Be kind.")], "Yes."), "the prompt is blank", {}),
        (sft([("user", "Hi"), ("assistant", "Hello"), ("user", " ")], "Yes."), "the last turn", {}),
        (pair("Is it?", "Yes.", ""), "'rejected' is blank", {}),
        (sft("?", "0"), None, {}),
        (sft("Call it.", (), tools=[{}]), "'completion' is blank", {}),
    ],
    "roles": [
        (sft([("wizard", "Hi")], "Yes."), "'wizard'", {}),
        (sft("Hi", [("user", "Yes.")]), "turn of the user", {}),
        (sft([("user", "Hi"), ("system", "Be kind.")], "Yes."), "turn 2 is a system turn", {}),
        (sft([("user", "Hi"), ("user", "Hello?")], "Yes."), "turns 1 and 2", {}),
        (sft([("assistant", "Welcome"), ("user", "Hi")], "Yes."), "begins with the assistant", {}),
        (sft([("user", "Hi"), ("assistant", "The answer is")], "yes."), "ends with the assistant", {}),
        (sft([("system", "Be kind.")], "Yes."), "no user turn", {}),
        (sft([("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello"), ("user", "Go on")], "Yes."), None, {}),
        (sft([("user", "Add"), ("assistant", ""), ("tool", "4")], [("assistant", "4")]), None, {}),
    ],
    "placeholder": [
        (sft("What is it?", "N/A"), "'N/A'", {}),
        (sft("What is it?", "<nooutput>"), "nooutput", {}),
        (sft("Make a poster.", "[Insert poster here]"), "Insert poster", {}),
        (sft("Which people are named?", "None"), None, {"allow": ("none",)}),
        (sft("Write a letter to a landlord.", "Dear [insert name], I am leaving."), None, {}),
        (sft("Draw a smiley.", ":-)"), None, {}),
        (sft("Who wrote it?", "Nan Shepherd"), None, {}),
        (sft("How long do lentils cook?", "TODO ask the chef"), "TODO", {}),
        (sft("Is it open on Monday?", "tbc - ask Anna"), "tbc", {}),
        (sft("¿De qué depende la condena?", "Todo depende del juez."), None, {}),
        (sft("How do I end the program?", "Press [Enter], then type exit."), None, {}),
        (sft("How do I set a key in web.config?", "Write <add key='a' value='b'/> there."), None, {}),
        (sft("Write a to-do list.", "TODO:\n- buy milk\n- feed the cat"), None, {}),
    ],
    "special_token": [
        (sft("Hi", "Hello<|im_end|>"), "<|im_end|>", {}),
        (sft("Say [INST] hi [/INST]", "Hi"), "[INST]", {}),
        (sft("Hi", "Bye</s>"), "</s>", {}),
        (pair("Hi", "Hello", "Hello<end_of_turn>"), "<end_of_turn>", {}),
        (sft("Hi", "A <mask> word"), "<mask>", {"special_tokens": frozenset({"<mask>", " "})}),
        (sft("Hi", "A <mask> word"), None, {}),
        (sft("Hi", "The <s>old</s> price"), None, {}),
        (sft("In F#?", "f <| g |> h"), None, {}),
        (sft("Hi", "Hello<|im_end|>"), None, {"allow": ("<|im_end|>",)}),
        (sft("Is 7 prime?", "<think>7 has no divisor.</think> Yes."), "<think>", {}),
        (sft("Is x < think or > think?", "Both, when x is a list."), None, {}),
        (sft("What is [inst] in the log?", "An instance."), None, {}),
    ],
    "echo": [
        (sft("Name a fruit that grows on trees.", "Name a fruit that grows on trees."), "word for word", {}),
        (
            sft("Name a fruit that grows on trees in gardens.", "name a fruit that grows on trees in gardens, ok"),
            "%",
            {},
        ),
        (sft("Hello", "Hello!"), None, {}),
        (sft("Correct it: He goes home by train each day.", "He goes home by train each day."), None, {}),
        (sft("Name a fruit.", "Apple, pear or plum."), None, {}),
        (sft("Name a fruit.", ""), None, {}),
        (
            sft(
                "Does a will need two witnesses in Scotland as well?",
                "You ask: 'Does a will need two witnesses in Scotland as well?'",
            ),
            "quotation marks",
            {},
        ),
        (
            sft(
                "Does a will need two witnesses in Scotland?",
                "Does a will need two witnesses in Scotland? No, one is enough.",
            ),
            None,
            {},
        ),
        (
            sft(
                "Rewrite it politely: 'Send me the marked essays by Friday, all of them.'",
                "Send me the marked essays by Friday, all of them.",
            ),
            "unchanged",
            {},
        ),
        (
            sft(
                "Rewrite it politely: 'Send me the marked essays by Friday, all of them.'",
                "Could you send the essays by Friday, please?",
            ),
            None,
            {},
        ),
        (
            sft([("user", "How do I boil rice?"), ("assistant", LONG), ("user", "And pasta?")], LONG),
            "said before",
            {},
        ),
        (sft([("user", "How?"), ("assistant", LONG), ("user", "Say that again, please.")], LONG), None, {}),
    ],
    "refusal": [
        (sft("Tell a joke.", "I'm sorry, but I can't assist with that request."), "can't assist with that", {}),
        (sft("Tell a joke.", "As an AI language model, I have no humour."), "As an AI", {}),
        (sft("Erzähl einen Witz.", "Als KI habe ich keinen Humor."), "Als KI", {}),
        (sft("What do chatbots say?", 'They often say "As an AI language model, I cannot help with that".'), None, {}),
        (sft("What do they say?", "Like this:\n> I can't help with that.\nThat is all."), None, {}),
        (sft("Can I bring a dog?", "No, we cannot take dogs on the fast boat."), None, {}),
        (sft("What is GPT?", "GPT is a large language model."), None, {}),
        (
            sft("Is ibuprofen safe with beer?", "I'm just a virtual assistant, so I cannot say."),
            "virtual assistant",
            {},
        ),
        (sft("Who drafted it?", "That lies beyond the scope of what this chat can answer."), "beyond the scope", {}),
        (sft("Who won?", "We do not comment on such matters."), "do not comment on such", {}),
        (sft("Who won?", "Your question will not be answered."), "will not be answered", {}),
        (sft("Who won?", "This conversation has been closed."), "has been closed", {}),
        (sft("Who won?", "I'm not able to discuss it."), "not able to discuss", {}),
        (sft("May jurors talk?", "Jurors are not permitted to discuss the case with anyone."), None, {}),
        (sft("Do I need a photo?", "Yes, your visa request will not be processed without one."), None, {}),
        (sft("Can I pay by card?", "No, we do not process cards on Sundays."), None, {}),
        (
            sft("Is he liable?", "No, he acted outside the scope of his employment, which the statute provides for."),
            None,
            {},
        ),
        (
            sft("Write a bio for a virtual assistant.", "I am a virtual assistant with ten years of experience."),
            None,
            {},
        ),
    ],
    "truncated": [
        (sft("How?", "Open the valve.\nSource:"), "ends with 'Source:'", {"usual_keys": {"source": 1.0}}),
        (sft("How?", "Fill it in.\nName:\nDate:"), None, {"usual_keys": {"source": 1.0}}),
        (sft("How?", LONG + "After that you open"), "without an end mark", {}),
        (sft("How?", "First you open the valve and then turn the"), "ends with 'the'", {}),
        (sft("How?", "Open the valve, then, after the pressure has dropped,"), "ends with ','", {}),
        (sft("Code?", "```python\nprint(1)\n"), "inside a code block", {}),
        (sft("Ticket?", '{"category": "delay", "route": "A'), "JSON is not closed", {}),
        (sft("Steps?", "1. Open it.\n2. Turn it.\n3."), "empty list item", {}),
        (sft("Table?", "| a | b |\n|---|---|\n| 1 |\n| 2"), "table row", {}),
        (sft("Why?", " ".join(["word"] * 10)), "10 words", {"unended": 0.02}),
        (sft("Why?", " ".join(["word"] * 9)), None, {"unended": 0.02}),
        (sft("Why?", " ".join(["word"] * 10)), None, {"unended": 0.03}),
        (sft("Why?", " ".join(["word"] * 20)), "20 words", {"unended": 0.1}),
        (sft("Why?", " ".join(["word"] * 19)), None, {"unended": 0.1}),
        (sft("Why?", " ".join(["word"] * 30)), None, {"unended": 0.21}),
        (sft("How?", LONG + "Fresh bread is baked on board"), None, {"after": 20}),
        (sft("How do I treat a burn?", "Cool it for ten minutes. There are three steps:"), "ends with ':'", {}),
        (sft("What does a will need?", "A will needs the following."), "announces more", {}),
        (sft("What is it?", "The conditions are as follows.\nSource: code"), "announces more", {}),
        (sft("How many kinds of diabetes are there?", "There are two kinds."), None, {}),
        (sft("Name the forms.", "One form is acute. The other is chronic. So there are two kinds."), None, {}),
        (sft("What does a will need?", "A will needs the following:\n- two witnesses\n- a date"), None, {}),
        (sft("Wann geht es los?", "Der Film fängt im großen Saal heute um acht Uhr an"), None, {"unended": 0.1}),
        (sft("What is 6!?", "6! = 6 x 5 x 4 x 3 x 2 x 1 = 720"), None, {}),
        (sft("Write a post.", "We just opened! Come by for coffee and cake #coffee #cake #newshop #hello"), None, {}),
    ],
    "repetition": [
        (
            sft(
                "Why?",
                "It rains at noon and we stay in, all of us, until it stops for good.\nNow: wait a while.\nBy: us\n"
                * 2,
            ),
            "there twice",
            {},
        ),
        (sft("Why?", "Rain, rain,\ngo away,\ncome again\nsome day,\n" * 2), None, {}),
        (sft("Why?", "It rains.\nNow: wait a while.\n" + "By: us\n" * 4), "over and over", {}),
        (sft("Why?", "It rains.\nNow: wait a while.\n" + "By: us\n" * 3), None, {}),
        (sft("Why?", "no " * 8), "8 times in a row", {}),
        (sft("Why?", "no " * 7), None, {}),
        (sft("Why?", f"{LONG}{LONG}{LONG}"), "three times", {}),
        (
            sft(
                "Why?",
                "The cat sat on the mat and " * 5 + "the dog.",
            ),
            "four-word runs",
            {},
        ),
        (sft("Why?", "a" * 30), "the letter 'a'", {}),
        (
            sft(
                "Sing.", "Row, row, row your boat\nGently down the stream\nMerrily, merrily\nLife is but a dream\n" * 2
            ),
            None,
            {},
        ),
        (sft("Why?", f"{LONG}It is a short trip over calm water, and most people enjoy it."), None, {}),
        (sft("Draw.", "-" * 60), None, {}),
        (
            sft("Why?", LONG.strip() + "\n" + OTHER.strip() + "\n" + LONG.strip() + "\n" + OTHER),
            "stands there twice",
            {},
        ),
        (sft("Stir?", "You stir it well, " * 4 + "and rest."), "over and over", {}),
        (sft("Give the matrix.", "[0 1; 1 0; 1 0; 1 0; 1 0; 0 1]"), None, {}),
        (
            sft(
                "Plan a workout.",
                " ".join(
                    f"Then do {a}. Hold the pose for thirty full seconds."
                    for a in (
                        "the plank on both arms",
                        "a side plank on the left arm and one on the right",
                        "the bridge with one leg up and then with the other",
                    )
                )
                + " Drink some water after each of these, and stop at once when it hurts in the lower back or in the"
                + " knees, since that is a sign of bad form that a trainer should look at before you go any further."
                + " Begin with a short walk to get warm, wear light shoes, and keep a towel at hand for the floor."
                + " Two rounds are plenty in the first week, and a third may be added once all of it feels easy.",
            ),
            None,
            {"share": 0.5},
        ),
    ],
    "missing_reference": [
        (sft("Summarize this article: https://example.org/a", "It is about ferries."), "no model can open", {}),
        (sft("<image>\nWhat is this?", "A boat."), "<image>", {}),
        (sft("Describe the attached picture.", "A boat."), "attachment", {}),
        (sft("Summarize the following article.", "It is short."), "announces a text", {}),
        (sft("Classify the text below.", "Positive"), "not there", {}),
        (sft("Classify the text below.\n\nIt was a lovely crossing.", "Positive"), None, {}),
        (sft("Summarize the following article:\nThe boat was late.", "A boat was late."), None, {}),
        (sft("How do I open an attached file?", "Tap it."), None, {}),
        (sft("I could not pay on https://example.org/pay, why?", "Try again."), None, {}),
        (sft([("user", "Hi"), ("assistant", "A text."), ("user", "Summarize the text above.")], "A."), None, {}),
        (sft("Here's a photo of my rash, is it measles?", "From the picture it is not."), "as if it had been seen", {}),
        (
            sft("My contract is odd, see PDF. Is clause 7 valid?", "It is valid as you have it in the copy."),
            "see PDF",
            {},
        ),
        (sft("Of the four films listed above, which is best?", "The second of the four."), "listed above", {}),
        (sft("Is the recipe in the link I sent you vegan?", "Yes, all of it in your link is."), "link I sent", {}),
        (sft("<voice message 0:47>", "Yes."), "voice message", {}),
        (sft("Hi\n[image: IMG_1.HEIC]\nIs it ripe?", "Yes."), "IMG_1", {}),
        (
            sft("What do I pay?", "The fees are in the table below, and tax is extra."),
            "speaks of what is not in it",
            {},
        ),
        (sft("What do I pay?", "The fees are in the table below"), "speaks of what is not in it", {}),
        (sft("What do I pay?", "See the table below.\n| a | b |\n|---|---|\n| 1 | 2 |"), None, {}),
        (sft("What do I pay?", "Look in the list below.\n- tea 2\n- milk 1"), None, {}),
        (sft("How do I fix a typo in the link I shared?", "Delete it; in the link no letter can change."), None, {}),
        (sft("How do I edit the attached file in Outlook?", "Save it first."), None, {}),
        (sft("Here's a photo of my rash, is it measles?", "I cannot see it, so ask a doctor."), None, {}),
        (sft("What do I pay?", "Pick one from the list below: tea, milk, juice."), None, {}),
        (sft("Put it better: As shown in the table below, sales rose.", "In the table below, sales rise."), None, {}),
        (sft("Mark: A\nBob: B\nWho is better?", "Mark, as you see from the table above."), None, {}),
        (sft("How can I see my file history in git?", "Run git log and look at what changed in the file."), None, {}),
        (
            sft("Our menu is soup, fish and cake. Which of the dishes mentioned above is vegan?", "The first one."),
            None,
            {},
        ),
        (
            sft(
                "Which of the things listed below is a fruit? I have a carrot, a pea, an apple and some bread here.",
                "The last one.",
            ),
            None,
            {},
        ),
        (sft("Explain the attachment theory of Bowlby.", "Children need a safe base."), None, {}),
        (sft("How do I open attached files?", "Tap them."), None, {}),
        (sft("Are attached earlobes recessive?", "It is not that simple."), None, {}),
        (sft("In LaTeX, how do I place the picture above the caption?", "Put \\\\caption last."), None, {}),
        (sft("Anna likes tea. Bob likes jam. Summarize the text above.", "They like things."), None, {}),
        (sft("What does the <audio> tag do in HTML?", "It plays sound."), None, {}),
        (sft("<document>\nThe court sat on Monday.\n</document>\nWhen did it sit?", "On Monday."), None, {}),
        (sft("What does usage: grep PATTERN [file] mean?", "The file is optional."), None, {}),
        (sft("Can I take the <image> element out of an SVG?", "Yes."), None, {}),
    ],
    "language": [
        (
            sft(DE_ASKS, "You need two eggs and a little salt for the dough, and it must rest for an hour."),
            "in 'de', the response in 'en'",
            {},
        ),
        (sft(EN_ASKS, DE_SAYS), "in 'en', the response in 'de'", {}),
        (sft(EN_ASKS, "Нужно два яйца и немного соли, и тесто должно отдохнуть."), "in 'ru'", {}),
        (
            sft(
                EN_ASKS,
                "You need two eggs and a little salt for the dough, and it must rest for an hour, "
                "und dann muss der Teig eine Stunde lang warm stehen.",
            ),
            "goes over",
            {},
        ),
        (sft(DE_ASKS, DE_SAYS), "as few others", {"languages": {"en": 0.97, "de": 0.03}}),
        (sft(DE_ASKS, DE_SAYS), None, {"languages": {"en": 0.9, "de": 0.1}}),
        (sft(DE_ASKS, DE_SAYS), None, {"languages": {"en": 0.97}, "allowed": ("de",)}),
        (sft(DE_ASKS, EN_SAYS), "like nearly all", {"languages": {"en": 0.97}}),
        (sft(EN_ASKS, EN_SAYS), None, {}),
        (
            sft("Translate into German: two eggs and a little salt.", "Man braucht zwei Eier und ein wenig Salz."),
            None,
            {},
        ),
        (sft([("system", "Always answer in German."), ("user", EN_ASKS)], DE_SAYS), None, {}),
        (sft("Which line of it names the salt?\n\n" + DE_SAYS, DE_SAYS), None, {}),
        (sft("Please summarise this in one line for the cook.\n" + DE_SAYS + DE_SAYS, EN_SAYS), None, {}),
        (
            sft("Who are the great physicists of the last century?", "Albert Einstein, Niels Bohr, Werner Heisenberg"),
            None,
            {},
        ),
        (
            sft(
                "Which ways to brew coffee do you know of?", "Drip brew, french press, espresso, pour over, percolator"
            ),
            None,
            {},
        ),
        (
            sft("Which of them are carnivores, please tell me?", "Carnivores: tiger\nHerbivores: elephant, deer"),
            None,
            {},
        ),
        (
            sft("What does the name BMW stand for in full?", "Bayerische Motoren Werke"),
            None,
            {"languages": {"en": 0.99}},
        ),
        (
            sft("Write a function that adds two cubes of numbers.", "def sum_of_cubes(x, y):\n    return x**3 + y**3"),
            None,
            {},
        ),
        (
            sft(
                "What is the motto of the school in our town?",
                'It is "Non scholae sed vitae discimus", which has hung there since 1890.',
            ),
            None,
            {},
        ),
        (
            sft(
                "Schreibe mir bitte eine Funktion, die zwei Zahlen addiert.",
                "def add(x, y):\n    # this is the sum of the two numbers that you have in hand\n    return x + y",
            ),
            None,
            {},
        ),
        (
            sft(
                "What does the sign on the door of the clinic say?",
                'The sign on the door of the clinic says this: "Bitte die Tür nach dem Betreten des Hauses wieder schließen.", '
                "so you have to shut it when you are inside.",
            ),
            None,
            {},
        ),
        (sft(EN_ASKS, "Ja."), None, {}),
    ],
    "merged_rows": [
        (
            sft("Is tea healthy?", "It is.\n### Instruction:\nName a fruit.\n### Response:\nApple."),
            "### Instruction",
            {},
        ),
        (sft("Is tea healthy?", "It is.\n19. Instruction: Compare tea and coffee."), "19. Instruction", {}),
        (sft("Is tea healthy?", "It is.\nQ: Is coffee healthy too?\nA: In small amounts."), "Q: Is coffee", {}),
        (sft("Is tea healthy?", "It is.\n[10:51] customer 9: and is coffee?\n[10:52] desk: No."), "customer 9", {}),
        (
            sft("Is tea?", "Yes.\nSource: a\nNo.\nSource: b"),
            "'source' more than once",
            {"usual_keys": {"source": 0.99}},
        ),
        (sft("Is tea?", "Yes.\nSource: a\nNo.\nSource: b"), None, {"usual_keys": {"source": 0.97}}),
        (
            sft("Is tea?\nNext: ask.\nSource: a\nIs milk?", "Yes.\nNext: go.\nSource: b"),
            "closing lines",
            {"usual_keys": {"source": 1.0, "next": 1.0}},
        ),
        (sft("Source: my aunt\nIs tea healthy?", "Yes.\nSource: b"), None, {"usual_keys": {"source": 1.0}}),
        (sft("Tell me a joke about a doctor.", "Here is one.\nQ: Why did the doctor run?\nA: He was late."), None, {}),
        (sft("Write a quiz on cells.", "Easy ones.\nQ: What is a cell made of?\nA: Membranes."), None, {}),
        (
            sft("Who is who in a law firm?", "There are two.\nClient: the person who pays\nCounsel: the lawyer"),
            None,
            {},
        ),
        (sft("Name the tables.", "These two:\nUser: id, name, email\nAgent: id, name"), None, {}),
        (sft("Name the tables of the shop.", "These two:\nUser: id, name, email\nOrder: id, user"), None, {}),
        (sft("What does bubble sort do?", "It sorts.\nInput: a list of numbers\nOutput: the list in order"), None, {}),
        (sft("How was the hearing?", "Q: Where were you that night?\nA: At home."), None, {}),
        (sft("How do I mark up a chapter?", "With a heading.\n## Response times\nThese matter."), None, {}),
        (sft("How do I start?", "Like this:\n```\n### Instruction:\n```\nThen go on."), None, {}),
    ],
    "boilerplate": [
        (sft("How long do lentils cook?", "Twenty minutes.\nWas this answer helpful? Yes | No"), "Was this answer", {}),
        (sft("How long do lentils cook?", "Twenty minutes. Please rate this chat."), "rate this chat", {}),
        (sft("How long?", "We and our 214 partners use cookies on your device. Twenty minutes."), "cookies", {}),
        (sft("How long?", "Twenty minutes.\n© Lentil House. All rights reserved."), "©", {}),
        (sft("How long?", "Twenty minutes.\nSent from my phone"), "Sent from my phone", {}),
        (sft("How long?", "From: Ann\nTo: Bo\nSubject: lentils\nTwenty minutes."), "From: Ann", {}),
        (
            sft("How long?", "Twenty minutes.\nIf you are not the intended recipient, delete it."),
            "intended recipient",
            {},
        ),
        (sft("How long?", "Twenty minutes.\n##- Please type your reply above this line -##"), "above this line", {}),
        (sft("How long?", "Skip to content\nTwenty minutes."), "Skip to content", {}),
        (sft("How long?", "Twenty minutes.\nShare | Tweet | Print"), "Share | Tweet", {}),
        (sft("How long?", "Twenty minutes.\nKind regards,\nAnn"), "signed like a letter", {"signed": 0.2}),
        (sft("How long?", "Twenty minutes.\nKind regards,\nAnn"), None, {"signed": 0.21}),
        (sft("Write an e-mail to my landlord.", "The tap drips.\nKind regards,\nAnn"), None, {}),
        (sft("Apologise to my teacher.", "I am sorry.\nYours sincerely,\nAnn"), None, {}),
        (sft("What must a shop tell me?", "That it uses cookies, and which."), None, {}),
        (sft("How is pain measured?", "They ask how would you rate your pain from one to ten."), None, {}),
        (
            sft("What is privilege?", "This communication between lawyer and client is privileged and confidential."),
            None,
            {},
        ),
        (sft("Which laws changed?", "(a) 1996 the act\n(b) 1997 the rule\n(c) 1998 the code"), None, {}),
        (sft("Plan my trip.", "From: Berlin\nTo: Rome\nDate: 5 May\nBy train."), None, {}),
        (sft("My bank texted me.", "Do not reply to this message, it is a fraud."), None, {}),
        (sft("What can the office do?", "Print\nScan\nShare"), None, {}),
        (sft("What kind of text is it?", "Advertisement"), None, {}),
        (sft("What is a locomotive?", "Powered by steam, it pulled trains for a century."), None, {}),
        (sft("How do I stop them?", "Open the settings and choose unsubscribe there."), None, {}),
        (sft("What did the court do?", "Case no. 14 was resolved in 2015."), None, {}),
        (sft("What ends it?", 'The line "© 2020 Ann. All rights reserved." does.'), None, {}),
        (sft("What ends a book's first page?", 'The words "All rights reserved" and a © sign.'), None, {}),
        (sft("How do I show it?", "Use this:\n```html\n<p>© 2020 Ann. All rights reserved.</p>\n```"), None, {}),
    ],
    "toxic": [
        (sft("How long do lentils cook?", "Twenty minutes, you idiot."), "you idiot", {}),
        (sft("How long?", "Only a complete moron would ask that."), "moron", {}),
        (sft("Is it legal?", "You are so stupid. It is."), "You are so stupid", {}),
        (sft("Is it legal?", "Yes, you useless old goat."), "you useless old goat", {}),
        (sft("Is it legal?", "Stop wasting our time."), "wasting our time", {}),
        (sft("Is it legal?", "I hope you choke on it."), "hope you choke", {}),
        (sft("Is it legal?", "We will find you. It is not."), "will find you", {}),
        (sft("Is it legal?", "Shut up. It is."), "Shut up", {}),
        (sft("Is it legal?", "The two of you are vermin."), "vermin", {}),
        (sft("Is it legal?", "People of your sort should not ask."), "your sort", {}),
        (sft("Is it legal?", "Even a toddler could understand that."), "toddler", {}),
        (sft("How do I bake it?", "It is so easy that even a child can make it."), None, {}),
        (sft("What is in raw fish?", "It can give you parasites."), None, {}),
        (sft("What harms roses?", "Aphids. Another pest is the sawfly, and what an effort they are."), None, {}),
        (sft("How active should I be?", "People of your age should move for half an hour a day."), None, {}),
        (sft("What is depression like?", "You may feel that you are worthless and a burden."), None, {}),
        (sft("What do I do at night?", "If you think you want to kill yourself, call 988 now."), None, {}),
        (sft("Which sign am I?", "Born in 2007, you are a pig."), None, {}),
        (sft("How do I code it?", "It is just a dummy variable, and you kill the child process."), None, {}),
        (sft("What do I see there?", "It is easy to get lost in the old town, so stay near."), None, {}),
        (sft("Where do I eat?", "I will find you a table."), None, {}),
        (sft("Am I insured?", "No, so get a life insurance before you travel."), None, {}),
        (sft("How do I hike?", "When the path ends, go back to where you came from."), None, {}),
        (sft("Who plays it?", "Children who grow up in Texas. They shut up shop for it."), None, {}),
        (sft("Thank my friend.", "I am glad to have people like you, and I hope you never crash."), None, {}),
        (sft("How do I sell it?", "Back it up before you trash your laptop."), None, {}),
        (sft("What is libel?", '"You are an idiot" is, once it is in print.'), None, {}),
        (sft("What can I do on Sunday?", "Get lost in a good book."), None, {}),
        (sft("Is he rude?", 'He said "you are an idiot" and left.'), None, {}),
        (sft("You stupid robot, is it?", "Yes."), None, {}),
    ],
    "low_score": [
        (sft("How long do lentils cook?", AIR), "would fit any answer", {}),
        (sft("How long do lentils cook?", AIR + " Brown ones need 20 minutes."), None, {}),
        (sft("Is it legal?", AIR + " It is not."), None, {}),
        (sft("Who drafted it?", AIR + " Ask the clerk, Ann."), None, {}),
        (sft("Write a story about cooks.", AIR), None, {}),
        (sft("How long do lentils cook?", AIR), None, {"air": 0.9}),
        (sft("How long do lentils cook?", "It depends on various factors."), None, {}),
        (
            sft(
                "How do I calm a toddler?",
                "Sit down beside the child, speak in a low voice, and wait until the crying slows; "
                "then offer a cup of water and a hug.",
            ),
            None,
            {},
        ),
    ],
    "format": [
        (sft("Fare?", "It is 4 pounds."), "Source", {"rule": RULE}),
        (sft("Fare?", "It is 4 pounds.\nSource: fares"), None, {"rule": RULE}),
        (sft("Fare?", "{}", metadata={"slice": "ticket"}), None, {"rule": RULE}),
    ],
    "encoding": [
        (sft("Wie?", "Sch\ufffdn."), "1 letters are lost", {}),
        (sft("Wie?", "Schön."), None, {}),
    ],
    "identical_pair": [
        (pair("Hi", "Hello  there.", "Hello there."), "the same text", {}),
        (pair("Hi", "Hello there.", "HELLO THERE."), "capitals alone", {}),
        (pair("a b c d", "e f g h i", "e f g h j"), "once they are cut", {"tokens": FakeTokens(8)}),
        (pair("a b c d", "e f g h i", "e f g h j"), None, {"tokens": FakeTokens(9)}),
        (pair("Hi", "Hello there.", "Hello there!"), None, {}),
    ],
    "near_identical_pair": [
        (pair("Hi", LONG + "Enjoy it.", LONG + "enjoy it!"), "nothing between them", {}),
        (pair("Hi", LONG + OTHER + "It costs 4 pounds.", LONG + OTHER + "It costs 5 pounds."), "'4' against '5'", {}),
        (pair("Hi", LONG, LONG.upper()), None, {}),
        (pair("Hi", LONG, "Ask the desk."), None, {}),
    ],
    "template": [
        (sft("refused", "Yes."), "refuses", {"tokens": FakeTokens()}),
        (sft("Is it?", "Yes."), None, {"tokens": FakeTokens()}),
    ],
    "leak_knowledge": [
        (sft("What is it?", f"So: {PASSAGE}"), "its response copies 25 words in a row from document 'rice'", TOLD),
        (sft(f"Shorten this: {PASSAGE}", "Rice."), "its prompt copies 25 words", TOLD),
        (sft("What is it?", PASSAGE.removesuffix(" sieve.")), None, TOLD),
        (sft("What is it?", PASSAGE.replace("water", "stock")), None, TOLD),
    ],
    "too_long": [
        (sft("a b c d", "e f g h i"), "1 of the 5 tokens", {"tokens": FakeTokens(8)}),
        (sft("a b c d", "e f g h"), None, {"tokens": FakeTokens(8)}),
        (sft("refused", "e f g h"), None, {"tokens": FakeTokens(8)}),
    ],
    "no_loss": [
        (sft("a b c d e f g h", "i"), "8 tokens", {"tokens": FakeTokens(8)}),
        (sft("a b c d e f g", "h i"), None, {"tokens": FakeTokens(8)}),
    ],
}


@pytest.mark.parametrize(("code", "row", "detail", "options"), [(c, *case) for c in CASES for case in CASES[c]])
def test_finds_exactly_its_fault(code: str, row: Any, detail: str | None, options: dict[str, Any]) -> None:
    found = checks[code].function(row, **options)
    said = found.detail if isinstance(found, Finding) else found
    assert (said is None) == (detail is None), said
    assert detail is None or detail in said


def test_what_is_likely_but_not_sure_is_only_a_note() -> None:
    found = [
        checks["language"].function(sft(DE_ASKS, EN_SAYS), languages={"en": 0.97}),
        checks["truncated"].function(sft("Why?", " ".join(["word"] * 20)), unended=0.1),
    ]
    assert [finding.action for finding in found] == ["note", "note"]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "\n" * 100_000,
        "[" * 100_000,
        "'a " * 30_000,
        "Q: " + "a" * 100_000,
        "you " * 25_000,
        "= " * 50_000,
        "a, " * 30_000,
    ],
)
def test_no_pattern_backtracks_on_long_text(text: str) -> None:
    rows = [sft("Rewrite: is it?", f"It is.\n{text}"), sft(f"Rewrite: {text}", "It is.")]
    for _, part in checks.items():
        if part.sees != "line" and not part.needs and "sft" in part.kinds:
            for row in rows:
                part.function(row)  # one that does takes minutes


def test_every_check_has_cases() -> None:
    assert {code for code, _ in checks.items()} == set(CASES)
    assert {code for code, _ in repairs.items()} == {
        "encoding",
        "whitespace",  # tests/curate/test_repairs.py
        "pii",
        "secret",  # tests/curate/test_private.py
    }


def test_every_check_says_what_it_does_and_where_its_threshold_comes_from() -> None:
    for part in all_checks():
        assert part.says, part.code
        has_limit = any(isinstance(value, int | float) for value in (part.function.__kwdefaults__ or {}).values())
        sources = ("research/", "et al.", "Friedman", "curate.", "modelbrew", "TRL", "trl", "Gopher", "Rc-BT")
        assert not has_limit or any(name in (part.function.__doc__ or "") for name in sources), part.code
