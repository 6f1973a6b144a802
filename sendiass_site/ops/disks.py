"""Whether the disk of a SQLite database can hold it.

The write-ahead log (WAL) needs memory that all processes share, and locks that hold: neither works over a network, where
a database can be damaged without any error (https://www.sqlite.org/wal.html, "does not work over a network filesystem").
"""

import os
import re
from pathlib import Path

_MOUNTINFO = Path("/proc/self/mountinfo")
# Kinds of file systems of other machines, as Linux names them. Azure Files is cifs or nfs4, Amazon EFS is nfs4.
_NETWORK_FILE_SYSTEMS = {
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb2", "smb3",
    "smbfs",
}  # fmt: skip
_NETWORK_FUSE_FILE_SYSTEMS = re.compile(
    r"fuse\.(sshfs|glusterfs|ceph|s3fs|goofys|mount-s3|blobfuse2?|gcsfuse|rclone|davfs|juicefs)"
)


def find_disk_problem(database: Path, mountinfo: Path = _MOUNTINFO) -> str:
    """Return why a SQLite database cannot be in this place, as a sentence; an empty string if it can.

    `mountinfo` lists the mounted file systems, as proc(5) describes it. Without that file nothing is known.
    """
    folder = database.resolve().parent
    file_system = _find_file_system(folder, mountinfo)
    if file_system in _NETWORK_FILE_SYSTEMS or _NETWORK_FUSE_FILE_SYSTEMS.fullmatch(file_system):
        return (
            f"{folder} is on a network file system ({file_system}), on which SQLite's database can be damaged without any error. "
            "Put it on a disk of this machine, for example DATABASE_URL=sqlite:////local/db.sqlite3, or use PostgreSQL. "
            "The uploads may stay there."
        )
    if folder.is_dir() and os.statvfs(folder).f_flag & os.ST_RDONLY:
        return f"The disk of {folder} is read-only, and SQLite has to write to it. Mount it for writing."
    return ""


def _find_file_system(folder: Path, mountinfo: Path) -> str:
    """Return the kind of file system that a folder is on; an empty string if it is not known."""
    try:
        lines = mountinfo.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:  # another system than Linux
        return ""
    best, file_system = -1, ""
    for line in lines:
        before, separator, after = line.partition(" - ")
        fields, described = before.split(" "), after.split(" ")
        if not separator or len(fields) < 5:
            continue
        # Spaces and some other signs are written as three octal digits.
        point = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4]))
        # The last one of several on one folder covers the others.
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, file_system = len(point.parts), described[0]
    return file_system
