"""A file on its way through the browser: received, read, checked, imported, undone."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from keepwell.jobs.import_file import HANDLERS
from keepwell.lake.lake import Lake
from keepwell.web.access import Role
from keepwell.web.data_folder import DataFolder
from keepwell.web.inbox.upload_models import Upload
from keepwell.web.inbox.uploads import safe_name
from keepwell.web.staff.models import AuditEntry
from keepwell.web.work.models import Job, State
from keepwell.web.work.worker import work

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = (
    "Order,Customer,Created,Net total,Note\n"
    "1001,a@example.com,2024-03-01 10:00,19.90,=1+1\n"
    "1002,b@example.com,2024-03-02 11:00,5.00,\n"
    "1003,,2024-03-03 12:00,7.00,=cmd()\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """Give each test an empty data folder of its own."""
    data = DataFolder.prepare(tmp_path / "data")
    monkeypatch.setattr(settings, "DATA", data)
    return data


def send(client: Client, content: str | bytes = ORDERS, name: str = "orders.csv") -> str:
    """Upload a file; return the address of its page."""
    raw = content.encode() if isinstance(content, str) else content
    answer = client.post("/data/uploads", {"file": SimpleUploadedFile(name, raw)})
    assert answer.status_code == 302
    return str(answer["Location"])


def chosen(client: Client, page: str, action: str, **changes: str) -> None:
    """Post the form of the page as it stands, with changes."""
    form = client.get(page).context["form"]
    values = {field.html_name: field.value() or "" for field in form}
    answer = client.post(page, {**values, **changes, "action": action})
    assert answer.status_code == 302, answer.context["form"].errors


def do_jobs() -> None:
    """Do what waits, as a worker does."""
    work(HANDLERS, threading.Event(), once=True)


def test_an_upload_is_imported_and_counted(signed_in: Callable[..., Client], folder: DataFolder) -> None:
    client = signed_in(Role.MARKETER)
    page = send(client)
    chosen(client, page, "import", currency="GBP", time_zone="Europe/London")
    do_jobs()
    upload = Upload.objects.get()
    assert (upload.outcome["rows_in"], upload.outcome["rows_kept"]) == (3, 2)
    assert upload.outcome["refused"] == {"missing_customer": 1}
    lake = Lake.open(folder.root)
    assert lake.count()["orders"] == 2
    assert lake.business is not None
    assert (lake.business.currency, lake.business.time_zone) == ("GBP", "Europe/London")
    assert not upload.folder.exists()
    assert "missing customer" in client.get(page).content.decode()
    assert Job.objects.filter(name="refresh").exists()


def test_the_first_file_without_a_choice_sets_the_currency_as_the_command_does(
    signed_in: Callable[..., Client], folder: DataFolder
) -> None:
    client = signed_in()
    page = send(client, ORDERS.replace("Net total", "Net total,Currency", 1).replace(".90,", ".90,PLN,").replace(
        ".00,", ".00,PLN,"
    ))  # fmt: skip
    chosen(client, page, "import")
    do_jobs()
    business = Lake.open(folder.root).business
    assert business is not None
    assert business.currency == "PLN"


def test_a_dry_run_shows_refused_rows_and_changes_nothing(signed_in: Callable[..., Client], folder: DataFolder) -> None:
    client = signed_in()
    page = send(client)
    chosen(client, page, "check")
    do_jobs()
    upload = Upload.objects.get()
    assert upload.outcome is None
    assert upload.dry_run["rows_kept"] == 2
    assert [row["row"] for row in upload.dry_run["sample"]] == [3]
    assert "missing_customer" in client.get(page).content.decode()
    assert Lake.create(folder.root).imports() == []
    assert not list((folder.root / "refused").glob("*"))


def test_a_column_set_to_not_used_stays_unused(signed_in: Callable[..., Client], folder: DataFolder) -> None:
    client = signed_in()
    page = send(client)
    form = client.get(page).context["form"]
    assert form["column_0"].value() == "order_id"
    chosen(client, page, "import", column_0="")
    do_jobs()
    with Lake.open(folder.root).snapshot() as facts:
        ids = set(facts.tables["orders"].order_id.to_pyarrow().to_pylist())
    assert "1001" not in ids


def test_a_mapping_is_remembered_for_the_next_file(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    chosen(client, send(client), "import", column_0="")
    do_jobs()
    form = client.get(send(client, ORDERS + "1004,c@example.com,2024-03-04 12:00,1.00,\n")).context["form"]
    assert form["column_0"].value() == ""
    assert form["column_3"].value() == "amount"


def test_a_wrong_choice_is_said_at_its_column(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    page = send(client)
    answer = client.post(page, {"importer": "table", "kind": "orders", "column_0": "amount", "column_1": "amount"})
    assert answer.status_code == 200
    assert "column_1" in answer.context["form"].errors


def test_an_import_is_undone_by_a_job_with_an_audit_entry(signed_in: Callable[..., Client], folder: DataFolder) -> None:
    client = signed_in()
    chosen(client, send(client), "import")
    do_jobs()
    import_id = Upload.objects.get().outcome["import_id"]
    assert client.get(f"/data/imports/{import_id}/undo").status_code == 405
    assert client.post(f"/data/imports/{import_id}/undo").status_code == 302
    do_jobs()
    assert "orders" not in {name for name, rows in Lake.open(folder.root).count().items() if rows}
    assert AuditEntry.objects.filter(action="import.undone", about=import_id).count() == 1
    assert client.post(f"/data/imports/{import_id}/undo").status_code == 409


def test_the_error_file_is_harmless_in_a_spreadsheet(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    rows = 'Customer,Created,Net total\n"=HYPERLINK(""http://x"")",,5.00\n=1,never,7.00\n'
    chosen(client, send(client, rows + "a@example.com,2024-03-01,3\n"), "import")
    do_jobs()
    answer = client.get(f"/data/imports/{Upload.objects.get().outcome['import_id']}/refused.csv")
    text = b"".join(answer.streaming_content).decode()
    assert answer["Content-Disposition"].startswith("attachment")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any("=1,never" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_an_analyst_sees_imports_but_neither_uploads_nor_refused_rows(signed_in: Callable[..., Client]) -> None:
    owner = signed_in(Role.OWNER)
    chosen(owner, send(owner), "import")
    do_jobs()
    import_id = Upload.objects.get().outcome["import_id"]
    analyst = signed_in(Role.ANALYST)
    assert analyst.get("/data").status_code == 200
    assert analyst.get(f"/data/imports/{import_id}").status_code == 200
    assert analyst.get(f"/data/imports/{import_id}/refused.csv").status_code == 403
    assert analyst.get(f"/data/uploads/{Upload.objects.get().token}").status_code == 403
    assert analyst.post(f"/data/imports/{import_id}/undo").status_code == 403


@pytest.mark.parametrize("name", ["../../evil.csv", "..\\..\\evil.csv", "/etc/cron.d/evil.csv", "\x00.csv", "..", "."])
def test_a_file_name_never_leaves_the_folder(name: str) -> None:
    safe = safe_name(name)
    assert "/" not in safe
    assert "\\" not in safe
    assert "\x00" not in safe
    assert safe.strip(".")


def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing(
    signed_in: Callable[..., Client], folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MOST_UPLOAD_BYTES", 10)
    answer = signed_in().post("/data/uploads", {"file": SimpleUploadedFile("orders.csv", ORDERS.encode())})
    assert answer.status_code == 400
    assert not list(folder.uploads.iterdir())
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("orders.xlsx", b"PK\x03\x04 this is no workbook"),
        ("orders.csv", b"\x00\x01\x02\x03" * 100),
        ("orders.json", b'{"id": 1'),
        ("orders.pdf", b"%PDF-1.7"),
        ("orders.csv", b"one column\n1\n2\n"),
    ],
)
def test_a_malformed_file_gets_a_clear_error_page(signed_in: Callable[..., Client], name: str, content: bytes) -> None:
    client = signed_in()
    answer = client.get(send(client, content, name))
    assert answer.status_code == 200
    assert answer.context["problem"] is not None
    assert answer.context["problem"].message in answer.content.decode().replace("&#x27;", "'").replace("&quot;", '"')


def test_discarding_removes_the_file(signed_in: Callable[..., Client], folder: DataFolder) -> None:
    client = signed_in()
    page = send(client)
    assert list(folder.uploads.iterdir())
    client.post(f"{page}/discard")
    assert not list(folder.uploads.iterdir())
    assert client.get(page).status_code == 404


def test_an_import_that_was_asked_to_stop_changes_nothing(signed_in: Callable[..., Client], folder: DataFolder) -> None:
    client = signed_in()
    page = send(client)
    chosen(client, page, "import")
    job = Upload.objects.get().job
    client.post(f"/jobs/{job.pk}/stop")
    do_jobs()
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert Lake.create(folder.root).imports() == []
    assert client.get(page).status_code == 200


def test_text_of_the_file_is_shown_as_text(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    page = send(client, ORDERS.replace("Note", "<script>alert(1)</script>"), "<b>orders.csv")
    assert "<script>alert(1)" not in client.get(page).content.decode()
