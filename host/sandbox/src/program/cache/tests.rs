use std::os::unix::fs::PermissionsExt;

use rand::{SeedableRng, rngs::StdRng};

use super::*;

fn engine() -> wasmtime::Engine {
    wasmtime::Engine::default()
}

fn component(engine: &wasmtime::Engine) -> (Digest, Component) {
    let bytes = wat::parse_str("(component)").expect("an empty component");
    (Digest::of(&bytes), Component::new(engine, &bytes).expect("an empty component compiles"))
}

fn cached(dir: &Path) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(dir).expect("there").map(|entry| entry.expect("there").path()).collect();
    files.retain(|path| path.extension().is_some_and(|suffix| suffix == SUFFIX));
    files.pop().expect("one cached file")
}

/// SP9: the compiled cache on disk is replaced.
#[test]
fn a_cache_file_is_loaded_only_unchanged_under_its_own_key_and_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let engine = engine();
    let (digest, component) = component(&engine);
    let cache = CodeCache::open(dir.path(), &mut StdRng::seed_from_u64(1)).expect("a new cache");
    assert!(cache.load(&engine, &digest).is_none(), "empty");
    cache.keep(&engine, &digest, &component).expect("room");
    assert!(cache.load(&engine, &digest).is_some());

    let path = cached(dir.path());
    let whole = fs::read(&path).expect("there");
    for at in [0, TAG_BYTES - 1, TAG_BYTES, whole.len() / 2, whole.len() - 1] {
        let mut bad = whole.clone();
        bad[at] ^= 1;
        fs::write(&path, bad).expect("written");
        assert!(cache.load(&engine, &digest).is_none(), "bit of byte {at}");
        assert!(!path.exists(), "a refused file is removed");
    }
    for (what, bad) in [("cut", &whole[..whole.len() - 1]), ("tag only", &whole[..TAG_BYTES]), ("shorter than a tag", &whole[..5])]
    {
        fs::write(&path, bad).expect("written");
        assert!(cache.load(&engine, &digest).is_none(), "{what}");
    }

    // Another component's good file under this name, and a good file under another key.
    let other = Digest::of(b"another component");
    cache.keep(&engine, &other, &component).expect("room");
    fs::rename(cached(dir.path()), &path).expect("moved");
    assert!(cache.load(&engine, &digest).is_none(), "a file of another component");
    fs::write(&path, &whole).expect("written");
    fs::remove_file(dir.path().join(KEY_FILE)).expect("there");
    let stranger = CodeCache::open(dir.path(), &mut StdRng::seed_from_u64(2)).expect("a new key");
    assert!(stranger.load(&engine, &digest).is_none(), "a file under another key");
}

#[test]
fn a_cache_that_others_can_read_the_key_of_is_refused_and_the_key_survives_a_restart() {
    let dir = tempfile::tempdir().expect("a folder");
    let first = CodeCache::open(dir.path(), &mut StdRng::seed_from_u64(1)).expect("a new cache");
    let key = dir.path().join(KEY_FILE);
    assert_eq!(fs::metadata(&key).expect("there").mode() & 0o777, 0o600);
    let again = CodeCache::open(dir.path(), &mut StdRng::seed_from_u64(2)).expect("the same cache");
    assert_eq!(first.key, again.key);

    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).expect("ours");
    assert!(matches!(CodeCache::open(dir.path(), &mut StdRng::seed_from_u64(3)), Err(CacheError::KeyExposed { mode: 0o640 })));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("ours");
    for damaged in [31, 33] {
        fs::write(&key, vec![0; damaged]).expect("ours");
        assert!(
            matches!(CodeCache::open(dir.path(), &mut StdRng::seed_from_u64(3)), Err(CacheError::KeyDamaged)),
            "{damaged} bytes"
        );
    }
}

#[test]
fn the_oldest_files_go_when_there_are_too_many() {
    let dir = tempfile::tempdir().expect("a folder");
    let engine = engine();
    let (_, component) = component(&engine);
    let cache = CodeCache::open(dir.path(), &mut StdRng::seed_from_u64(1)).expect("a new cache");
    for number in 0..CACHE_FILES_MAX {
        fs::write(dir.path().join(format!("{number}.{SUFFIX}")), []).expect("written");
    }
    let digest = Digest::of(b"the newest");
    cache.keep(&engine, &digest, &component).expect("room");
    let left = fs::read_dir(dir.path()).expect("there").count();
    assert_eq!(left, CACHE_FILES_MAX + 1, "the files and the key");
    assert!(cache.load(&engine, &digest).is_some());
}
