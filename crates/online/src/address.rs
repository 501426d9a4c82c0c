//! Which addresses a URL from a certificate may not reach: those the IANA
//! special-purpose registries (RFC 6890 and updates) do not call globally
//! reachable, and two cloud services that answer on public-looking addresses.
//!
//! Only the table and its lookup: nothing is resolved or connected here.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Why an address is not for URLs that a certificate names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressKind {
    /// This machine (127.0.0.0/8, ::1, and 0.0.0.0 or :: which reach it too).
    Loopback,
    /// A private network (RFC 1918, RFC 4193 unique local, RFC 3879 site-local).
    Private,
    /// Between a provider and its customers (RFC 6598).
    Shared,
    /// The local link only (RFC 3927, RFC 4291 §2.5.6).
    LinkLocal,
    /// The metadata or agent service of a cloud machine.
    Metadata,
    /// Many machines at once, broadcast included (RFC 5771, RFC 4291 §2.7).
    Multicast,
    /// Documentation, benchmarks, tunnels, future use: never a public service.
    Reserved,
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "loopback",
            Self::Private => "private network",
            Self::Shared => "provider-internal network",
            Self::LinkLocal => "link-local",
            Self::Metadata => "cloud metadata service",
            Self::Multicast => "multicast or broadcast",
            Self::Reserved => "reserved",
        })
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(head: [u16; 4], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(head[0], head[1], head[2], head[3], 0, 0, 0, 0), length)
}

/// First match wins: single services stand before the networks around them.
const REFUSED_V4: &[(Ipv4Net, AddressKind)] = &[
    (v4(169, 254, 169, 254, 32), AddressKind::Metadata), // AWS, Azure, GCP, OpenStack
    (v4(100, 100, 100, 200, 32), AddressKind::Metadata), // Alibaba Cloud
    (v4(192, 0, 0, 192, 32), AddressKind::Metadata),     // Oracle Cloud, older
    (v4(168, 63, 129, 16, 32), AddressKind::Metadata),   // Azure agent, a public address
    (v4(0, 0, 0, 0, 8), AddressKind::Loopback),          // RFC 791 §3.2; Linux: this machine
    (v4(127, 0, 0, 0, 8), AddressKind::Loopback),        // RFC 1122 §3.2.1.3
    (v4(10, 0, 0, 0, 8), AddressKind::Private),          // RFC 1918
    (v4(172, 16, 0, 0, 12), AddressKind::Private),       // RFC 1918
    (v4(192, 168, 0, 0, 16), AddressKind::Private),      // RFC 1918
    (v4(100, 64, 0, 0, 10), AddressKind::Shared),        // RFC 6598
    (v4(169, 254, 0, 0, 16), AddressKind::LinkLocal),    // RFC 3927
    (v4(192, 0, 0, 0, 24), AddressKind::Reserved),       // RFC 6890
    (v4(192, 0, 2, 0, 24), AddressKind::Reserved),       // RFC 5737
    (v4(192, 88, 99, 0, 24), AddressKind::Reserved),     // RFC 7526
    (v4(198, 18, 0, 0, 15), AddressKind::Reserved),      // RFC 2544
    (v4(198, 51, 100, 0, 24), AddressKind::Reserved),    // RFC 5737
    (v4(203, 0, 113, 0, 24), AddressKind::Reserved),     // RFC 5737
    (v4(224, 0, 0, 0, 4), AddressKind::Multicast),       // RFC 5771
    (v4(255, 255, 255, 255, 32), AddressKind::Multicast), // RFC 919
    (v4(240, 0, 0, 0, 4), AddressKind::Reserved),        // RFC 1112 §4
];

const REFUSED_V6: &[(Ipv6Net, AddressKind)] = &[
    (
        Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128),
        AddressKind::Metadata, // AWS
    ),
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), AddressKind::Loopback),
    (Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128), AddressKind::Loopback),
    (v6([0x64, 0xff9b, 1, 0], 48), AddressKind::Private), // RFC 8215, local NAT64
    (v6([0x100, 0, 0, 0], 64), AddressKind::Reserved),    // RFC 6666, discard
    (v6([0x2001, 0, 0, 0], 23), AddressKind::Reserved),   // RFC 2928, Teredo included
    (v6([0x2001, 0xdb8, 0, 0], 32), AddressKind::Reserved), // RFC 3849
    (v6([0x3fff, 0, 0, 0], 20), AddressKind::Reserved),   // RFC 9637
    (v6([0x5f00, 0, 0, 0], 16), AddressKind::Reserved),   // RFC 9602
    (v6([0xfc00, 0, 0, 0], 7), AddressKind::Private),     // RFC 4193
    (v6([0xfe80, 0, 0, 0], 10), AddressKind::LinkLocal),  // RFC 4291 §2.5.6
    (v6([0xfec0, 0, 0, 0], 10), AddressKind::Private),    // RFC 3879
    (v6([0xff00, 0, 0, 0], 8), AddressKind::Multicast),   // RFC 4291 §2.7
];

