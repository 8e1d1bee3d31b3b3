import pytest

from cueline.deliveries.channels.smtp_server import SmtpServer, read
from cueline.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail", SmtpServer("mail", 25)),
        ("smtp://mail:2525/", SmtpServer("mail", 2525)),
        ("smtp://mail?starttls=1", SmtpServer("mail", 587, starttls=True)),
        ("smtp://mail:25?starttls=0", SmtpServer("mail", 25)),
        ("smtps://mail", SmtpServer("mail", 465, tls=True)),
        (
            "smtp://ada%40x:p%2Fw%3A%25@mail:587?starttls=1",
            SmtpServer("mail", 587, starttls=True, user="ada@x", password="p/w:%"),
        ),
        ("smtp://[::1]:2525", SmtpServer("::1", 2525)),
    ],
)
def test_an_address_of_a_mail_server_is_read(url: str, server: SmtpServer) -> None:
    assert read(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail:25",
        "http://mail",
        "smtp://",
        "smtp://:secretword@",
        "smtp://u:secretword@mail:port",
        "smtp://u:secretword@mail:99999",
        "smtp://u:secretword@mail/path",
        "smtp://u:secretword@mail#x",
        "smtp://u:secretword@mail?tls=1",
        "smtp://u:secretword@mail?starttls=yes",
        "smtps://u:secretword@mail?starttls=1",
    ],
)
def test_a_wrong_one_names_the_variable_and_not_the_password(url: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        read(url)
    assert wrong.value.message.startswith("CUELINE_SMTP_URL: ")
    assert "secretword" not in wrong.value.message


def test_the_password_is_not_in_the_repr() -> None:
    assert "secretword" not in repr(read("smtp://u:secretword@mail"))
