//! A list of members on disk: hashes of 128 bits in order, in sealed blocks. Statistics compare one with the next; a remote segment is
//! evaluated by its own. Beside it lies, where a segment asks for it, when each member came and went ([`stays`]).

mod blocks;
mod stays;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use sluice_catalog::{ids::SegmentId, seal::DataKey};
use sluice_store::Entropy;
use tokio::sync::mpsc::Receiver;

use self::blocks::{Entry, Reader, Writer};

pub use stays::Stay;
pub(crate) use stays::{find, follow};

const ENDING: &str = "members";

impl Entry for u128 {
    const BYTES: usize = 16;

    fn hash(&self) -> u128 {
        *self
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_be_bytes());
    }

    fn take(bytes: &[u8]) -> Self {
        Self::from_be_bytes(bytes.try_into().expect("16 bytes"))
    }
}

/// Where the list of a computation lies.
pub(crate) fn path(folder: &Path, segment: SegmentId, at: Timestamp) -> PathBuf {
    folder.join(format!("{segment}-{}.{ENDING}", at.as_microsecond()))
}

/// Where it is written when the members of that computation came and went.
pub(crate) fn stays_path(folder: &Path, segment: SegmentId, at: Timestamp) -> PathBuf {
    path(folder, segment, at).with_extension("stays")
}

/// What a new list is beside the one before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    /// Hashes in the new list.
    pub(crate) members: u64,
    /// How many came and how many went; none where the list before is not there, or cannot be read.
    pub(crate) turnover: Option<(u64, u64)>,
}

/// Writes the hashes that come, which are in order, and compares them with those of `before`. Blocks the thread.
pub(crate) fn replace(
    file: &Path,
    before: Option<&Path>,
    mut hashes: Receiver<Vec<u128>>,
    key: &Arc<DataKey>,
    entropy: &Entropy,
) -> io::Result<Compared> {
    let mut list = Writer::create(file, key, entropy)?;
    let mut before: Option<Reader<u128>> = before.and_then(|before| Reader::open(before, key).ok());
    let (mut members, mut entered, mut left) = (0, 0, 0);
    while let Some(next) = hashes.blocking_recv() {
        for hash in next {
            members += 1;
            list.push(&hash)?;
            if let Some(before) = &mut before {
                while before.below(hash).is_some() {
                    left += 1;
                }
                entered += u64::from(before.at(hash).is_none());
            }
        }
    }
    let turnover = before.and_then(|mut before| {
        while before.next().is_some() {
            left += 1;
        }
        before.whole().then_some((entered, left))
    });
    list.finish()?;
    Ok(Compared { members, turnover })
}

/// Removes the files of a segment but those of `kept`, and what was left half written.
pub(crate) fn sweep(folder: &Path, segment: SegmentId, kept: &[PathBuf]) -> io::Result<()> {
    let start = format!("{segment}-");
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&start) && !kept.contains(&entry.path()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The segments that have lists in a folder.
pub(crate) fn segments(folder: &Path) -> io::Result<Vec<(SegmentId, PathBuf)>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(id) = name.rsplit_once('-').and_then(|(id, _)| id.parse().ok()) {
            found.push((id, entry.path()));
        }
    }
    Ok(found)
}

