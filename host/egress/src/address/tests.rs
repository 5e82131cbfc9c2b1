use super::*;

fn at(text: &str) -> Option<&'static str> {
    special_purpose(text.parse().expect("an address"))
}

#[test]
fn the_last_address_before_a_block_and_the_first_after_it_are_decided_on_their_own() {
    for (inside, outside) in [
        (["0.0.0.0", "0.255.255.255"], ["1.0.0.0", "1.0.0.0"]),
        (["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0"]),
        (["100.64.0.0", "100.127.255.255"], ["100.63.255.255", "100.128.0.0"]),
        (["127.0.0.0", "127.255.255.255"], ["126.255.255.255", "128.0.0.0"]),
        (["169.254.0.0", "169.254.255.255"], ["169.253.255.255", "169.255.0.0"]),
        (["172.16.0.0", "172.31.255.255"], ["172.15.255.255", "172.32.0.0"]),
        (["192.0.0.0", "192.0.0.255"], ["191.255.255.255", "192.0.1.0"]),
        (["192.0.2.0", "192.0.2.255"], ["192.0.1.255", "192.0.3.0"]),
        (["192.31.196.0", "192.31.196.255"], ["192.31.195.255", "192.31.197.0"]),
        (["192.52.193.0", "192.52.193.255"], ["192.52.192.255", "192.52.194.0"]),
        (["192.88.99.0", "192.88.99.255"], ["192.88.98.255", "192.88.100.0"]),
        (["192.168.0.0", "192.168.255.255"], ["192.167.255.255", "192.169.0.0"]),
        (["192.175.48.0", "192.175.48.255"], ["192.175.47.255", "192.175.49.0"]),
        (["198.18.0.0", "198.19.255.255"], ["198.17.255.255", "198.20.0.0"]),
        (["198.51.100.0", "198.51.100.255"], ["198.51.99.255", "198.51.101.0"]),
        (["203.0.113.0", "203.0.113.255"], ["203.0.112.255", "203.0.114.0"]),
        (["224.0.0.0", "255.255.255.255"], ["223.255.255.255", "223.255.255.255"]),
        (["2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"], ["2000:ffff::", "2001:200::"]),
        (["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"], ["2001:db7:ffff::", "2001:db9::"]),
        (["2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], ["2001:ffff::", "2003::"]),
        (["2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"], ["2620:4f:7fff::", "2620:4f:8001::"]),
        (["3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"], ["3ffe:ffff::", "3fff:1000::"]),
        (["::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], ["2000::", "2000::"]),
        (["4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], ["3fff:ffff::", "3fff:ffff::"]),
    ] {
        for address in inside {
            assert!(at(address).is_some(), "{address} is special");
        }
        for address in outside {
            assert_eq!(at(address), None, "{address} is public");
        }
    }
}

#[test]
fn every_form_that_carries_an_ipv4_address_is_refused_also_around_a_public_one() {
    for (address, name) in [
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:8.8.8.8", "IPv4-mapped"),
        ("::127.0.0.1", "IPv4-compatible"),
        ("64:ff9b::8.8.8.8", "IPv4-IPv6 translation"),
        ("64:ff9b:1::a00:1", "IPv4-IPv6 translation"),
        ("2002:7f00:1::", "6to4"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
        ("2a00:1450::5efe:a00:1", "ISATAP"),
        ("2a00:1450::200:5efe:808:808", "ISATAP"),
        ("fe80::5efe:a00:1", "link local"),
    ] {
        assert_eq!(at(address), Some(name), "{address}");
    }
    assert_eq!(at("2a00:1450::5eff:a00:1"), None);
}

#[test]
fn places_that_attackers_like_have_names() {
    for (address, name) in [
        ("169.254.169.254", "link local"),
        ("fd00:ec2::254", "unique local"),
        ("::1", "loopback"),
        ("::", "unspecified"),
        ("100.100.100.200", "shared address space"),
        ("255.255.255.255", "reserved"),
        ("ff02::1", "multicast"),
        ("fec0::1", "site local"),
        ("5f00::1", "segment routing SIDs"),
        ("100::1", "discard only"),
        ("100:0:0:1::1", "dummy prefix"),
        ("0200::1", "outside of global unicast"),
    ] {
        assert_eq!(at(address), Some(name), "{address}");
    }
    for address in ["1.1.1.1", "8.8.8.8", "151.101.1.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"] {
        assert_eq!(at(address), None, "{address}");
    }
}
