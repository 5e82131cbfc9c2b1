//! When members came into a segment and left it, as its computations saw it (features 5.6): the last of each, for whoever is in it or left
//! it within [`MEMBER_STAYS_KEPT`].

use std::{io, path::Path, sync::Arc};

use jiff::Timestamp;
use sluice_catalog::seal::DataKey;
use sluice_store::Entropy;

use super::blocks::{Entry, Reader, Writer};
use crate::limits::MEMBER_STAYS_KEPT;

/// The stay of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    hash: u128,
    /// Of the computation that first saw the member inside; none where it was inside when this began to be noted.
    pub entered: Option<Timestamp>,
    /// Of the computation that first saw the member outside again; earlier than `entered` of one who came back.
    pub left: Option<Timestamp>,
}

impl Stay {
    /// Whether the member was inside at the last computation.
    pub fn inside(&self) -> bool {
        self.left.is_none() || self.left < self.entered
    }
}

impl Entry for Stay {
    const BYTES: usize = 32;

    fn hash(&self) -> u128 {
        self.hash
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.hash.to_be_bytes());
        for at in [self.entered, self.left] {
            bytes.extend(at.map_or(i64::MIN, Timestamp::as_microsecond).to_be_bytes());
        }
    }

    fn take(bytes: &[u8]) -> Self {
        let at = |from: usize| {
            let micros = i64::from_be_bytes(bytes[from..from + 8].try_into().expect("8 bytes"));
            Timestamp::from_microsecond(micros).ok()
        };
        Self { hash: u128::from_be_bytes(bytes[..16].try_into().expect("16 bytes")), entered: at(16), left: at(24) }
    }
}

/// Writes who came and went until `at`, when the members were those of `list`, after what was known `before`. A file before that is not
/// there, or is damaged, lets the notes begin anew. Blocks the thread.
pub(crate) fn follow(
    file: &Path,
    before: Option<&Path>,
    list: &Path,
    at: Timestamp,
    key: &Arc<DataKey>,
    entropy: &Entropy,
) -> io::Result<()> {
    if let Some(known) = before.and_then(|before| Reader::open(before, key).ok())
        && write(file, Some(known), list, at, key, entropy)?
    {
        return Ok(());
    }
    write(file, None, list, at, key, entropy).map(drop)
}

/// Whether the known stays were whole; nothing is written where they were not.
fn write(
    file: &Path,
    mut known: Option<Reader<Stay>>,
    list: &Path,
    at: Timestamp,
    key: &Arc<DataKey>,
    entropy: &Entropy,
) -> io::Result<bool> {
    let forgotten = at - MEMBER_STAYS_KEPT;
    let gone = |stay: Stay| {
        let left = if stay.inside() { Some(at) } else { stay.left };
        (left >= Some(forgotten)).then_some(Stay { left, ..stay })
    };
    let (mut stays, mut members): (_, Reader<u128>) = (Writer::create(file, key, entropy)?, Reader::open(list, key)?);
    while let Some(hash) = members.next() {
        let stay = match &mut known {
            None => Stay { hash, entered: None, left: None },
            Some(known) => {
                while let Some(other) = known.below(hash) {
                    gone(other).map(|stay| stays.push(&stay)).transpose()?;
                }
                match known.at(hash) {
                    Some(stay) if stay.inside() => stay,
                    other => Stay { hash, entered: Some(at), left: other.and_then(|stay| stay.left) },
                }
            }
        };
        stays.push(&stay)?;
    }
    while let Some(other) = known.as_mut().and_then(Reader::next) {
        gone(other).map(|stay| stays.push(&stay)).transpose()?;
    }
    if known.is_some_and(|known| !known.whole()) {
        return Ok(false);
    }
    if !members.whole() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the list of members is damaged"));
    }
    stays.finish()?;
    Ok(true)
}

/// The stay of one member, where it is known. Blocks the thread.
pub(crate) fn find(file: &Path, hash: u128, key: &Arc<DataKey>) -> io::Result<Option<Stay>> {
    let mut stays: Reader<Stay> = match Reader::open(file, key) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        stays => stays?,
    };
    while stays.below(hash).is_some() {}
    Ok(stays.at(hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member_list::replace;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + day * 86_400).unwrap()
    }

    /// Computes day after day, and looks each of the hashes up.
    struct Nights {
        dir: tempfile::TempDir,
        key: Arc<DataKey>,
        last: Option<i64>,
    }

    impl Nights {
        fn new() -> Self {
            let key = Arc::new(Entropy::seeded(2).with(DataKey::generate));
            Self { dir: tempfile::tempdir().unwrap(), key, last: None }
        }

        fn file(&self, day: i64, ending: &str) -> std::path::PathBuf {
            self.dir.path().join(format!("s-{day}.{ending}"))
        }

        fn night(&mut self, at: i64, members: &[u128]) {
            let (give, take) = tokio::sync::mpsc::channel(1);
            give.try_send(members.to_vec()).unwrap();
            drop(give);
            let list = self.file(at, "members");
            replace(&list, None, take, &self.key, &Entropy::seeded(1)).unwrap();
            let before = self.last.map(|last| self.file(last, "stays"));
            follow(&self.file(at, "stays"), before.as_deref(), &list, day(at), &self.key, &Entropy::seeded(1)).unwrap();
            self.last = Some(at);
        }

        fn stay(&self, hash: u128) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
            let found = find(&self.file(self.last.unwrap(), "stays"), hash, &self.key).unwrap();
            found.map(|stay| (stay.entered, stay.left))
        }
    }

    #[test]
    fn who_comes_goes_and_comes_back_is_noted_with_the_last_of_each() {
        let mut nights = Nights::new();
        nights.night(0, &[10, 20, 30]);
        assert_eq!(nights.stay(10), Some((None, None)), "inside when it began");
        assert_eq!(nights.stay(15), None);
        nights.night(1, &[15, 20, 40]);
        assert_eq!(nights.stay(15), Some((Some(day(1)), None)));
        assert_eq!(nights.stay(20), Some((None, None)));
        assert_eq!(nights.stay(10), Some((None, Some(day(1)))));
        nights.night(2, &[10, 15]);
        assert_eq!(nights.stay(10), Some((Some(day(2)), Some(day(1)))), "came back");
        assert_eq!(nights.stay(15), Some((Some(day(1)), None)));
        assert_eq!(nights.stay(40), Some((Some(day(1)), Some(day(2)))));
        assert_eq!(nights.stay(30), Some((None, Some(day(1)))), "stays gone");
        nights.night(3, &[]);
        assert_eq!(nights.stay(10), Some((Some(day(2)), Some(day(3)))));
    }

    #[test]
    fn who_left_long_ago_is_forgotten() {
        let mut nights = Nights::new();
        nights.night(0, &[1, 2]);
        nights.night(1, &[2]);
        nights.night(731, &[2]);
        assert_eq!(nights.stay(1), Some((None, Some(day(1)))));
        nights.night(733, &[2]);
        assert_eq!(nights.stay(1), None);
        assert_eq!(nights.stay(2), Some((None, None)), "who is inside is not");
    }

    #[test]
    fn damaged_notes_begin_anew() {
        let mut nights = Nights::new();
        nights.night(0, &[1]);
        nights.night(1, &[1, 2]);
        let file = nights.file(1, "stays");
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        nights.night(2, &[1, 2, 3]);
        assert_eq!([1, 2, 3].map(|hash| nights.stay(hash)), [Some((None, None)); 3]);
    }
}
