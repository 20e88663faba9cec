"""A journey through everything that a person has: given, taken along, checked, erased, and gone from a copy as well.

Goal: the file holds all of it and can be checked by other programs; after erasing, neither phone nor city nor a copy of
the city that is brought back has anything left; the city's receipt is true and signed.
Method: a real browser gives and presses; Python unpacks what it saved, and asks the city with the phone's own token.
Failure: a hash or a schema that does not hold, anything left anywhere, a request to others, an error on the page.
"""

import csv
import hashlib
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
from playwright.sync_api import Browser, Page, expect

from nexus_city.access.me.signing import PublicKeys, Signature, verify
from nexus_city.ground.backup import make_copy, restore_copy
from nexus_city.ground.erasures import LIST
from tests.journeys.conftest import HOUR_S, OpenTown, Visitor, visiting
from tests.journeys.test_boundaries import TOKEN, bearer
from tests.journeys.test_every_page import check_access
from tests.journeys.test_giving import FEEL, give, touch

DATA = "/me/data"
NOTE = "Rain on the harbour, and a song."
LEFT = """async () => {
  const shelves = await new Promise((done) => {
    const asked = indexedDB.open('nexus');
    asked.onsuccess = () => done(asked.result);
  });
  const sizes = await Promise.all([...shelves.objectStoreNames].map((name) => new Promise((done) => {
    const count = shelves.transaction(name).objectStore(name).count();
    count.onsuccess = () => done(count.result);
  })));
  return [sizes.reduce((sum, each) => sum + each, 0), Object.keys(localStorage), await caches.keys()];
}"""


