//! The host forms: the schema's expression and the parser's code are two programs, so they are compared on everything short.

use sluice_catalog::manifest::HostPattern;

use super::text;

#[test]
fn the_schema_takes_the_hosts_that_the_parser_takes() {
    let rules = text();
    let of = |member: &str| {
        let rule = rules.pointer(&format!("/properties/egress/items/properties/{member}")).expect("a rule");
        jsonschema::validator_for(rule).expect("a schema")
    };
    let (hosts, suffixes) = (of("host"), of("suffixes/items"));
    let (mut taken, mut refused) = (0, 0);
    let mut compare = |host: &str| {
        let parsed: Result<HostPattern, _> = host.parse();
        assert_eq!(hosts.is_valid(&host.into()), parsed.is_ok(), "{host}");
        if parsed.is_ok() {
            taken += 1
        } else {
            refused += 1
        }
        let named = matches!(parsed, Ok(HostPattern::Literal(_)));
        assert_eq!(suffixes.is_valid(&format!(".{host}").into()), named, ".{host}");
    };
    for host in ["", "operator-host", "link", "*", "*.acme.example", "user@acme.example", "аcme.example", "acme.example\n", "a.b "]
    {
        compare(host);
    }
    let pieces = ["a", "9", "0x1", "-", ".", "{r}", "{", "}", "A"];
    let mut all = vec![String::new()];
    for _ in 0..5 {
        all = all.iter().flat_map(|head| pieces.map(|piece| format!("{head}{piece}"))).collect();
        all.iter().for_each(|host| compare(host));
    }
    for length in [62, 63, 64] {
        compare(&format!("{}.example", "a".repeat(length)));
        compare(&format!("acme.{}", "a".repeat(length)));
    }
    // The last allowed length of a name and the first refused one; the part in braces does not count.
    let long = |last: usize| format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(last));
    for (name, fine) in [(long(61), true), (long(62), false)] {
        assert_eq!((name.len() == 253, name.parse::<HostPattern>().is_ok()), (fine, fine));
        compare(&name);
        compare(&format!("{{region}}.{name}"));
    }
    assert!(taken > 100 && refused > 10_000, "{taken} taken, {refused} refused");
}