/// The IPv4 address an IPv6 address stands for, where a kernel or a
/// translator would send the packets to it.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let o = address.octets();
    let tail = || Ipv4Addr::new(o[12], o[13], o[14], o[15]);
    // IPv4-mapped, RFC 4291 §2.5.5.2.
    if let Some(mapped) = address.to_ipv4_mapped() {
        return Some(mapped);
    }
    // NAT64 well-known prefix 64:ff9b::/96, RFC 6052 §2.1.
    if o[..12] == [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0] {
        return Some(tail());
    }
    // IPv4-compatible ::a.b.c.d, RFC 4291 §2.5.5.1 (deprecated); :: and ::1
    // are IPv6's own and stand in the table.
    if o[..12] == [0; 12] && !address.is_unspecified() && !address.is_loopback() {
        return Some(tail());
    }
    // 6to4, RFC 3056 §2.
    if o[..2] == [0x20, 0x02] {
        return Some(Ipv4Addr::new(o[2], o[3], o[4], o[5]));
    }
    None
}

/// Says why `address` is refused, or `None` if it is globally reachable.
///
/// An IPv6 address that carries an IPv4 address (mapped, compatible, NAT64,
/// 6to4) is judged by the address it carries.
#[must_use]
pub fn classify(address: IpAddr) -> Option<AddressKind> {
    match address {
        IpAddr::V4(v4) => lookup(REFUSED_V4, |net| net.contains(&v4)),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => classify(IpAddr::V4(v4)),
            None => lookup(REFUSED_V6, |net| net.contains(&v6)),
        },
    }
}

fn lookup<N>(table: &[(N, AddressKind)], hit: impl Fn(&N) -> bool) -> Option<AddressKind> {
    table.iter().find(|(net, _)| hit(net)).map(|(_, kind)| *kind)
}

/// [`classify`], unless one of `allowed` contains the address or the IPv4
/// address it carries.
#[must_use]
pub fn refused(address: IpAddr, allowed: &[IpNet]) -> Option<AddressKind> {
    let carried = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => embedded(v6).map(IpAddr::V4),
    };
    let named = |ip: &IpAddr| allowed.iter().any(|net| net.contains(ip));
    if named(&address) || carried.as_ref().is_some_and(named) {
        return None;
    }
    classify(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn every_special_address_is_refused_for_its_reason() {
        use AddressKind::*;
        for (text, kind) in [
            ("0.0.0.0", Loopback),
            ("0.1.2.3", Loopback),
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("10.0.0.1", Private),
            ("10.255.255.255", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.1.1", Private),
            ("100.64.0.1", Shared),
            ("100.127.255.255", Shared),
            ("100.100.100.200", Metadata),
            ("169.254.169.254", Metadata),
            ("168.63.129.16", Metadata),
            ("192.0.0.192", Metadata),
            ("169.254.0.1", LinkLocal),
            ("192.0.0.8", Reserved),
            ("192.0.2.1", Reserved),
            ("192.88.99.1", Reserved),
            ("198.18.0.1", Reserved),
            ("198.19.255.255", Reserved),
            ("198.51.100.7", Reserved),
            ("203.0.113.7", Reserved),
            ("224.0.0.1", Multicast),
            ("239.255.255.250", Multicast),
            ("240.0.0.1", Reserved),
            ("255.255.255.255", Multicast),
            ("::", Loopback),
            ("::1", Loopback),
            ("fc00::1", Private),
            ("fdff:ffff::1", Private),
            ("fd00:ec2::254", Metadata),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", Private),
            ("ff02::1", Multicast),
            ("100::1", Reserved),
            ("2001::1", Reserved),
            ("2001:db8::1", Reserved),
            ("3fff::1", Reserved),
            ("5f00::1", Reserved),
            ("64:ff9b:1::1", Private),
            // IPv4 carried by IPv6.
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:10.1.2.3", Private),
            ("::ffff:169.254.169.254", Metadata),
            ("::ffff:0:0", Loopback),
            ("::127.0.0.1", Loopback),
            ("::192.168.0.1", Private),
            ("64:ff9b::a00:1", Private),
            ("64:ff9b::7f00:1", Loopback),
            ("2002:7f00:1::1", Loopback),
            ("2002:c0a8:101::1", Private),
        ] {
            assert_eq!(classify(ip(text)), Some(kind), "{text}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2a00:1450:4002::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            assert_eq!(classify(ip(text)), None, "{text}");
        }
    }

    #[test]
    fn an_allowed_network_opens_only_itself() {
        let allowed = ["10.20.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()];
        assert_eq!(refused(ip("10.20.1.1"), &allowed), None);
        assert_eq!(refused(ip("::ffff:10.20.1.1"), &allowed), None);
        assert_eq!(refused(ip("::1"), &allowed), None);
        assert_eq!(refused(ip("10.21.1.1"), &allowed), Some(AddressKind::Private));
        assert_eq!(refused(ip("127.0.0.1"), &allowed), Some(AddressKind::Loopback));
    }
}
