"""Pages: who may see what, fragments, and the list that answers 304."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inbox.models import AuditEntry, Conversation, Hook, User
from inbox.services.annotate import note
from inbox.services.close import close
from tests.factories import a_user, an_account, an_agent, said, taken

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_a_visitor_is_asked_to_sign_in() -> None:
    for name in ("inbox", "rows", "ended", "settings", "dashboard"):
        answer = Client().get(reverse(name))
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/?next={reverse(name)}")


def test_the_inbox_shows_the_queue_the_desk_and_nothing_of_others() -> None:
    account, other = an_account(), an_account()
    lin, li = an_agent("lin", account), an_agent("li", account)
    waits = said(account, "在吗").conversation
    mine = taken(account, lin, customer="customer-2")
    colleagues = taken(account, li, customer="customer-3")
    elsewhere = said(other, "在吗").conversation
    page = text(signed_in(lin), "/")
    assert f'id="row-{waits.pk}"' in page
    assert f'id="row-{mine.pk}"' in page
    assert f'id="row-{colleagues.pk}"' not in page
    assert f'id="row-{elsewhere.pk}"' not in page


def test_a_supervisor_sees_colleagues_too() -> None:
    account = an_account()
    colleagues = taken(account, an_agent("li", account))
    boss = a_user("boss", role=User.Role.SUPERVISOR, accounts=(account,))
    assert f'id="row-{colleagues.pk}"' in text(signed_in(boss), "/conversations/live/")


def test_rows_are_in_order_of_urgency() -> None:
    account, now = an_account(), timezone.now()
    late = said(account, "二", customer="customer-2", at=now - timedelta(seconds=5)).conversation
    early = said(account, "一", at=now - timedelta(seconds=9)).conversation
    page = text(signed_in(an_agent("lin", account)), "/conversations/live/")
    assert page.index(f'id="row-{early.pk}"') < page.index(f'id="row-{late.pk}"')


def test_the_list_answers_304_until_something_changes() -> None:
    account = an_account()
    client = signed_in(an_agent("lin", account))
    conversation = said(account, "在吗").conversation
    tag = client.get("/conversations/live/").headers["ETag"]
    assert client.get("/conversations/live/", headers={"If-None-Match": tag}).status_code == 304
    note(conversation.pk, "老客户", by=a_user("li"), now=timezone.now())
    assert client.get("/conversations/live/", headers={"If-None-Match": tag}).status_code == 200


def test_a_conversation_is_a_page_and_a_fragment() -> None:
    account = an_account()
    lin = an_agent("lin", account)
    conversation = taken(account, lin)
    page = text(signed_in(lin), f"/conversations/{conversation.pk}/")
    fragment = text(signed_in(lin), f"/conversations/{conversation.pk}/", **{"X-Fragment": "1"})
    assert "<!doctype html>" in page
    assert "<!doctype html>" not in fragment
    for html in (page, fragment):
        assert 'id="words"' in html
        assert "在吗" in html


def test_what_a_colleague_has_names_them_and_shows_no_word() -> None:
    account = an_account()
    li = an_agent("li", account)
    User.objects.filter(pk=li.pk).update(real_name="小李")
    conversation = taken(account, li)
    page = text(signed_in(an_agent("lin", account)), f"/conversations/{conversation.pk}/")
    assert "小李 已接入" in page
    assert "在吗" not in page


@pytest.mark.parametrize("path", ["", "row/", "messages/", "colleagues/"])
def test_nothing_of_another_account_by_any_road(path: str) -> None:
    conversation = said(an_account(), "在吗").conversation
    stranger = signed_in(an_agent("lin", an_account()))
    assert stranger.get(f"/conversations/{conversation.pk}/{path}").status_code == 404
    message = conversation.messages.get()
    assert stranger.get(f"/messages/{message.pk}/").status_code == 404


def test_a_customers_words_are_never_html() -> None:
    account = an_account()
    lin = an_agent("lin", account)
    conversation = said(account, "<script>alert(1)</script>").conversation
    page = text(signed_in(lin), f"/conversations/{conversation.pk}/")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_older_messages_come_by_the_page() -> None:
    account = an_account()
    lin = an_agent("lin", account)
    conversation = said(account, "第一句").conversation
    for _ in range(59):
        said(account, "还有一句")
    answer = signed_in(lin).get(f"/conversations/{conversation.pk}/messages/")
    assert answer.headers["X-Older"] == "1"
    ids = sorted(conversation.messages.values_list("pk", flat=True))
    older = signed_in(lin).get(f"/conversations/{conversation.pk}/messages/?before={ids[10]}")
    assert older.headers["X-Older"] == ""
    assert older.content.decode().count('class="msg ') == 10


def test_ended_conversations_come_by_the_page() -> None:
    account = an_account()
    lin = an_agent("lin", account, capacity=100)
    ended = [taken(account, lin, customer=f"customer-{number}") for number in range(52)]
    for conversation in ended:
        close(conversation.pk, by=lin, now=timezone.now())
    first = text(signed_in(lin), "/conversations/ended/")
    assert first.count('class="row"') == 50
    last_shown = ended[2].pk
    rest = text(signed_in(lin), f"/conversations/ended/?before={last_shown}")
    assert rest.count('class="row"') == 2


def test_pages_forbid_foreign_and_inline_scripts() -> None:
    policy = Client().get("/sign-in/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    for user in (an_agent("lin", an_account()), a_user("boss", role=User.Role.SUPERVISOR)):
        page = text(signed_in(user), "/")
        assert "<script>" not in page
        assert " style=" not in page
        assert " onclick=" not in page


def test_somebody_chooses_a_language_and_is_spoken_to_in_it() -> None:
    lin = an_agent("lin", an_account())
    client = signed_in(lin)
    assert "排队" in text(client, "/")
    client.post("/settings/", {"language": "en"})
    assert "Queue" in text(client, "/")


def test_a_given_password_is_changed_before_anything_else() -> None:
    user = a_user("new")
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    user.refresh_from_db()
    client = signed_in(user)
    assert client.get("/").headers["Location"] == "/first-password/"
    answer = client.post("/first-password/", {"new_password1": "eine-gute-9", "new_password2": "eine-gute-9"})
    assert answer.headers["Location"] == "/"
    user.refresh_from_db()
    assert (user.must_change_password, user.check_password("eine-gute-9")) == (False, True)
    assert client.get("/").status_code == 200
    assert AuditEntry.objects.filter(action="user.password", actor=user).count() == 1


def test_a_wrong_old_password_changes_nothing() -> None:
    user = a_user("lin")
    user.set_password("correct-horse-9")
    user.save()
    client = signed_in(user)
    fields = {"old_password": "wrong", "new_password1": "eine-gute-9", "new_password2": "eine-gute-9"}
    assert client.post("/settings/password/", fields).status_code == 200
    user.refresh_from_db()
    assert user.check_password("correct-horse-9")


def test_an_agent_may_not_see_the_dashboard() -> None:
    client = signed_in(an_agent("lin", an_account()))
    for path in ("/dashboard/", "/dashboard/now/", "/dashboard/rounds/?waiting=1", "/dashboard/definitions/"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "无权查看" in answer.content.decode()


def test_pages_that_are_not_there_help() -> None:
    answer = signed_in(an_agent("lin", an_account())).get("/nothing/")
    assert answer.status_code == 404
    assert "去会话列表" in answer.content.decode()


def test_the_back_office_shows_no_secret_and_replays_what_was_not_understood() -> None:
    account = an_account()
    root = a_user("root", role=User.Role.ADMIN)
    User.objects.filter(pk=root.pk).update(is_staff=True, is_superuser=True)
    root.refresh_from_db()
    hook = Hook.objects.create(
        account=account,
        received_at=timezone.now(),
        body=b"{}",
        opened=b"{}",
        state=Hook.State.DEAD,
        reason="no MsgType",
    )
    client = signed_in(root)
    page = text(client, f"/admin/inbox/account/{account.pk}/change/")
    assert "a" * 43 not in page
    assert account.key in page
    assert "no MsgType" in text(client, "/admin/inbox/hook/")
    client.post("/admin/inbox/hook/", {"action": "process_again", "_selected_action": [hook.pk]})
    hook.refresh_from_db()
    assert (hook.state, hook.reason) == (Hook.State.NEW, "")


def test_reading_a_list_costs_the_same_however_many_there_are(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    account = an_account()
    client = signed_in(an_agent("lin", account))
    for number in range(30):
        said(account, "在吗", customer=f"customer-{number}")
    with django_assert_max_num_queries(14):
        page = text(client, "/")
    assert page.count('class="row"') == Conversation.objects.count() == 30
