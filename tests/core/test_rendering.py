from pathlib import Path

import pytest

from stepladder import models, rendering
from stepladder.rendering import TemplateFault, render, render_prompt

PROMPT = [{"role": "user", "content": "the dog ?"}]
ANSWER = [{"role": "assistant", "content": "yes . four pounds"}]


@pytest.fixture
def tokenizer(tiny_model: Path):
    return models.load_tokenizer(models.resolve(str(tiny_model)))


def test_training_text_is_inference_text_token_for_token(tokenizer) -> None:
    rendered = render(tokenizer, PROMPT, ANSWER)
    assert rendered.prompt_ids == render_prompt(tokenizer, PROMPT)
    whole = tokenizer.apply_chat_template([*PROMPT, *ANSWER], tokenize=False)
    assert tokenizer.decode(rendered.ids) == whole.removesuffix("\n")


def test_the_last_trained_token_ends_generation(tokenizer) -> None:
    assert render(tokenizer, PROMPT, ANSWER).completion_ids[-1] in models.end_ids(tokenizer)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{% for m in messages[1:] %}{{ m['content'] }}<|im_end|>{% endfor %}", "drops or alters turn 1"),
        ("{% for m in messages %}{{ m['content'] | upper }}<|im_end|>{% endfor %}", "drops or alters turn 1"),
        ("{{ raise_exception('no system turn') }}", "no system turn"),
        ("{{ messages | length }}{% for m in messages %}{{ m['content'] }}{% endfor %}", "renders the prompt differently"),
        (None, "no chat template"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_carry_the_row_says_why(tokenizer, template, says) -> None:
    tokenizer.chat_template = template
    with pytest.raises(TemplateFault, match=says):
        render(tokenizer, [{"role": "system", "content": "be short"}, *PROMPT], ANSWER)


def test_apply_chat_template_is_called_for_text_alone(tokenizer) -> None:
    # transformers 5 returns a dict from tokenize=True; the ids must stay a plain list of ints
    ids = rendering.render_prompt(tokenizer, PROMPT)
    assert isinstance(ids, list)
    assert all(isinstance(i, int) for i in ids)
