"""The service's record: one YAML file."""

from dataclasses import dataclass, field

from leaflets.files.digests import digest
from leaflets.files.fields import Fields, write_fields
from leaflets.files.problems import Problem


@dataclass(frozen=True)
class ServiceSource:
    """The service that publishes the leaflets. Each field is text as printed; an address has one entry per line.

    The `officer` is the council's data protection officer.
    """

    name: str
    full_name: str
    tagline: str
    council: str
    phones: tuple[str, ...]
    email: str
    address: tuple[str, ...]
    postcode: str
    officer: str
    officer_address: tuple[str, ...]
    officer_postcode: str
    officer_phone: str
    officer_email: str
    path: str = field(default="", compare=False)

    @property
    def digest(self) -> str:
        return digest(write_service(self))


def read_service(text: str, path: str, _slug: str = "") -> tuple[ServiceSource, list[Problem]]:
    """Read the YAML of the service's record. The record is complete only if the list of problems is empty."""
    problems: list[Problem] = []
    fields = Fields(text, path, problems)
    service = ServiceSource(
        path=path,
        name=fields.text("name"),
        full_name=fields.text("full_name"),
        tagline=fields.text("tagline"),
        council=fields.text("council"),
        phones=fields.texts("phones"),
        email=fields.text("email"),
        address=fields.texts("address"),
        postcode=fields.text("postcode"),
        officer=fields.text("data_protection_officer"),
        officer_address=fields.texts("data_protection_address"),
        officer_postcode=fields.text("data_protection_postcode"),
        officer_phone=fields.text("data_protection_phone"),
        officer_email=fields.text("data_protection_email"),
    )
    fields.finish()
    return service, problems


def write_service(service: ServiceSource) -> str:
    """Return the YAML of the service's record, in canonical form."""
    return write_fields(
        {
            "name": service.name,
            "full_name": service.full_name,
            "tagline": service.tagline,
            "council": service.council,
            "phones": list(service.phones),
            "email": service.email,
            "address": list(service.address),
            "postcode": service.postcode,
            "data_protection_officer": service.officer,
            "data_protection_address": list(service.officer_address),
            "data_protection_postcode": service.officer_postcode,
            "data_protection_phone": service.officer_phone,
            "data_protection_email": service.officer_email,
        }
    )
