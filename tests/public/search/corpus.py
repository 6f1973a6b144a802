"""Twenty-five generated leaflets, and thirty queries with the part that should be found first.

Each leaflet has the sections of its topic, whose sentences are written here, and sentences between them that are in all
leaflets, chosen by a generator that always chooses the same.
"""

import random
from collections.abc import Iterator

from django.utils import timezone

from leaflets.content.leaflet import INTRODUCTION, Heading, LeafletSource, SectionSource, slugify
from leaflets.content.synonyms import SynonymsSource
from leaflets.models import Edition, Leaflet, Section
from tests import texts

# Each line of a topic is a heading and the sentence that the section is about; the first line is title and summary.
TOPICS = """
Support in the classroom: Help that a teacher gives to a child who learns in another way
  Who gives the support?: A teaching assistant can sit beside your child in some lessons.
  What a support plan says: The plan names each target, and the day on which it is looked at again.
  When support is not enough: You can ask for an assessment of your child's needs.

Asking for an EHC needs assessment: How to start when the help from school is not enough
  Who can ask for an assessment?: A parent, a young person or the school can ask the local authority.
  The six week answer: The local authority has to say yes or no within six weeks.
  If the answer is no: You can ask the tribunal to look at a refusal to assess.

What an EHC plan contains: The sections of the plan from A to K
  Section B and section F: Section B lists needs, and section F the provision for each of them.
  Naming a school in section I: You may say which school you would prefer.
  Personal budgets: A personal budget is money for a part of the provision.

Annual reviews: The yearly meeting about an EHC plan
  Before the annual review: Everybody who was invited sends a report two weeks before.
  After the annual review: The local authority decides whether to keep, change or end the plan.
  Moving to the next phase: The review before a transfer to secondary school has an earlier deadline.

Exclusion and suspension: What happens when a school sends a child home
  Lunchtime exclusion: A child who is sent home for lunch every day is excluded for half a day each time.
  Permanent exclusion: The governors have to meet within fifteen school days.
  Work during a suspension: The school sets and marks work for the first five days.

School transport: Getting to school and back
  Who can get free transport?: A child who cannot walk there because of a disability is eligible.
  Transport policy statement: Each council publishes a policy statement about travel once a year.
  Asking again: There is a review in two stages if transport is refused.

Dyslexia: Difficulties with reading and spelling
  Signs of dyslexia: A child may mix up letters, and read slowly for their age.
  Coloured overlays and fonts: Some children find a tinted page easier to read.
  Extra time in exams: A reader or extra time are access arrangements.

Autism: Support for autistic children and young people
  Waiting for a diagnosis: Help in school does not depend on a diagnosis.
  Noise and crowds: A quiet place helps a child who is overwhelmed by noise.
  Changes of routine: A picture timetable shows what comes next.

ADHD: Attention, movement and impulses
  Fidgeting in lessons: A movement break every twenty minutes can help.
  Medication at school: The nurse and the parents agree how tablets are kept and given.
  Homework with ADHD: Short tasks with pauses are easier to finish.

Medical conditions in school: Health needs during the school day
  Individual healthcare plans: The healthcare plan says what to do in an emergency such as a seizure.
  Toilet and personal care: Staff who help with toileting are trained for it.
  Asthma and allergies: An inhaler and an adrenaline pen are kept where they can be reached.

Starting nursery: The early years before school
  The two year check: A health visitor looks at how a toddler talks and moves.
  Portage at home: A portage worker visits and plays with the family.
  Funding in early years: Inclusion funding pays for more adults in a nursery.

Choosing a school: Visits, admissions and questions to ask
  Special schools and mainstream schools: Special schools have smaller classes.
  Admission appeals: An independent panel hears a refused place.
  Questions for a visit: Ask how many children have a plan, and who is trained.

Moving to secondary school: The change after primary school
  The visit in summer: Many schools offer a day in July to meet tutors.
  Bus passes and timetables: Practise the journey in the holidays.
  A one page profile: One page says what others like about your child, and what helps.

College and work: Choices after sixteen
  Supported internships: An intern works most of the week with a job coach.
  Travel training: A trainer practises the bus with a young person.
  Decisions from sixteen: A young person decides about their own plan.

The SENCO: The teacher who coordinates special educational needs
  What the SENCO does: The coordinator plans support with teachers and parents.
  A meeting with the SENCO: Write down three questions, and bring a friend.
  When there is no SENCO: Every mainstream school has to have one.

Bullying: When other children hurt or frighten your child
  Bullying because of a disability: It can be harassment under the Equality Act.
  Cyberbullying: Keep pictures of messages, with their dates.
  What the school does about bullying: A behaviour policy says how incidents are recorded.

School refusal and anxiety: When a child cannot go to school
  Fines and attendance: Ask for absence to be recorded as illness.
  Part time timetables: A reduced timetable has an end, and needs your agreement.
  Education at home for sick children: The council arranges lessons after fifteen days of illness.

Home education: Teaching a child yourself
  Deregistering from school: You write to the head that you take your child off the roll.
  Home education with a plan: The council still reviews the plan each year.
  Flexi schooling: A child learns at home on some days, if the head agrees.

Speech and language: Talking, understanding and being understood
  Stammering: Give time, and do not finish the sentence.
  Referral to a therapist: A speech and language therapist sees children after a referral.
  Signing and symbols: Makaton uses signs together with words.

Hearing and sight: Sensory impairment
  Hearing aids and radio systems: The microphone is worn by the person who teaches.
  Braille and large print: A qualified teacher of the visually impaired teaches braille.
  Sitting in the right place: Sit near the board, away from glare.

Disagreements and mediation: What to do when you do not agree
  Mediation: A mediator who is independent helps both sides to talk.
  Complaints about a school: Write to the head first, then to the chair of governors.
  The tribunal: You appeal to the tribunal within two months of the letter.

Disability discrimination: The Equality Act and reasonable adjustments
  Reasonable adjustments: A rail, a ramp or an earlier lunch are adjustments.
  Trips and clubs: A child may not be left out of a school trip because of a disability.
  A claim of discrimination: A claim has to be made within six months.

Mental health: Worry, low mood and where to get help
  Counselling in school: A counsellor listens, and keeps what is said private.
  Self harm: Call the crisis team, or 999 in danger.
  CAMHS: The child and adolescent service sees families after a referral.

Short breaks and money: Help for families at home
  Disability living allowance: The form asks how much more care your child needs.
  Respite care: Somebody looks after your child while you rest.
  Carers and siblings: Young carers can have an assessment of their own.

Children in care: Looked after and adopted children
  The virtual school: A virtual head follows how each looked after child learns.
  Personal education plans: Every term the plan is looked at by the social worker.
  Pupil premium plus: Adopted children bring extra money to their school.
"""

