"""What nobody waits for: rows left half done, openings and lock-outs nobody was told of, nonces past their time."""

from __future__ import annotations

import uuid
from functools import partial

from config.limits import LIST_ROWS
from core import credentials, lending, onboarding, sscr
from core.drain import each
from core.jobs import payments
from core.node import Node
from core.onboarding import arrivals, wallet_news, wallet_settling, wallets


def sweep(node: Node) -> int:
    """Find what a dead worker left, and keep the house clean."""
    steps = (
        payments.sweep, tell_openings, tell_lock_outs, settle_wallets, tell_erased, offer_news,
        go_on_with_recoveries, forget,
    )  # fmt: skip
    each({step.__name__: partial(step, node) for step in steps})
    return 0


def go_on_with_recoveries(node: Node) -> None:
    """Ask the guardians whose turn has come, and give a new PIN where nobody said no in time."""
    with node.sessions.begin() as db:
        onboarding.ask_guardians(
            db, service_code=node.settings.service_code, now=node.clock(), limit=LIST_ROWS
        )
        onboarding.finish_recoveries(db, now=node.clock(), limit=LIST_ROWS)


def forget(node: Node) -> None:
    """Nonces, offers, arrivals and questions past their time."""
    with node.sessions.begin() as db:
        credentials.forget_nonces(db, now=node.clock())
        wallets.forget_offers(db, now=node.clock())
        arrivals.forget_over(db, now=node.clock())
        lending.asking.forget_questions(db, now=node.clock())


def tell_openings(node: Node) -> None:
    """Put every opening into its owner's chain and into the book, and text her, whatever became of the transaction."""
    while _tell_openings(node) == LIST_ROWS:
        pass


def _tell_openings(node: Node) -> int:
    with node.sessions.begin() as db:
        opened = sscr.write_receipts(db, custody=node.custody, limit=LIST_ROWS)
        sscr.anchor(db, custody=node.custody, opened=opened, now=node.clock())
        for opening in opened:
            onboarding.tell_opened(db, opening, now=node.clock())
    node.custody.service.forget([opening.ticket for opening in opened])
    return len(opened)


def tell_erased(node: Node) -> int:
    """Have the key service refuse the wraps of destroyed records for ever, whoever died before he could say so."""
    with node.sessions() as db:
        destroyed = sscr.unconfirmed_erasures(db, LIST_ROWS)
    for owner_id, epoch in destroyed:
        node.custody.service.erase(owner=str(owner_id), epoch=epoch)
    with node.sessions.begin() as db:
        sscr.confirm_erasures(db, destroyed)
    return len(destroyed)


def offer_news(node: Node) -> None:
    """Offer to the wallets of those who left what is owed to them since."""
    with node.sessions() as db:
        owners = sscr.unoffered(db, LIST_ROWS)
    for owner_id in owners:
        _offer_news(node, owner_id)


def _offer_news(node: Node, owner_id: uuid.UUID) -> None:
    now = node.clock()
    with node.sessions.begin() as db:
        if not sscr.offer_owed(db, owner_id, now):
            return
        drafts = lending.attesting.drafts(db, user_id=owner_id, now=now)
        if drafts:
            wallet_news.offer(
                db, owner_id=owner_id, drafts=drafts, keyring=node.keyring, issuer=node.issuer, now=now
            )  # fmt: skip


def settle_wallets(node: Node) -> None:
    """What wallets were given on offers that are over is theirs; records of which all has left are closed."""
    with node.sessions.begin() as db:
        wallet_settling.settle_ended(
            db, keyring=node.keyring, issuer=node.issuer, now=node.clock(), limit=LIST_ROWS
        )


def ask_sims(node: Node) -> int:
    """Ask the carrier about the SIM of whoever wants a new PIN, or her record elsewhere; it answers later."""
    with node.sessions.begin() as db:
        asked = onboarding.unasked_sims(db, LIST_ROWS, now=node.clock())
    for asked_for, phone in asked:
        request = node.sims.ask(phone)
        with node.sessions.begin() as db:
            onboarding.note_sim_request(db, asked_for=asked_for, request=request)
    return len(asked)


def tell_lock_outs(node: Node) -> int:
    """Text everybody whose PIN was locked: the guesses may not have been hers."""
    alarms = node.custody.service.alarms(limit=LIST_ROWS)
    with node.sessions.begin() as db:
        for alarm in alarms:
            onboarding.tell_locked(
                db, user_id=uuid.UUID(alarm.owner), at=alarm.at, minutes=alarm.minutes,
                now=node.clock(),
            )  # fmt: skip
    node.custody.service.told([alarm.id for alarm in alarms])
    return len(alarms)