def saved(page: Page, button: str) -> Any:
    """Press a button and return what the browser saved, and under which name."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def gave(visitor: Visitor) -> Page:
    """Check in with a note, and opt for a stricter boundary, so that there is something of everything."""
    page = visitor.open(FEEL)
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    touch(page, 0.8, 0.2)
    page.get_by_role("button", name="note").click()
    page.locator("textarea").fill(NOTE)
    give(page)
    mine = visitor.open("/me/boundaries")
    mine.get_by_role("button", name="The city, as I am", exact=True).click()
    mine.get_by_role("button", name="Keep this boundary").click()
    expect(mine.locator(".act [role=status]")).to_contain_text("Kept")
    mine.close()
    return page


def check_files(files: dict[str, bytes]) -> Any:
    """Check names, sizes, hashes and schemas, as any program could; return the manifest."""
    manifest = json.loads(files["manifest.json"])
    jsonschema_rs.validate(json.loads(files["schema/manifest.json"]), manifest)
    assert {each["path"] for each in manifest["files"]} | {"manifest.json"} == files.keys()
    for each in manifest["files"]:
        content = files[each["path"]]
        assert (each["bytes"], each["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        if "schema" in each:
            schema = json.loads(files[each["schema"]])
            lines = content.decode().splitlines() if each["path"].endswith(".jsonl") else [content.decode()]
            for line in lines:
                jsonschema_rs.validate(schema, json.loads(line))
    return manifest


def test_everything_is_taken_along_in_one_file_that_other_programs_can_check(visitor: Visitor, tmp_path: Path) -> None:
    gave(visitor)
    page = visitor.open(DATA)
    expect(page.locator("main")).to_contain_text("One moment in your journal")
    expect(page.locator("main")).to_contain_text("One check-in whose window is open")
    download = saved(page, "Make the file")
    assert download.suggested_filename.endswith(".zip")
    download.save_as(tmp_path / "mine.zip")
    files = unpacked(tmp_path / "mine.zip")
    assert check_files(files)["city_asked"] is True
    (moment,) = [json.loads(line) for line in files["journal.jsonl"].splitlines()]
    (check_in,) = [json.loads(line) for line in files["check-ins.jsonl"].splitlines()]
    assert (moment["note"], moment["place"], check_in["state"]) == (NOTE, "square", "counted")
    (row,) = csv.DictReader(io.StringIO(files["check-ins.csv"].decode()))
    assert (row["key"], int(row["cell"]), row["place_name"]) == (moment["key"], check_in["cell"], "The Square")
    held = json.loads(files["city.json"])
    assert [each["cell"] for each in held["check_ins"]["check_ins"]] == [check_in["cell"]]
    assert json.loads(files["consents/square.jsonld"])["@type"] == "dpv:ConsentReceipt"
    assert "journal.jsonl" in files["README.txt"].decode()
    token = page.evaluate(TOKEN)
    assert not any(token.encode() in content for content in files.values())
    assert (visitor.foreign, visitor.complaints) == ([], [])


def test_the_file_gives_a_new_phone_its_journal_back_and_replaces_nothing_unasked(
    browser: Browser, open_town: OpenTown, visitor: Visitor, tmp_path: Path
) -> None:
    gave(visitor)
    saved(visitor.open(DATA), "Make the file").save_as(tmp_path / "mine.zip")
    with visiting(browser, open_town.url) as other:
        page = other.open(DATA)
        page.locator("input[type=file]").set_input_files(tmp_path / "mine.zip")
        expect(page.locator(".found")).to_contain_text("One moment in it is new here")
        check_access(page)
        page.get_by_role("button", name="Add to my journal").click()
        expect(page.locator("main")).to_contain_text("One moment was added")
        journal = other.open("/me")
        expect(journal.locator("main")).to_contain_text(NOTE)
        page.locator("input[type=file]").set_input_files(tmp_path / "mine.zip")
        expect(page.locator(".found")).to_contain_text("Nothing in it is new here. One is here already.")
        assert page.evaluate(TOKEN) is None, "nothing of it was sent, so the city does not know this phone"
        files = unpacked(tmp_path / "mine.zip")
        with zipfile.ZipFile(tmp_path / "spoiled.zip", "w") as spoiled:
            for name, content in files.items():
                spoiled.writestr(name, content.replace(b"harbour", b"station"))
        page.locator("input[type=file]").set_input_files(tmp_path / "spoiled.zip")
        expect(page.get_by_role("alert").first).to_contain_text("journal.jsonl has changed or is missing")
        assert other.complaints == []


def test_everything_is_erased_in_one_act_and_the_receipt_is_true(
    open_town: OpenTown, visitor: Visitor, tmp_path: Path
) -> None:
    page = gave(visitor)
    token = page.evaluate(TOKEN)
    page.request.put(f"{open_town.url}/v1/me/opt-out", headers=bearer(token))
    copy = tmp_path / "copy"
    make_copy(open_town.nexus.database.folder, copy, 1)
    data = visitor.open(DATA)
    data.get_by_role("button", name="Erase everything about me").click()
    check_access(data)
    data.get_by_role("dialog").get_by_role("button", name="Erase it").click()
    expect(data.locator("h1")).to_have_text("Everything is erased")
    expect(data.locator("article")).to_contain_text("One open check-in was taken back")
    expect(data.locator("article")).to_contain_text("The mark that you take no part was erased")
    check_access(data)
    receipt = json.loads(Path(saved(data, "Save the receipt").path()).read_text())

    held = page.request.get(f"{open_town.url}/v1/me", headers=bearer(token)).json()
    assert (held["check_ins"]["check_ins"], held["opted_out"], held["proposals"]) == ([], False, [])
    assert data.evaluate(LEFT) == [0, [], []]
    keys = page.request.get(f"{open_town.url}/.well-known/nexus-city-keys.json").body()
    signature = msgspec.convert(receipt["signature"], Signature)
    assert verify(receipt["statement"], signature, msgspec.json.decode(keys, type=PublicKeys))
    assert receipt["statement"]["device"] == hashlib.sha256(token.encode()).hexdigest()

    back = tmp_path / "back"
    assert restore_copy(copy, back, open_town.nexus.database.folder / LIST, 2).erased == 1
    with closing(sqlite3.connect(back / "nexus.sqlite3")) as connection:
        assert connection.execute("select * from opt_out").fetchall() == []
    open_town.pass_time(HOUR_S + 10)
    assert visitor.open("/me").locator("main").inner_text().count(NOTE) == 0
    assert (visitor.foreign, visitor.complaints) == ([], [])


def test_out_of_reach_nothing_is_erased_unless_this_phone_alone_shall_be(visitor: Visitor) -> None:
    gave(visitor)
    page = visitor.open(DATA)
    expect(page.locator("main")).to_contain_text("One check-in whose window is open")
    visitor.context.set_offline(True)
    page.get_by_role("button", name="Erase everything about me").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase it").click()
    expect(page.get_by_role("alert").last).to_contain_text("nothing was erased")
    assert page.evaluate(LEFT)[0] > 0
    check_access(page)
    page.get_by_role("button", name="Erase this phone only").click()
    expect(page.locator("h1")).to_have_text("Everything is erased")
    assert page.evaluate(LEFT) == [0, [], []]


def test_who_thinks_again_keeps_everything(visitor: Visitor) -> None:
    gave(visitor)
    page = visitor.open(DATA)
    before = page.evaluate(LEFT)
    page.get_by_role("button", name="Erase everything about me").click()
    expect(page.get_by_role("button", name="Keep everything")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate(LEFT) == before
