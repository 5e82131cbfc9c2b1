//! Which addresses are on the public internet. Everything else is refused: it is the operator's inside, or nobody's.
//!
//! The tables are the IANA registries of special-purpose addresses and of multicast, whole, also those blocks that are reachable
//! (a platform's API does not live in an anycast block of the DNS). The pages to compare with are
//! <https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry> and
//! <https://www.iana.org/assignments/ipv6-address-space> (only `2000::/3` is allocated for unicast), RFC 5214 section 6.1 for ISATAP.
//! Written on 2026-11-24 without those pages at hand: an entry-by-entry comparison with them is owed. For IPv6 a missing entry can
//! only matter inside `2000::/3`, since everything outside of it is refused by rule. Forms that carry an IPv4 address inside are refused whole, whatever they carry.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses that is not public unicast, and its name in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// First address.
    pub first: IpAddr,
    /// Leading bits that count.
    pub bits: u8,
    /// Name in the registry.
    pub name: &'static str,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8, name: &'static str) -> Block {
    Block { first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits, name }
}

const fn v6(s: [u16; 8], bits: u8, name: &'static str) -> Block {
    let first = Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]);
    Block { first: IpAddr::V6(first), bits, name }
}

/// IPv4 blocks.
pub const IPV4: &[Block] = &[
    v4(0, 0, 0, 0, 8, "this network"),
    v4(10, 0, 0, 0, 8, "private use"),
    v4(100, 64, 0, 0, 10, "shared address space"),
    v4(127, 0, 0, 0, 8, "loopback"),
    v4(169, 254, 0, 0, 16, "link local"),
    v4(172, 16, 0, 0, 12, "private use"),
    v4(192, 0, 0, 0, 24, "IETF protocol assignments"),
    v4(192, 0, 2, 0, 24, "documentation"),
    v4(192, 31, 196, 0, 24, "AS112-v4"),
    v4(192, 52, 193, 0, 24, "AMT"),
    v4(192, 88, 99, 0, 24, "6to4 relay anycast"),
    v4(192, 168, 0, 0, 16, "private use"),
    v4(192, 175, 48, 0, 24, "direct delegation AS112"),
    v4(198, 18, 0, 0, 15, "benchmarking"),
    v4(198, 51, 100, 0, 24, "documentation"),
    v4(203, 0, 113, 0, 24, "documentation"),
    v4(224, 0, 0, 0, 4, "multicast"),
    v4(240, 0, 0, 0, 4, "reserved"),
];

/// IPv6 blocks inside `2000::/3`, and the best-known ones outside of it (named, so that a refusal explains itself).
pub const IPV6: &[Block] = &[
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback"),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4-mapped"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, "IPv4-compatible"),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "IPv4-IPv6 translation"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "IPv4-IPv6 translation"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard only"),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy prefix"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "IETF protocol assignments"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4"),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "direct delegation AS112"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation"),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing SIDs"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link local"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site local"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
];

impl Block {
    /// Whether the address lies in it; an address of the other family does not.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(a)) => (first.to_bits() ^ a.to_bits()).leading_zeros() >= u32::from(self.bits),
            (IpAddr::V6(first), IpAddr::V6(a)) => (first.to_bits() ^ a.to_bits()).leading_zeros() >= u32::from(self.bits),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// The registry's name of what the address is, when it is not public unicast.
pub fn special_purpose(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(_) => IPV4.iter().find(|b| b.contains(address)).map(|b| b.name),
        IpAddr::V6(a) => {
            let s = a.segments();
            let isatap = matches!(s[4], 0 | 0x200) && s[5] == 0x5efe;
            let named = IPV6.iter().find(|b| b.contains(address)).map(|b| b.name);
            named.or(isatap.then_some("ISATAP")).or((s[0] & 0xe000 != 0x2000).then_some("outside of global unicast"))
        }
    }
}

#[cfg(test)]
mod tests;
