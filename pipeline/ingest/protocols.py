"""Transport protocols by the keywords that IANA registers for their numbers, in lower case.

The numbers are those of https://www.iana.org/assignments/protocol-numbers. A name that is not listed stays what it is.
"""

import re

# a keyword's place is its number; numbers without a keyword stand for themselves, deprecated ones are still logged
_REGISTRY = """
hopopt icmp igmp ggp ipv4 st tcp cbt egp igp bbn-rcc-mon nvp-ii pup argus emcon xnet chaos udp mux dcn-meas
hmp prm xns-idp trunk-1 trunk-2 leaf-1 leaf-2 rdp irtp iso-tp4 netblt mfe-nsp merit-inp dccp 3pc idpr xtp ddp
idpr-cmtp tp++ il ipv6 sdrp ipv6-route ipv6-frag idrp rsvp gre dsr bna esp ah i-nlsp swipe narp min-ipv4 tlsp
skip ipv6-icmp ipv6-nonxt ipv6-opts 61 cftp 63 sat-expak kryptolan rvd ippc 68 sat-mon visa ipcv cpnx cphb wsn
pvp br-sat-mon sun-nd wb-mon wb-expak iso-ip vmtp secure-vmtp vines iptm nsfnet-igp dgp tcf eigrp ospfigp
sprite-rpc larp mtp ax.25 ipip micp scc-sp etherip encap 99 gmtp ifmp pnni pim aris scps qnx a/n ipcomp snp
compaq-peer ipx-in-ip vrrp pgm 114 l2tp ddx iatp stp srp uti smp sm ptp isis-over-ipv4 fire crtp crudp sscopmce
iplt sps pipe sctp fc rsvp-e2e-ignore mobility-header udplite mpls-in-ip manet hip shim6 wesp rohc ethernet
aggfrag nsh homa
"""
KEYWORDS = tuple(_REGISTRY.split())

# as devices and operating systems write them
ALIASES = {
    "icmpv6": "ipv6-icmp",
    "icmp6": "ipv6-icmp",
    "ipencap": "ipv4",
    "ip-encap": "ipv4",
    "ip-in-ip": "ipv4",
    "ip6": "ipv6",
    "ospf": "ospfigp",
    "ipsec-esp": "esp",
    "ipsec-ah": "ah",
    "udp-lite": "udplite",
    "isis": "isis-over-ipv4",
}

# tables that passed through floating point write 6 as 6.0
_NUMBER = re.compile(r"([0-9]{1,3})(?:\.0+)?")


def unified(protocol: str) -> str:
    """The protocol's keyword, whether it was logged by number or by name; otherwise the name in lower case."""
    name = protocol.strip().lower()
    if (number := _NUMBER.fullmatch(name)) and int(number[1]) < len(KEYWORDS):
        return KEYWORDS[int(number[1])]
    return ALIASES.get(name, name)