/// The blocks of a list. The last one is an error where the list is damaged or cut.
pub(crate) fn blocks(file: &Path, key: &Arc<DataKey>) -> io::Result<impl Iterator<Item = io::Result<Vec<u128>>> + Send + use<>> {
    let mut reader: Reader<u128> = Reader::open(file, key)?;
    let mut ended = false;
    Ok(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let block = reader.block();
        if !block.is_empty() {
            return Some(Ok(block));
        }
        ended = true;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the list of members is damaged");
        (!reader.whole()).then(|| Err(damaged()))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MEMBER_BLOCK_HASHES;

    fn write(file: &Path, before: Option<&Path>, hashes: &[u128], key: &Arc<DataKey>) -> Compared {
        let (give, take) = tokio::sync::mpsc::channel(hashes.len().div_ceil(1_000).max(1));
        for part in hashes.chunks(1_000) {
            give.try_send(part.to_vec()).unwrap();
        }
        drop(give);
        replace(file, before, take, key, &Entropy::seeded(1)).unwrap()
    }

    #[test]
    fn who_came_and_who_went_is_counted_over_blocks() {
        let (dir, key) = (tempfile::tempdir().unwrap(), Arc::new(Entropy::seeded(2).with(DataKey::generate)));
        let [first, second, third] = ["a-1.members", "a-2.members", "a-3.members"].map(|name| dir.path().join(name));
        let even: Vec<u128> = (0..10_000).map(|n| n * 2).collect();
        assert_eq!(write(&first, None, &even, &key), Compared { members: 10_000, turnover: None });
        let threes: Vec<u128> = (0..10_000).map(|n| n * 3).collect();
        // Multiples of six below 20,000 stay; of the even ones 6,666 go, of the others 6,666 come.
        let stayed = (0..20_000_u64).step_by(6).count() as u64;
        let compared = write(&second, Some(&first), &threes, &key);
        assert_eq!(compared, Compared { members: 10_000, turnover: Some((10_000 - stayed, 10_000 - stayed)) });
        assert_eq!(write(&third, Some(&second), &[], &key), Compared { members: 0, turnover: Some((0, 10_000)) });
        assert_eq!(write(&first, Some(&third), &[4], &key), Compared { members: 1, turnover: Some((1, 0)) });
    }

    #[test]
    fn a_list_that_is_missing_cut_moved_or_of_another_key_gives_no_turnover() {
        let (dir, key) = (tempfile::tempdir().unwrap(), Arc::new(Entropy::seeded(2).with(DataKey::generate)));
        let list = |name: &str| dir.path().join(name);
        let hashes: Vec<u128> = (0..5_000).collect();
        write(&list("a-1.members"), None, &hashes, &key);
        let bytes = std::fs::read(list("a-1.members")).unwrap();
        assert!(!bytes.windows(16).any(|window| window == 4_999_u128.to_be_bytes()), "sealed");
        std::fs::write(list("a-2.members"), &bytes).unwrap();
        std::fs::write(list("a-1.cut"), &bytes[..bytes.len() - 32]).unwrap();
        let other = Arc::new(Entropy::seeded(3).with(DataKey::generate));
        assert_eq!(write(&list("x"), Some(&list("a-1.members")), &hashes, &key).turnover, Some((0, 0)));
        assert_eq!(write(&list("x"), Some(&list("gone")), &hashes, &key).turnover, None);
        assert_eq!(write(&list("x"), Some(&list("a-2.members")), &hashes, &key).turnover, None);
        assert_eq!(write(&list("x"), Some(&list("a-1.members")), &hashes, &other).turnover, None);
        std::fs::rename(list("a-1.cut"), list("a-1.members")).unwrap();
        assert_eq!(write(&list("x"), Some(&list("a-1.members")), &hashes, &key).turnover, None);
    }

    #[test]
    fn a_list_is_read_block_by_block_and_a_damaged_one_to_its_damage() {
        let (dir, key) = (tempfile::tempdir().unwrap(), Arc::new(Entropy::seeded(2).with(DataKey::generate)));
        let file = dir.path().join("a-1.members");
        let hashes: Vec<u128> = (0..3 * MEMBER_BLOCK_HASHES as u128 + 7).collect();
        write(&file, None, &hashes, &key);
        let read: Vec<Vec<u128>> = blocks(&file, &key).unwrap().collect::<io::Result<_>>().unwrap();
        assert_eq!((read.len(), read.concat()), (4, hashes));
        write(&file, None, &[], &key);
        assert_eq!(blocks(&file, &key).unwrap().count(), 0);
        write(&file, None, &[1, 2, 3], &key);
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        let read: Vec<io::Result<Vec<u128>>> = blocks(&file, &key).unwrap().collect();
        assert!(matches!(&read[..], [Ok(block), Err(_)] if *block == [1, 2, 3]), "{read:?}");
    }
}
