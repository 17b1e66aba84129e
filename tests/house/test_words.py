"""Every sentence is said in every language, with the same names in it, in characters that cost no extra."""

from tests.house.words import problems, sentences


def test_there_are_sentences_to_translate() -> None:
    assert len(sentences()) > 50


def test_every_sentence_is_translated_and_fits() -> None:
    assert list(problems()) == []
