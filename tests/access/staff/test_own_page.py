"""Cross-site requests: what a page of somebody else makes a browser send is refused, whatever cookie comes with it."""

import pytest
from tests.access.staff.office import Office
from tests.conftest import problem

STOP = "/v1/console/stop"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://city.test.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://city.test"},
    ],
)
async def test_an_act_that_another_site_asks_for_is_not_done(office: Office, headers: dict[str, str]) -> None:
    ada = await office.architect()
    assert "another site" in problem(await ada.post(STOP, headers=headers), 403)["detail"]
    assert not office.town.nexus.lighting.rig.touch(lambda desk: desk.stopped)
    assert "light.stop" not in [act for _, act, _ in await office.acts(ada)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://city.test"},
        {"origin": "http://city.test", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
async def test_the_citys_own_page_and_a_program_with_a_cookie_are_heard(
    office: Office, headers: dict[str, str]
) -> None:
    ada = await office.architect()
    assert (await ada.post(STOP, headers=headers)).status_code == 200


async def test_another_site_cannot_even_have_read_what_a_session_opens(office: Office) -> None:
    ada = await office.architect()
    for path in ("/v1/account", "/v1/people", "/v1/audit", "/v1/console"):
        problem(await ada.get(path, headers={"sec-fetch-site": "cross-site"}), 403)


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_what_a_form_can_send_is_no_json(office: Office, media: str) -> None:
    ada = await office.architect()
    body = b'{"role": "architect"}'
    answer = await ada.post("/v1/invitations", content=body, headers={"content-type": media})
    problem(answer, 415)
