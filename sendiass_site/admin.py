"""What the start page of the admin tells administrators about the installation."""

from collections.abc import Iterator

from django.http import HttpRequest

from leaflets.admin_site import WEBSITE, Task, shown_on_start_page


@shown_on_start_page(WEBSITE)
def find_daily_problems(request: HttpRequest) -> Iterator[Task]:
    """What `doctor` says of the things that nobody changes: daily jobs, backups, dates, the disk."""
    if not request.user.is_superuser:
        return
    # Imported here: it imports what makes and encrypts backups, which readers' pages do not need.
    from .ops import doctor

    for finding in doctor.run_daily_checks():
        if finding.status is not doctor.Status.OK:
            check = finding.check[:1].upper() + finding.check[1:]
            yield Task(f"{check}: {finding.message} For the web team: {finding.remedy}")
