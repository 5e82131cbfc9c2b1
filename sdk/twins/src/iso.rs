//! Code lists of ISO 3166-1 alpha-2 (249 countries and areas) and ISO 639-1 (183 languages), as bit tables made while
//! compiling. Read 2026-11 from the registration authorities' lists.

const LETTERS: usize = 26;
type Table = [[bool; LETTERS]; LETTERS];

static COUNTRIES: Table = table(
    b"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
      CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
      GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO \
      JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR \
      MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO \
      RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV \
      TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW",
    b'A',
);

static LANGUAGES: Table = table(
    b"aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo \
      es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka \
      kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng \
      nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su \
      sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu",
    b'a',
);

const fn table(codes: &[u8], first: u8) -> Table {
    let mut table = [[false; LETTERS]; LETTERS];
    let mut at = 0;
    while at + 1 < codes.len() {
        if codes[at] == b' ' {
            at += 1;
            continue;
        }
        table[(codes[at] - first) as usize][(codes[at + 1] - first) as usize] = true;
        at += 2;
    }
    table
}

fn holds(table: &Table, code: &str, first: u8) -> bool {
    let &[a, b] = code.as_bytes() else { return false };
    let index = |letter: u8| usize::from(letter.wrapping_sub(first));
    table.get(index(a)).and_then(|row| row.get(index(b))).copied().unwrap_or(false)
}

/// Whether this is an upper-case country code.
pub(crate) fn is_country(code: &str) -> bool {
    holds(&COUNTRIES, code, b'A')
}

/// Whether this is a lower-case language code.
pub(crate) fn is_language(code: &str) -> bool {
    holds(&LANGUAGES, code, b'a')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(table: &Table) -> usize {
        table.iter().flatten().filter(|&&set| set).count()
    }

    #[test]
    fn the_lists_are_whole() {
        assert_eq!(count(&COUNTRIES), 249);
        assert_eq!(count(&LANGUAGES), 183);
    }

    #[test]
    fn a_code_is_taken_in_its_own_case_alone() {
        for (code, country, language) in [
            ("FR", true, false),
            ("fr", false, true),
            ("GB", true, false),
            ("UK", false, false),
            ("Fr", false, false),
            ("", false, false),
            ("FRA", false, false),
            ("F", false, false),
            ("é", false, false),
        ] {
            assert_eq!((is_country(code), is_language(code)), (country, language), "{code}");
        }
    }
}
