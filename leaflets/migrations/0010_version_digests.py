from django.db import migrations

# Of the shipped files: their digests before and after digests were made of JSON. Without this, a version that staff
# edited would be reported as a conflict with a file that did not change.
DIGESTS = {
    # code-of-practice/january-2015, in the folder of before there were other sources and in this one
    "d50b040727920fb194244ce1db95d8c08f3081f09a3e3253326aed8c330c3a64": "2a0d0ae2476b154c58084143778dedf331f049717afb48b399174b31bf3f0ae1",
    "a2cb1b54f1649c71b4d98cd8bb897088fcdc7a7793af273649a28ed09ccb789b": "2a0d0ae2476b154c58084143778dedf331f049717afb48b399174b31bf3f0ae1",
    # children-and-families-act-2014
    "ffb52d998d0cdc8144a705d14eba4d524348e05bf27f37c081785598cc496f28": "5a81603b433b2111e257412c1f44cfbcea8d3cbc82ec2020fa1643cb4dd7d33a",
    # education-act-1996
    "6f555786d33ff03db80a0ba3b3d4247e9195412c96599865539ad9abb7b06ac6": "3cd5ea3cb128869973ac0ee791ecb29ed892e1777e395f1e68ebfa26dd0c6b26",
    # equality-act-2010
    "120f590bfce743f4ec4b223f91aff0e43486889281e1bbbeca5502025b68db21": "caa3d1d37bea2af53d3e930137abe120ce4590a451708ba9249b33927ed8aab1",
    # medical-conditions-at-school
    "383e2ae10df4e95faab3a678c8d8e70f18ea6632a7c205bbce38e6adac64d9be": "d98e2a2ec81f3b1ea857c77db25b31332a63afba6ec981b039b29515ad7d514f",
    # send-regulations-2014
    "13059b4a3c21117a49dc1bd570926be95ea5157857609131f129e604ba55f3d4": "3b1e8a085949b797b914c532263dced310597cd782cfad9d2892caf1119b83de",
    # suspension-and-exclusion
    "7f16da45815c6eb04d7a032dd22fa62e7425d9583324f6f4f02a87aff5e5f658": "7f87b63536e164b2457d90061442490f50edddf58fc7a495a1685a0faffced6b",
    # travel-to-school
    "50e3a572ec5fb58d65dd52562dae6981e397186b45331a613961f3b2a9809195": "1a2327e0f4601b662cf3f2297ea4b75604d2df8aca8c461c60a42baba76afd02",
}


def update_digests(apps, schema_editor):
    versions = apps.get_model("leaflets", "SourceVersion").objects
    for old, new in DIGESTS.items():
        versions.filter(loaded_digest=old).update(loaded_digest=new)


class Migration(migrations.Migration):
    dependencies = [("leaflets", "0009_law_constraints")]

    operations = [migrations.RunPython(update_digests, migrations.RunPython.noop)]
