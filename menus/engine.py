"""One turn of a dialog: the current screen reads what was typed, the next one shows its page.

`glance` does what needs no database (lists, paging, back); `answer` does the rest; `dial` and `walk` begin a session.
All of them change the dialog they are given and nothing else: who calls them commits, and only then keeps the dialog.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from json import dumps

from config.limits import USSD_INPUT_CHARACTERS
from core.errors import Busy, No, Refusal
from core.words import mark, words
from menus.dialogs import Dialog
from menus.menu import CONTINUE, NOTICE, ONLY_TOLD, REFUSED, RESUME, START_AGAIN, YES, Menu
from menus.page import BACK, HOME, MORE, End, Page, fit
from menus.screen import Agreed, Guard, Retry, Screen
from menus.world import World

_CHOOSE = mark("Please choose a number from the list.")
_TOO_LONG = mark("That is too long. Please type a shorter answer.")


def dial(menu: Menu, world: World, dialog: Dialog, dropped: Dialog | None = None) -> None:
    """The first page of a session: the start, or the offer to go on where a dropped session was."""
    start = _start(menu, world)
    if dropped is None or not _is_same_errand(dropped, dialog, start):
        return _open(menu, world, dialog, start)
    dialog.session, dialog.confirmed = dropped.session, dropped.confirmed
    _forget_notice(dropped)
    if not dropped.answers or dropped.resume_at not in menu.screens:
        return _open(menu, world, dialog, start)  # nothing she typed is lost
    dialog.home, dialog.resume_at = dropped.home, dropped.resume_at
    dialog.answers, dialog.history = dropped.answers, _until(dropped.history, dropped.resume_at)
    return _open(menu, world, dialog, RESUME)


def walk(menu: Menu, world: World, dialog: Dialog, typed: Iterable[str]) -> None:
    """Answer one screen after the other (deep dial); stops before a guarded screen and where she must be asked."""
    _open(menu, world, dialog, _start(menu, world))
    for answer_typed in typed:
        before = dialog.screen, dialog.part
        if dialog.is_over or menu[dialog.screen].guard or menu[dialog.screen].passing:
            return
        answer(menu, world, dialog, answer_typed, deep=True)
        if (dialog.screen, dialog.part) == before:
            return  # not understood: the hint is on the page, and the rest would answer the wrong question


def glance(menu: Menu, dialog: Dialog, typed: str, limit: int) -> bool:
    """Do the turn if nothing but the menu itself is needed for it; False if `answer` must."""
    if _turned_page(dialog, typed):
        return True
    here = menu[dialog.screen]
    if here.guard:
        return False
    target = _target(menu, here, dialog, typed)
    if target is None:
        return _hint_in_list(menu, here, dialog, typed, limit)
    there = menu[target]
    if there.plain is None:
        return False
    _move(dialog, here, there, back=typed in (BACK, HOME))
    dialog.parts = [*menu.plain_parts(target, dialog.language, limit)]
    return True


def answer(menu: Menu, world: World, dialog: Dialog, typed: str, *, deep: bool = False) -> None:
    """Read what was typed and show the next page. A rule that says no undoes the turn and is told in her words.

    `deep`: it was dialled with the code, so she has read nothing yet.
    """
    if glance(menu, dialog, typed, world.limit):
        return
    kept = dict(dialog.answers)
    try:
        _turn(menu, world, dialog, typed, deep=deep)
    except Retry as retry:
        dialog.answers = kept
        _again(menu, world, dialog, retry.hint or world.say(_CHOOSE))
    except (Refusal, Busy) as refusal:
        world.db.rollback()
        dialog.answers = kept
        _refuse(menu, world, dialog, refusal)


def _turn(menu: Menu, world: World, dialog: Dialog, typed: str, *, deep: bool) -> None:
    here = menu[dialog.screen]
    if typed == HOME:
        return _enter(menu, world, dialog, _start(menu, world), back=True)
    if typed == BACK:
        last = dialog.history[-1] if dialog.history else _start(menu, world)
        return _enter(menu, world, dialog, last, back=True)
    if len(typed) > USSD_INPUT_CHARACTERS:
        raise Retry(world.say(_TOO_LONG))
    if here.guard and not dialog.on_last_part:
        return None  # nobody agrees to what she has not read to the end: the same part again
    target = _read(menu, world, dialog, here, typed)
    if isinstance(target, Agreed) and not deep and dialog.on_last_part:
        there = menu[target.screen]
        _move(dialog, here, there)
        target = _read(menu, world, dialog, there, YES)
    if isinstance(target, Agreed):
        target = target.screen
    return _enter(menu, world.speaking(dialog.language), dialog, target)


def _read(menu: Menu, world: World, dialog: Dialog, here: Screen, typed: str) -> str | End | Agreed:
    if here.name == RESUME:
        return _resume(menu, world, dialog, typed)
    if here.read is None:
        raise Retry(world.say(ONLY_TOLD))
    if Guard.MONEY in here.guard:
        world = replace(world, key=_key(world, dialog))
    before = dialog.answers.copy()
    target = here.read(world, dialog, typed)
    if Guard.PIN in here.guard:
        kept = [value for name, value in dialog.answers.items() if before.get(name) != value]
        assert typed not in kept, f"{here.name} keeps a secret"
    return target


def _enter(
    menu: Menu, world: World, dialog: Dialog, target: str | End, *, back: bool = False
) -> None:
    here = menu[dialog.screen]
    if isinstance(target, End):
        dialog.resume_at = None
        return _place(world, dialog, here, target)
    there = menu[target]
    page = there.show(world, dialog)  # may still refuse: the dialog moves only afterwards
    _move(dialog, here, there, back=back)
    return _place(world, dialog, there, page)


def _open(menu: Menu, world: World, dialog: Dialog, name: str) -> None:
    """The first page: nothing came before it, so a refusal ends the session."""
    there, dialog.screen = menu[name], name
    page: Page | End
    try:
        page = there.show(world, dialog)
    except (Refusal, Busy) as refusal:
        world.db.rollback()
        page = End(menu.explain(world.words, refusal))
    if not there.passing:
        _arrive(dialog, there)
    _place(world, dialog, there, page)


def _again(menu: Menu, world: World, dialog: Dialog, hint: str) -> None:
    """The same screen with a hint on top, drawn afresh; a notice instead if it can no longer be drawn."""
    world, here = world.speaking(dialog.language), menu[dialog.screen]
    try:
        page = here.show(world, dialog)
    except (Refusal, Busy) as refusal:
        world.db.rollback()
        return _notice(menu, world, dialog, menu.explain(world.words, refusal), refusal.code)
    if here.guard and isinstance(
        page, Page
    ):  # she has read it: the hint must not push the question away
        page = replace(page, text=page.text.rpartition("\n")[2])
    return _place(world, dialog, here, page, hint)


def _refuse(menu: Menu, world: World, dialog: Dialog, refusal: No) -> None:
    sentence = menu.explain(world.words, refusal)
    if refusal.code in menu.final:
        return _notice(menu, world, dialog, sentence, refusal.code)
    return _again(menu, world, dialog, sentence)


def _notice(menu: Menu, world: World, dialog: Dialog, sentence: str, code: str) -> None:
    here, there = menu[dialog.screen], menu[NOTICE]
    if not here.is_sealed and not here.passing:
        dialog.history.append(here.name)
    dialog.answers |= {NOTICE: sentence, REFUSED: code}
    dialog.screen = NOTICE
    _place(world, dialog, there, there.show(world, dialog))


def _place(world: World, dialog: Dialog, there: Screen, page: Page | End, hint: str = "") -> None:
    guarded = bool(there.guard)
    back = not there.home and there.name != RESUME
    dialog.parts = fit(
        page, words=world.words, limit=world.limit, back=back, hint=hint, whole=guarded
    )
    dialog.part, dialog.ends = 0, isinstance(page, End)


def _move(dialog: Dialog, here: Screen, there: Screen, *, back: bool = False) -> None:
    """Leave one screen for another; what was guarded is never gone back to."""
    _forget_notice(dialog)
    if back:
        if dialog.history:
            dialog.history.pop()
    elif Guard.MONEY in here.guard:
        dialog.history, dialog.resume_at = [], None
        dialog.sealed, dialog.confirmed = True, dialog.confirmed + 1
    elif here.is_sealed:
        dialog.sealed = True
    elif not here.passing and here.name != there.name:
        dialog.history.append(here.name)
    _arrive(dialog, there)


def _forget_notice(dialog: Dialog) -> None:
    for name in (NOTICE, REFUSED):
        dialog.answers.pop(name, None)


def _arrive(dialog: Dialog, there: Screen) -> None:
    dialog.screen, dialog.part = there.name, 0
    if there.home:
        dialog.home, dialog.history, dialog.answers = there.name, [], {}
        dialog.resume_at, dialog.sealed = None, False
    elif not there.is_sealed and not there.passing and not dialog.sealed:
        dialog.resume_at = there.name


def _turned_page(dialog: Dialog, typed: str) -> bool:
    if not dialog.on_last_part and (typed == MORE or (dialog.ends and typed != BACK)):
        dialog.part += 1
        return True
    if typed == BACK and dialog.part:
        dialog.part -= 1
        return True
    return dialog.ends


def _target(menu: Menu, here: Screen, dialog: Dialog, typed: str) -> str | None:
    """Where this leads, if that is known without running anything."""
    if typed == HOME or (typed == BACK and not dialog.history):
        return menu.start if isinstance(menu.start, str) else None
    if typed == BACK:
        return dialog.history[-1]
    line = here.plain.choices.get(typed) if here.plain else None
    return line.target if line else None


def _hint_in_list(menu: Menu, here: Screen, dialog: Dialog, typed: str, limit: int) -> bool:
    if here.plain is None or typed in (BACK, HOME):
        return False
    hint = words(dialog.language).say(_CHOOSE)
    dialog.parts, dialog.part = [*menu.plain_parts(here.name, dialog.language, limit, hint)], 0
    return True


def _start(menu: Menu, world: World) -> str:
    name = menu.start if isinstance(menu.start, str) else menu.start(world)
    assert menu[name].home, f"{name} is where a session starts: it must be a home"
    return name


def _key(world: World, dialog: Dialog) -> str:
    """The name of this confirmation: the same again only for the same errand, screen, answers and count.

    It does not hang on the transcript, so it is the same when our memory was lost after the commit and she confirms
    again, in this session or in a resumed one.
    """
    errand = [dialog.session, dialog.screen, dialog.confirmed, dialog.answers]
    return world.seal_key(dumps(errand, sort_keys=True))


def _is_same_errand(dropped: Dialog, dialog: Dialog, start: str) -> bool:
    """Whether money confirmed in the dropped session must keep its key: hers, and unfinished."""
    if dropped.is_over or dropped.resume_at is None:
        return False
    return (dropped.phone, dropped.user_id, dropped.home) == (dialog.phone, dialog.user_id, start)


def _until(history: list[str], name: str | None) -> list[str]:
    return history[: history.index(name)] if name in history else history


def _resume(menu: Menu, world: World, dialog: Dialog, typed: str) -> str:
    if typed == str(CONTINUE):
        assert dialog.resume_at
        return dialog.resume_at
    if typed != str(START_AGAIN):
        raise Retry
    dialog.session = f"{world.session_id} {world.now:%Y-%m-%d}"
    dialog.confirmed, dialog.resume_at = 0, None
    return _start(menu, world)
