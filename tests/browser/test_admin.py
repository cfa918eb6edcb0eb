"""People, roles, access keys and one's own password in a browser, by mouse and by keyboard."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
from pages import violations
from playwright.sync_api import Browser, Page, expect
from run import Everything

PASSWORD = "correct horse battery"


def menu(page: Page, row: str, item: str) -> None:
    page.get_by_role("button", name=f"Actions: {row}").click()
    page.get_by_role("menuitem", name=item).click()


def test_a_person_is_added_signs_in_by_link_and_sets_a_password(
    dohyo: Everything, browser: Browser, page: Page, theme: str
) -> None:
    email = f"ada-{theme}@example.com"
    page.goto("/")
    page.get_by_role("link", name="Admin").click()
    page.get_by_role("button", name="Add person").click()
    page.get_by_role("button", name="Add person").last.click()
    expect(page.get_by_text("An address such as ada@example.com.")).to_be_visible()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("First name").fill("Ada")
    page.get_by_role("radio", name="Analyst").check()
    assert violations(page) == []
    page.get_by_role("button", name="Add person").last.click()
    dialog = page.get_by_role("dialog", name=f"Sign-in link for {email}")
    link = dialog.locator("code").inner_text()
    assert violations(page) == []
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row", name=email)).to_contain_text("Never")

    context = browser.new_context(base_url=dohyo.server.address)
    theirs = context.new_page()
    theirs.goto(link)
    expect(theirs.get_by_role("heading", name="Home")).to_be_visible()
    expect(theirs.get_by_role("link", name="Admin")).to_have_count(0)
    theirs.goto("/account")
    theirs.get_by_label("New password", exact=True).fill(PASSWORD)
    theirs.get_by_label("New password again").fill("differs")
    theirs.keyboard.press("Enter")
    expect(theirs.get_by_text("Differs from the one above.")).to_be_visible()
    theirs.get_by_label("New password again").fill(PASSWORD)
    theirs.keyboard.press("Enter")
    expect(theirs.get_by_role("heading", name="Change password")).to_be_visible()
    assert violations(theirs) == []
    theirs.get_by_role("button", name="account of Ada").click()
    theirs.get_by_role("menuitem", name="Sign out").click()
    theirs.goto("/apps")
    theirs.get_by_label("E-mail").fill(email)
    theirs.get_by_label("Password").fill(PASSWORD)
    theirs.keyboard.press("Enter")
    expect(theirs.get_by_role("heading", name="Apps", exact=True)).to_be_visible()
    assert urlsplit(theirs.url).path == "/apps"

    menu(page, email, "Edit")
    page.get_by_label("May sign in").uncheck()
    page.get_by_role("button", name="Save person").click()
    expect(page.get_by_role("row", name=email)).to_contain_text("Switched off")
    theirs.goto("/library")
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()
    menu(page, email, "Remove")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row", name=email)).to_have_count(0)


def test_a_key_is_made_by_keyboard_works_and_is_removed(dohyo: Everything, page: Page, theme: str) -> None:
    label = f"script {theme}"
    page.goto("/account/keys?do=add")
    expect(page.get_by_role("dialog", name="Add access key")).to_be_visible()
    page.get_by_label("Label").focus()
    page.keyboard.type(label)
    page.keyboard.press("Enter")
    shown = page.get_by_role("dialog", name=f"Access key {label}").locator("code")
    ident, secret = shown.nth(0).inner_text(), shown.nth(1).inner_text()
    assert violations(page) == []
    page.keyboard.press("Escape")

    def answer() -> int:
        return httpx.get(f"{dohyo.server.address}/api/v1/collectors", auth=(ident, secret)).status_code

    assert answer() == 200
    menu(page, label, "Switch off")
    expect(page.get_by_role("row", name=label)).to_contain_text("Switched off")
    assert answer() == 401
    page.goto("/admin/keys")
    expect(page.get_by_role("row", name=label)).to_contain_text("administrator@localhost")
    assert violations(page) == []
    menu(page, label, "Remove")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row", name=label)).to_have_count(0)


def test_roles_tell_what_they_may_do_also_on_a_phone(page: Page) -> None:
    page.goto("/admin/roles")
    expect(page.get_by_role("row", name="manageCollectors").get_by_label("yes")).to_have_count(1)
    expect(page.get_by_role("row", name="runLogSearch").get_by_label("yes")).to_have_count(3)
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="More pages").click()
    page.get_by_role("menuitem", name="Admin").click()
    expect(page.get_by_role("row", name="administrator@localhost")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
