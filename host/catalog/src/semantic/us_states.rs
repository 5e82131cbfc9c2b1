//! States, districts and territories of the United States, which advertising platforms know by two letters: ISO 3166-2:US (2020-11),
//! the letters of ANSI INCITS 38. A name that is not one of theirs has no code here.

/// The two letters, in lower case, of an English name in any case, with or without blanks and points.
pub(super) fn code(name: &str) -> Option<&'static str> {
    let folded: String = name.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    STATES.binary_search_by_key(&folded.as_str(), |(name, _)| name).ok().map(|at| STATES[at].1)
}

/// By name, ascending.
const STATES: &[(&str, &str)] = &[
    ("alabama", "al"),
    ("alaska", "ak"),
    ("americansamoa", "as"),
    ("arizona", "az"),
    ("arkansas", "ar"),
    ("california", "ca"),
    ("colorado", "co"),
    ("connecticut", "ct"),
    ("delaware", "de"),
    ("districtofcolumbia", "dc"),
    ("florida", "fl"),
    ("georgia", "ga"),
    ("guam", "gu"),
    ("hawaii", "hi"),
    ("idaho", "id"),
    ("illinois", "il"),
    ("indiana", "in"),
    ("iowa", "ia"),
    ("kansas", "ks"),
    ("kentucky", "ky"),
    ("louisiana", "la"),
    ("maine", "me"),
    ("maryland", "md"),
    ("massachusetts", "ma"),
    ("michigan", "mi"),
    ("minnesota", "mn"),
    ("mississippi", "ms"),
    ("missouri", "mo"),
    ("montana", "mt"),
    ("nebraska", "ne"),
    ("nevada", "nv"),
    ("newhampshire", "nh"),
    ("newjersey", "nj"),
    ("newmexico", "nm"),
    ("newyork", "ny"),
    ("northcarolina", "nc"),
    ("northdakota", "nd"),
    ("northernmarianaislands", "mp"),
    ("ohio", "oh"),
    ("oklahoma", "ok"),
    ("oregon", "or"),
    ("pennsylvania", "pa"),
    ("puertorico", "pr"),
    ("rhodeisland", "ri"),
    ("southcarolina", "sc"),
    ("southdakota", "sd"),
    ("tennessee", "tn"),
    ("texas", "tx"),
    ("utah", "ut"),
    ("vermont", "vt"),
    ("virginia", "va"),
    ("virginislands", "vi"),
    ("washington", "wa"),
    ("washingtondc", "dc"),
    ("westvirginia", "wv"),
    ("wisconsin", "wi"),
    ("wyoming", "wy"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_found_by_its_name_however_it_is_written() {
        assert!(STATES.is_sorted_by(|a, b| a.0 < b.0), "searched by halves");
        for (name, want) in [
            ("California", Some("ca")),
            (" NEW  MEXICO ", Some("nm")),
            ("Washington, D.C.", Some("dc")),
            ("wyoming", Some("wy")),
            ("ca", None),
            ("Bavaria", None),
            ("", None),
        ] {
            assert_eq!(code(name), want, "{name:?}");
        }
        for (name, two) in STATES {
            assert_eq!((code(name), two.len()), (Some(*two), 2), "{name}");
        }
    }
}
