"""Every sentence is said in every language, with the same names in it, in characters that cost no extra."""

from tests.house.words import problems, sentences, translations


def test_there_are_sentences_to_translate() -> None:
    assert len(sentences()) > 50


def test_every_sentence_is_translated_and_fits() -> None:
    assert list(problems()) == []


# One word for one thing in Swahili, beside the one that must not stand for it.
GLOSSARY = {"namba": "nambari", "Una swali?": "Maswali?"}


def test_swahili_has_one_word_for_one_thing() -> None:
    said = [text for forms in translations("sw").values() for text in forms]

    wrong = [text for text in said for other in GLOSSARY.values() if other.lower() in text.lower()]
    assert wrong == []
