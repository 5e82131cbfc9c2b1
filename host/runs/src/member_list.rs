//! A list of members on disk: hashes of 128 bits in order, in sealed blocks, bound to the file's name. Written whole and then moved into
//! place, so a list is there or it is not. Statistics compare one with the next; a remote segment is evaluated by its own.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use sluice_catalog::{ids::SegmentId, limits::SEAL_OVERHEAD_BYTES, seal::DataKey};
use sluice_store::Entropy;
use tokio::sync::mpsc::Receiver;

use crate::limits::MEMBER_BLOCK_HASHES;

const HASH_BYTES: usize = 16;
const ENDING: &str = "members";

/// Where the list of a computation lies.
pub(crate) fn path(folder: &Path, segment: SegmentId, at: Timestamp) -> PathBuf {
    folder.join(format!("{segment}-{}.{ENDING}", at.as_microsecond()))
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
    let part = file.with_extension("part");
    let mut list = Writer::create(&part, purpose(file), key, entropy)?;
    let mut before = before.and_then(|before| Reader::open(before, key).ok());
    let (mut members, mut entered, mut left) = (0, 0, 0);
    while let Some(next) = hashes.blocking_recv() {
        for hash in next {
            members += 1;
            list.push(hash)?;
            left += before.as_mut().map_or(0, |before| before.below(hash));
            entered += u64::from(!before.as_mut().is_some_and(|before| before.take(hash)));
        }
    }
    let turnover = before.and_then(|mut before| {
        left += before.rest();
        before.whole().then_some((entered, left))
    });
    list.finish()?;
    std::fs::rename(part, file)?;
    Ok(Compared { members, turnover })
}

/// Removes the lists of a segment but those of `kept`, and what was left half written.
pub(crate) fn sweep(folder: &Path, segment: SegmentId, kept: &[Timestamp]) -> io::Result<()> {
    let start = format!("{segment}-");
    let kept: Vec<PathBuf> = kept.iter().map(|at| path(folder, segment, *at)).collect();
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
    let mut reader = Reader::open(file, key)?;
    let mut ended = false;
    Ok(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let block: Vec<u128> = reader.next.take().into_iter().chain(reader.block.by_ref()).collect();
        reader.advance();
        if !block.is_empty() {
            return Some(Ok(block));
        }
        ended = true;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the list of members is damaged");
        (!reader.whole()).then(|| Err(damaged()))
    }))
}

fn purpose(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

struct Writer<'a> {
    file: BufWriter<File>,
    purpose: String,
    key: &'a DataKey,
    entropy: &'a Entropy,
    block: Vec<u8>,
    number: u64,
}

impl<'a> Writer<'a> {
    fn create(path: &Path, purpose: String, key: &'a DataKey, entropy: &'a Entropy) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt;
        let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        Ok(Self { file: BufWriter::new(file), purpose, key, entropy, block: Vec::new(), number: 0 })
    }

    fn push(&mut self, hash: u128) -> io::Result<()> {
        self.block.extend(hash.to_be_bytes());
        if self.block.len() == MEMBER_BLOCK_HASHES * HASH_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let purpose = format!("{} {}", self.purpose, self.number);
        let sealed = self.entropy.with(|rng| self.key.seal(&purpose, &self.block, rng));
        let length = u32::try_from(sealed.len()).expect("a block is some kilobytes");
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(&sealed)?;
        self.block.clear();
        self.number += 1;
        Ok(())
    }

    /// An empty block says that nothing is missing.
    fn finish(mut self) -> io::Result<()> {
        if !self.block.is_empty() {
            self.flush()?;
        }
        self.flush()?;
        self.file.into_inner()?.sync_all()
    }
}

/// Reads a list from its start; not at once, but block by block.
struct Reader {
    file: BufReader<File>,
    purpose: String,
    key: Arc<DataKey>,
    number: u64,
    block: std::vec::IntoIter<u128>,
    next: Option<u128>,
    ended: Option<bool>,
}

impl Reader {
    fn open(path: &Path, key: &Arc<DataKey>) -> io::Result<Self> {
        let file = BufReader::new(File::open(path)?);
        let block = Vec::new().into_iter();
        let mut reader = Self { file, purpose: purpose(path), key: Arc::clone(key), number: 0, block, next: None, ended: None };
        reader.advance();
        Ok(reader)
    }

    /// Whether the list was read to its end, and nothing of it was missing.
    fn whole(&self) -> bool {
        self.ended == Some(true)
    }

    /// Passes over what is smaller, and says how much that was.
    fn below(&mut self, hash: u128) -> u64 {
        let mut passed = 0;
        while self.next.is_some_and(|next| next < hash) {
            passed += 1;
            self.advance();
        }
        passed
    }

    /// Whether the next one is this; then it is passed over.
    fn take(&mut self, hash: u128) -> bool {
        let same = self.next == Some(hash);
        if same {
            self.advance();
        }
        same
    }

    fn rest(&mut self) -> u64 {
        let mut passed = 0;
        while self.next.is_some() {
            passed += 1;
            self.advance();
        }
        passed
    }

    fn advance(&mut self) {
        self.next = self.block.next();
        if self.next.is_none() && self.ended.is_none() {
            match self.read() {
                Some(block) if block.is_empty() => self.ended = Some(true),
                Some(block) => {
                    self.block = block.into_iter();
                    self.next = self.block.next();
                }
                None => self.ended = Some(false),
            }
        }
    }

    fn read(&mut self) -> Option<Vec<u128>> {
        let mut length = [0; 4];
        self.file.read_exact(&mut length).ok()?;
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        if length > MEMBER_BLOCK_HASHES * HASH_BYTES + SEAL_OVERHEAD_BYTES {
            return None;
        }
        let mut sealed = vec![0; length];
        self.file.read_exact(&mut sealed).ok()?;
        let plain = self.key.open(&format!("{} {}", self.purpose, self.number), &sealed).ok()?;
        self.number += 1;
        let hashes = plain.chunks_exact(HASH_BYTES).map(|bytes| u128::from_be_bytes(bytes.try_into().expect("16 bytes")));
        Some(hashes.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