FILLER = """
The school should talk with you.
Your child has a right to be heard.
Ask for a copy of every letter.
Keep your letters in one folder.
Write down who said what, and when.
You can bring somebody with you.
Ask us if you are not sure.
Nobody has to decide at once.
Most problems can be solved by talking.
Teachers see many children, and you see one.
Say what works at home.
Ask what will happen next.
Thank people when something went well.
There is more about this on other pages.
Tell us when something here is wrong.
The local authority must publish what it offers.
""".strip().splitlines()

SYNONYMS = SynonymsSource(
    (
        "EHCP = EHC plan = education, health and care plan",
        "statement → EHC plan",
        "SENCO = special educational needs coordinator",
        "kicked out = expelled → exclusion",
        "TA = teaching assistant",
        "taxi → transport",
        "panic attacks → anxiety",
    ),
    ("Example Advice | https://www.example.org/ | Free advice about the law",),
)

# Each query with the leaflet and the anchor that should be found first.
QUERIES = [
    ("exclusion", "exclusion-and-suspension", ""),
    ("my son was kicked out of school", "exclusion-and-suspension", ""),
    ("toileting", "medical-conditions-in-school", "toilet-and-personal-care"),
    ("EHCP", "what-an-ehc-plan-contains", ""),
    ("education health and care plan", "what-an-ehc-plan-contains", ""),
    ("statement", "school-transport", "transport-policy-statement"),
    ("how do I ask for an assessment?", "asking-for-an-ehc-needs-assessment", ""),
    ("annual review", "annual-reviews", ""),
    ("SENCo", "the-senco", ""),
    ("special educational needs co-ordinator", "the-senco", ""),
    ("dislexia", "dyslexia", ""),
    ("free transport", "school-transport", "who-can-get-free-transport"),
    ("tranport to school", "school-transport", ""),
    ("taxi", "school-transport", ""),
    ("TA", "support-in-the-classroom", "who-gives-the-support"),
    ("mediation", "disagreements-and-mediation", "mediation"),
    ("tribunal", "disagreements-and-mediation", "the-tribunal"),
    ("reasonable adjustments", "disability-discrimination", "reasonable-adjustments"),
    ("school trip", "disability-discrimination", "trips-and-clubs"),
    ("child's medication", "adhd", "medication-at-school"),
    ("speech therapist", "speech-and-language", "referral-to-a-therapist"),
    ("home schooling", "home-education", ""),
    ("bullied at school", "bullying", ""),
    ("inhaler", "medical-conditions-in-school", "asthma-and-allergies"),
    ("extra time in exams", "dyslexia", "extra-time-in-exams"),
    ("braile", "hearing-and-sight", "braille-and-large-print"),
    ("panic attacks", "school-refusal-and-anxiety", ""),
    ("section F", "what-an-ehc-plan-contains", "section-b-and-section-f"),
    ("money for respite", "short-breaks-and-money", "respite-care"),
    ("looked after children", "children-in-care", ""),
]


