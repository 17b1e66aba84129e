"""A menu is a table of screens; it is checked once, at start, instead of failing under somebody's thumb."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from config.limits import MENU_OPTIONS
from core.errors import No
from core.words import Words, mark, words
from menus.dialogs import Dialog
from menus.page import MORE, End, Page, fit
from menus.screen import Choice, Field, Guard, Plain, Read, Retry, Screen, Show, Then, listed
from menus.world import World

Explain = Callable[[Words, No], str]
Line = Choice | tuple[int, str, str]

NOTICE, REFUSED, RESUME = "notice", "notice.code", "resume"
YES = "1"  # of every confirmation
CONTINUE, START_AGAIN = 1, 2
ONLY_TOLD = mark("Type 0 to go back.")
_UNFINISHED = mark("You were not finished last time.")
_CONTINUE, _START_AGAIN = mark("Continue"), mark("Start again")


class Menu:
    """The screens of a node. `start` is the first one, or says which one is first for this caller.

    `explain` puts a Refusal into the person's words. The codes in `final` are rules no other answer can satisfy:
    they are told on a page of their own, with the step of `onward` that helps; after any other she is asked again.
    """

    def __init__(
        self,
        start: str | Callable[[World], str],
        *,
        explain: Explain,
        final: Collection[str] = (),
        onward: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self.start, self.explain, self.final = start, explain, frozenset(final)
        self.onward = dict(onward or {})  # refusal code: label and screen
        self.screens: dict[str, Screen] = {}
        self._add(Screen(NOTICE, self._show_notice, read=self._read_notice, passing=True))
        self._add(Screen(RESUME, _offer_to_resume, passing=True))
        self.plain_parts = lru_cache(maxsize=4096)(self._plain_parts)

    def __getitem__(self, name: str) -> Screen:
        return self.screens[name]

    def screen(
        self,
        name: str,
        *,
        read: Read | None = None,
        guard: Guard = Guard.NONE,
        home: bool = False,
        passing: bool = False,
    ) -> Callable[[Show], Show]:
        """Add a screen; the decorated function shows it, `read` understands the answer and names the next one."""

        def add(show: Show) -> Show:
            is_home = home or name == self.start
            self._add(Screen(name, show, read=read, guard=guard, home=is_home, passing=passing))
            return show

        return add

    def choices(
        self, name: str, title: str, options: Sequence[Line], *, home: bool = False
    ) -> None:
        """Add a list: `(number, label, target)` or `Choice`. Numbers are for ever; nobody's list is renumbered."""
        lines = [line if isinstance(line, Choice) else Choice(*line) for line in options]
        assert len({line.number for line in lines}) == len(lines), f"{name}: a number twice"
        home = home or name == self.start
        plain = None
        if all(line.when is None for line in lines):
            plain = Plain(title, {str(line.number): line for line in lines})
        targets = tuple(line.target for line in lines)
        show, read = _show_list(title, lines), _read_list(lines)
        self._add(Screen(name, show, read=read, home=home, plain=plain, targets=targets))

    def form(self, name: str, fields: Sequence[Field], then: str | Then) -> None:
        """Add a form: one screen per field, the first named `name`, the others `name.field`; answers by field name."""
        names = [name, *(f"{name}.{field.name}" for field in fields[1:])]
        for here, field, following in zip(names, fields, [*names[1:], then], strict=True):
            known = (following,) if isinstance(following, str) else ()
            show, read = _ask(field.question), _keep(field, following)
            self._add(Screen(here, show, read=read, targets=known))

    def confirmation(
        self, name: str, *, yes: Then, label: str = mark("Yes"), guard: Guard = Guard.MONEY
    ) -> Callable[[Show], Show]:
        """Add a screen that tells what will happen; `1` runs `yes`, `0` goes back. The function shows the terms."""

        def read(world: World, dialog: Dialog, typed: str) -> str | End:
            if typed != YES:
                raise Retry
            return yes(world, dialog)

        def add(show: Show) -> Show:
            def with_option(world: World, dialog: Dialog) -> Page | End:
                page = show(world, dialog)
                return page if isinstance(page, End) else Page(page.text, [(1, world.say(label))])

            self._add(Screen(name, with_option, read=read, guard=guard))
            return show

        return add

    def told(
        self, name: str, *, onward: tuple[str, str] = (mark("Main menu"), "home")
    ) -> Callable[[Show], Show]:
        """Add a screen that tells something and asks nothing; `1` leads onward, to a label and its screen."""
        label, target = onward

        def read(_: World, __: Dialog, typed: str) -> str:
            if typed != YES:
                raise Retry
            return target

        def add(show: Show) -> Show:
            def with_option(world: World, dialog: Dialog) -> Page | End:
                page = show(world, dialog)
                return page if isinstance(page, End) else Page(page.text, [(1, world.say(label))])

            self._add(Screen(name, with_option, read=read, targets=(target,)))
            return show

        return add

    def check(self) -> None:
        """Raise AssertionError naming everything that is wrong with the table."""
        wrong = [problem for screen in self.screens.values() for problem in self._problems(screen)]
        wrong += [
            f"onward: no screen {to!r}" for _, to in self.onward.values() if to not in self.screens
        ]
        if isinstance(self.start, str) and self.start not in self.screens:
            wrong.append(f"start: no screen {self.start!r}")
        assert not wrong, "\n".join(wrong)

    def _show_notice(self, world: World, dialog: Dialog) -> Page:
        label, _ = self.onward.get(dialog.answers[REFUSED], ("", ""))
        return Page(dialog.answers[NOTICE], [(1, world.say(label))] if label else ())

    def _read_notice(self, world: World, dialog: Dialog, typed: str) -> str:
        _, target = self.onward.get(dialog.answers[REFUSED], ("", ""))
        if not target:
            raise Retry(world.say(ONLY_TOLD))
        if typed != YES:
            raise Retry
        return target

    def _problems(self, screen: Screen) -> list[str]:
        wrong = [
            f"{screen.name}: no screen {to!r}" for to in screen.targets if to not in self.screens
        ]
        if screen.plain:
            choices = screen.plain.choices.values()
            if len(choices) > MENU_OPTIONS:
                wrong.append(f"{screen.name}: more than {MENU_OPTIONS} options")
            wrong += [
                f"{screen.name}: number {line.number}"
                for line in choices
                if not 0 < line.number < int(MORE)
            ]
            wrong += [f"{screen.name}: empty label" for line in choices if not line.label.strip()]
        return wrong

    def _add(self, screen: Screen) -> None:
        assert screen.name not in self.screens, f"two screens named {screen.name!r}"
        self.screens[screen.name] = screen

    def _plain_parts(self, name: str, language: str, limit: int, hint: str = "") -> tuple[str, ...]:
        """A plain list, fitted once for each language and network."""
        screen, tongue = self[name], words(language)
        assert screen.plain
        options = [(line.number, tongue.say(line.label)) for line in screen.plain.choices.values()]
        page = Page(tongue.say(screen.plain.title), options)
        return tuple(fit(page, words=tongue, limit=limit, back=not screen.home, hint=hint))


def _show_list(title: str, lines: Sequence[Choice]) -> Show:
    def show(world: World, dialog: Dialog) -> Page:
        mine = listed(lines, world, dialog)
        return Page(world.say(title), [(line.number, world.say(line.label)) for line in mine])

    return show


def _read_list(lines: Sequence[Choice]) -> Read:
    def read(world: World, dialog: Dialog, typed: str) -> str:
        for line in listed(lines, world, dialog):
            if typed == str(line.number):
                return line.target
        raise Retry

    return read


def _ask(question: str) -> Show:
    return lambda world, _: Page(world.say(question))


def _keep(field: Field, following: str | Then) -> Read:
    def read(world: World, dialog: Dialog, typed: str) -> str | End:
        dialog.answers[field.name] = field.check(world, typed)
        return following if isinstance(following, str) else following(world, dialog)

    return read


def _offer_to_resume(world: World, _: Dialog) -> Page:
    options = [(CONTINUE, world.say(_CONTINUE)), (START_AGAIN, world.say(_START_AGAIN))]
    return Page(world.say(_UNFINISHED), options)
