"""Codes: those of RFC 6238, each once, and eight on paper for the day on which the phone is gone."""

import base64

import pytest
from tests.access.staff.office import PASSWORD, Office
from tests.conftest import Town, problem

from nexus_city.access.staff.factors import RECOVERY_CODES, STEP_S, totp

ADA = {"name": "Ada", "password": PASSWORD}


@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(at_s: int, code: str) -> None:
    """Appendix B, SHA-1; there with eight digits, here the last six."""
    assert totp(b"12345678901234567890", at_s // STEP_S) == code[-6:]


class App:
    """An authenticator app on the clock of the town."""

    def __init__(self, town: Town, secret: str) -> None:
        self._town = town
        self._secret = base64.b32decode(secret)

    def code(self, steps: int = 0) -> str:
        """Return the code of now, or of some steps from now."""
        return totp(self._secret, int(self._town.real_s // STEP_S) + steps)


async def set_up(office: Office) -> tuple[App, list[str]]:
    ada = await office.architect()
    shown = (await ada.post("/v1/account/second")).json()
    assert shown["address"] == f"otpauth://totp/Nexus%20City%3AAda?secret={shown['secret']}&issuer=Nexus%20City"
    assert shown["qr"].startswith("<svg")
    app = App(office.town, shown["secret"])
    answer = await ada.put("/v1/account/second", json={"digits": app.code()})
    assert answer.status_code == 200, answer.text
    return app, answer.json()["codes"]


async def test_a_password_alone_is_not_enough_any_more(office: Office) -> None:
    app, _ = await set_up(office)
    office.town.real_s += STEP_S
    missing = problem(await office.browser().post("/v1/session", json=ADA), 401)
    assert (missing["type"], missing["field"]) == ("/problems/code-needed", "second")
    wrong = problem(await office.browser().post("/v1/session", json={**ADA, "second": "000000"}), 401)
    assert wrong["type"] == "/problems/sign-in-needed"
    await office.sign_in("Ada", second=app.code())


async def test_whether_there_is_a_second_factor_is_not_told_without_the_password(office: Office) -> None:
    await set_up(office)
    wrong = {"name": "Ada", "password": "something else"}
    unknown = {"name": "Eve", "password": "something else"}
    answers = [problem(await office.browser().post("/v1/session", json=each), 401) for each in (wrong, unknown)]
    assert answers[0] == answers[1]


async def test_a_code_works_once(office: Office) -> None:
    app, _ = await set_up(office)
    problem(
        await office.browser().post("/v1/session", json={**ADA, "second": app.code()}), 401
    )  # it was used to set up
    office.town.real_s += STEP_S
    code = app.code()
    await office.sign_in("Ada", second=f" {code[:3]} {code[3:]} ")
    problem(await office.browser().post("/v1/session", json={**ADA, "second": code}), 401)
    problem(await office.browser().post("/v1/session", json={**ADA, "second": app.code(-1)}), 401)


async def test_a_clock_may_go_half_a_minute_wrong_and_no_more(office: Office) -> None:
    app, _ = await set_up(office)
    office.town.real_s += 10 * STEP_S
    for steps, status in ((-2, 401), (2, 401), (-1, 200), (1, 200)):
        answer = await office.browser().post("/v1/session", json={**ADA, "second": app.code(steps)})
        assert answer.status_code == status, steps


async def test_each_code_on_paper_works_once_however_it_is_typed(office: Office) -> None:
    _, codes = await set_up(office)
    assert len(set(codes)) == RECOVERY_CODES
    there = await office.sign_in("Ada", second=codes[0].upper().replace("-", " "))
    assert (await there.get("/v1/account")).json()["recovery_left"] == RECOVERY_CODES - 1
    problem(await office.browser().post("/v1/session", json={**ADA, "second": codes[0]}), 401)


async def test_nothing_is_on_until_the_apps_code_came_back(office: Office) -> None:
    ada = await office.architect()
    assert problem(await ada.put("/v1/account/second", json={"digits": "123456"}), 409)
    secret = (await ada.post("/v1/account/second")).json()["secret"]
    wrong = App(office.town, secret).code(5)
    assert problem(await ada.put("/v1/account/second", json={"digits": wrong}), 422)["field"] == "digits"
    assert (await ada.get("/v1/account")).json()["second_factor"] is False
    await office.sign_in("Ada")
    office.town.real_s += 900
    await ada.post("/v1/session/proof", json={"password": PASSWORD})
    problem(await ada.put("/v1/account/second", json={"digits": App(office.town, secret).code()}), 409)


async def test_turning_it_off_makes_the_paper_worthless(office: Office) -> None:
    app, codes = await set_up(office)
    office.town.real_s += STEP_S
    ada = await office.sign_in("Ada", second=app.code())
    assert (await ada.delete("/v1/account/second")).status_code == 204
    mine = (await (await office.sign_in("Ada")).get("/v1/account")).json()
    assert (mine["second_factor"], mine["recovery_left"]) == (False, 0)
    assert codes


async def test_a_code_is_of_one_account_only(office: Office) -> None:
    _, codes = await set_up(office)
    ben = await office.join(await office.sign_in("Ada", second=codes[0]), "artist", "Ben")
    secret = (await ben.post("/v1/account/second")).json()["secret"]
    await ben.put("/v1/account/second", json={"digits": App(office.town, secret).code()})
    as_ben = {"name": "Ben", "password": PASSWORD, "second": codes[1]}
    problem(await office.browser().post("/v1/session", json=as_ben), 401)
