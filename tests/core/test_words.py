"""Sentences are found in her language, filled with facts, and English where a language is not ours."""

from core.words import mark, words


def test_a_sentence_is_said_in_her_language() -> None:
    assert words("sw").say("Get a loan") == "Pata mkopo"
    assert words("en").say("Get a loan") == "Get a loan"


def test_facts_fill_the_sentence() -> None:
    assert words("sw").say("Type the same PIN again.") == "Andika PIN ile ile tena."
    assert "+254" in words("sw").say(
        "Your access is paused. Please call {support}.", support="+254"
    )


def test_numbers_have_their_form() -> None:
    def months(language: str, count: int) -> str:
        return words(language).many("{count} month", "{count} months", count)

    assert (months("en", 1), months("en", 3)) == ("1 month", "3 months")
    assert (months("sw", 1), months("sw", 3)) == ("mwezi 1", "miezi 3")


def test_a_language_we_do_not_speak_is_english() -> None:
    assert words("fr").say("Get a loan") == "Get a loan"


def test_braces_without_facts_stay_as_they_are() -> None:
    assert words("en").say(mark("{name}")) == "{name}"
