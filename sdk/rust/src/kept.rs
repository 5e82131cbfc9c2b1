//! The object that an activation writes to (a list, an audience, a tag): found by its name in `setup`, or made, and remembered by its id.

use std::str::FromStr;

use crate::call::Call;
use crate::contract::Halt;

/// How objects of a kind are found by the name that the operator chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The option with the name; also what such an object is called: `list`.
    pub option: &'static str,
    /// The same of several: `lists`.
    pub several: &'static str,
    /// Where the operator renames them: `Acme`.
    pub place: &'static str,
    /// What is wrong with one of the name that cannot be written to: "is not a static one, so nobody can be added to it". Empty where all
    /// can be.
    pub unfit: &'static str,
}

impl Named {
    /// The object among those that have the name; none where the name is free, so that one is to be made. A halt that blames the option
    /// where several fit, or none of those that are there does.
    pub fn found<T>(&self, of_the_name: impl IntoIterator<Item = T>, fits: impl Fn(&T) -> bool) -> Result<Option<T>, Halt> {
        let (mut fitting, others): (Vec<T>, Vec<T>) = of_the_name.into_iter().partition(fits);
        let Self { option, several, place, unfit } = self;
        match (fitting.pop(), fitting.is_empty()) {
            (None, _) if !others.is_empty() => {
                Err(self.refused(&format!("the {option} of this name {unfit}: choose another name")))
            }
            (Some(_), false) => {
                Err(self
                    .refused(&format!("several {several} have this name: rename all but one in {place}, or choose another name")))
            }
            (found, _) => Ok(found),
        }
    }

    fn refused(&self, message: &str) -> Halt {
        Halt::setting(self.option, message)
    }
}

impl<'a> Call<'a> {
    /// The id that `setup` kept, of a `what`: a list. `0` where it kept none, as in a dry run, which reaches nothing. What is no id by
    /// `is_id` was not kept by this connector, and must not stand in a path.
    pub fn kept_id(&self, what: &str, is_id: impl Fn(&str) -> bool) -> Result<&'a str, Halt> {
        match std::str::from_utf8(self.keep()) {
            Ok("") => Ok("0"),
            Ok(id) if is_id(id) => Ok(id),
            _ => Err(Halt::contract(&format!("what `setup` kept is not the id of {what}"))),
        }
    }

    /// The same of ids that are numbers.
    pub fn kept_number<T: FromStr>(&self, what: &str) -> Result<T, Halt> {
        let id = self.kept_id(what, |id| id.parse::<T>().is_ok())?;
        id.parse().map_err(|_| Halt::contract(&format!("what `setup` kept is not the id of {what}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::testing::Script;

    const LISTS: Named = Named { option: "list", several: "lists", place: "Acme", unfit: "is kept by filters" };

    #[test]
    fn one_that_fits_is_found_and_a_free_name_is_no_mistake() {
        let told = |there: &[(u32, bool)]| LISTS.found(there.iter().copied(), |(_, fits)| *fits);
        assert_eq!(told(&[(7, true)]), Ok(Some((7, true))));
        assert_eq!(told(&[(3, false), (7, true)]), Ok(Some((7, true))), "another kind of the same name is not in its way");
        assert_eq!(told(&[]), Ok(None));
        let blamed = |there: &[(u32, bool)], words: &str| match told(there) {
            Err(Halt::Config(reason)) => {
                assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::SETTINGS_INVALID, Some("list")));
                assert!(reason.message.contains(words), "{}", reason.message);
            }
            other => panic!("{other:?}"),
        };
        blamed(&[(7, true), (8, true)], "several lists have this name: rename all but one in Acme");
        blamed(&[(3, false)], "the list of this name is kept by filters: choose another name");
        blamed(&[(3, false), (4, false)], "choose another name");
    }

    #[test]
    fn the_id_that_was_kept_comes_back_and_nothing_else_does() {
        let digits = |id: &str| id.bytes().all(|b| b.is_ascii_digit());
        let id = |keep: &[u8]| Script::new().keep(keep).call(|call| call.kept_id("a list", digits).map(str::to_owned));
        let number = |keep: &[u8]| Script::new().keep(keep).call(|call| call.kept_number::<i64>("a list"));
        assert_eq!((id(b"42"), number(b"42")), (Ok("42".to_owned()), Ok(42)));
        assert_eq!((id(b""), number(b"")), (Ok("0".to_owned()), Ok(0)), "a dry run");
        for strange in [&b"7/../8"[..], b"x", b"\xff"] {
            assert!(matches!(id(strange), Err(Halt::Contract(_))), "{strange:?}");
            assert!(matches!(number(strange), Err(Halt::Contract(_))), "{strange:?}");
        }
    }
}
