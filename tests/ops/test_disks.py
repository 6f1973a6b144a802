"""A SQLite database on a network file system or on a read-only disk is recognised."""

from pathlib import Path

import pytest

from sendiass_site.ops.disks import find_disk_problem

ROOT_LINE = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"


def problem(tmp_path: Path, database: str, *mounts: str) -> str:
    """Return the problem of a database where these file systems are mounted beside a local disk."""
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(ROOT_LINE + "".join(f"{line}\n" for line in mounts))
    return find_disk_problem(Path(database), mountinfo)


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.blobfuse2", "fuse.glusterfs"]
)
def test_a_network_file_system_is_named_with_what_to_do(tmp_path, kind):
    found = problem(tmp_path, "/data/db.sqlite3", f"40 22 0:50 / /data rw - {kind} server:/share rw")
    assert f"/data is on a network file system ({kind})" in found
    assert "PostgreSQL" in found


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "fuse.mergerfs", "virtiofs"]
)
def test_a_disk_of_the_machine_is_right(tmp_path, kind):
    assert problem(tmp_path, "/data/db.sqlite3", f"40 22 0:50 / /data rw - {kind} /dev/vdb rw") == ""


def test_the_file_system_that_is_mounted_nearest_and_last_counts(tmp_path):
    share, disk = (
        "40 22 0:50 / /srv rw - nfs4 server:/ rw",
        "41 40 254:1 / /srv/data rw shared:2 master:1 - ext4 /dev/vdb rw",
    )
    assert problem(tmp_path, "/srv/data/db.sqlite3", share, disk) == ""
    assert problem(tmp_path, "/srv/data/db.sqlite3", disk, share) == ""
    assert problem(tmp_path, "/srv/other/db.sqlite3", share, disk) != ""
    assert problem(tmp_path, "/srv-2/db.sqlite3", share, disk) == ""
    over = "42 41 0:60 / /srv/data rw - cifs //server/share rw"
    assert "cifs" in problem(tmp_path, "/srv/data/db.sqlite3", disk, over)


def test_a_mount_point_with_a_space_is_recognised(tmp_path):
    mount = r"40 22 0:50 / /mnt/council\040files rw - cifs //server/share rw"
    assert "cifs" in problem(tmp_path, "/mnt/council files/site/db.sqlite3", mount)


def test_a_link_to_a_network_file_system_is_followed(tmp_path):
    (tmp_path / "share").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "share")
    mount = f"40 22 0:50 / {tmp_path.resolve()}/share rw - nfs server:/ rw"
    assert "nfs" in problem(tmp_path, f"{tmp_path}/link/db.sqlite3", mount)


def test_lines_that_are_not_understood_and_a_missing_list_refuse_nothing(tmp_path):
    assert problem(tmp_path, "/data/db.sqlite3", "", "one two", "- - -", "a b c d - nfs") == ""
    assert find_disk_problem(Path("/data/db.sqlite3"), tmp_path / "missing") == ""


def test_the_disk_of_this_machine_is_right(tmp_path):
    assert find_disk_problem(tmp_path / "db.sqlite3") == ""


def test_a_read_only_disk_is_named(tmp_path):
    mounted = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    read_only = [Path(fields[1]) for fields in mounted if "ro" in fields[3].split(",")]
    folder = next((path for path in read_only if path.is_dir()), None)
    if folder is None:
        pytest.skip("Nothing is mounted read-only here.")
    assert "read-only" in find_disk_problem(folder / "db.sqlite3", tmp_path / "missing")