def topics() -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """The title, summary and sections of each leaflet."""
    for block in TOPICS.strip().split("\n\n"):
        (title, summary), *sections = [
            (heading, sentence)
            for heading, _, sentence in (line.strip().partition(": ") for line in block.splitlines())
        ]
        yield title, summary, sections


def leaflets() -> list[LeafletSource]:
    """The twenty-five leaflets as the sources of files."""
    return [_leaflet(title, summary, sections) for title, summary, sections in topics()]


def _leaflet(title: str, summary: str, sections: list[tuple[str, str]]) -> LeafletSource:
    chosen = random.Random(title)  # noqa: S311 - the same sentences in each run
    introduction = SectionSource(Heading("", INTRODUCTION), " ".join(chosen.sample(FILLER, 3)))
    return texts.leaflet(
        slug=slugify(title),
        title=title,
        summary=f"{summary}.",
        sections=(
            introduction,
            *(
                SectionSource(
                    Heading(heading, slugify(heading)),
                    "\n\n".join([chosen.choice(FILLER), sentence, " ".join(chosen.sample(FILLER, 4))]),
                )
                for heading, sentence in sections
            ),
        ),
    )


def store_many(number: int) -> None:
    """Store this many published leaflets with seven sections each, as their rows: loading them would take minutes."""
    sources = leaflets()
    chosen = random.Random(number)  # noqa: S311 - the same sentences in each run
    stored = Leaflet.objects.bulk_create(
        Leaflet(slug=f"generated-{position}", placement="leaflet") for position in range(number)
    )
    editions = Edition.objects.bulk_create(
        Edition(
            leaflet=leaflet, number=1, status="published", placement="leaflet", digest=f"{position}", rendered_by="",
            title=f"{sources[position % 25].title} {position}", summary=sources[position % 25].summary,
            published_at=timezone.now(),
        )
        for position, leaflet in enumerate(stored)
    )  # fmt: skip
    Section.objects.bulk_create(
        section
        for position, edition in enumerate(editions)
        for section in _sections(edition, sources[position % 25], chosen)
    )


def _sections(edition: Edition, source: LeafletSource, chosen: random.Random) -> Iterator[Section]:
    own = [(section.heading.text, section.body) for section in source.sections]
    others = [(f"{_word(chosen)} and {_word(chosen)}", " ".join(_sentences(chosen))) for _ in range(3)]
    for position, (heading, body) in enumerate([*own, *others]):
        text = f"{body} {' '.join(_sentences(chosen))}"
        yield Section(
            edition=edition, position=position, anchor=f"part-{position}", heading=heading, body=text, plain_text=text,
            blocks=[{"kind": "paragraph", "text": text}],
        )  # fmt: skip


def _sentences(chosen: random.Random) -> Iterator[str]:
    for _ in range(8):
        yield f"{chosen.choice(FILLER)} {' '.join(_word(chosen) for _ in range(12))}."


def _word(chosen: random.Random) -> str:
    """One of a few thousand words that no language has."""
    return "".join(
        chosen.choice(["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "ro", "su"]) for _ in range(4)
    )
