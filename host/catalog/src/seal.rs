//! Sealing: authenticated encryption of everything that rests on disk or in the database and holds row values or secrets.
//!
//! One [`MasterKey`] (from a file or the environment) wraps one [`DataKey`] per workspace; the data key seals credentials, ledger
//! files, change sets, journals and recordings. AES-256-GCM from RustCrypto, a random 96-bit nonce per sealing, the purpose bound in
//! as associated data so that a sealed value cannot be moved to another place. This module only transforms bytes; where keys and
//! sealed bytes are kept is the store's matter. Losing the master key loses every sealed byte.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, AeadInOut, Payload},
};
use rand::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::limits::{KEY_BYTES, NONCE_BYTES, SEAL_OVERHEAD_BYTES};

/// Why sealed bytes could not be opened. One cause by design: wrong key, wrong purpose and damage are not told apart by the cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed bytes do not open with this key and purpose")]
pub struct SealBroken;

/// A value that can be written into a request or sealed, and that is all: no `Debug`, `Display`, `Serialize` or `Clone`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Takes the bytes over.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for the one place that writes them into a request. Named so that a reader of a change stops here.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Key([u8; KEY_BYTES]);

impl Key {
    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new_from_slice(&self.0).expect("the key has 32 bytes")
    }

    fn seal(&self, purpose: &str, plain: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Vec<u8> {
        let mut out = Vec::with_capacity(plain.len() + SEAL_OVERHEAD_BYTES);
        let mut nonce = [0u8; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        out.extend_from_slice(&nonce);
        let sealed = self
            .cipher()
            .encrypt((&nonce).into(), Payload { msg: plain, aad: purpose.as_bytes() })
            .expect("AES-GCM seals up to 64 GiB");
        out.extend_from_slice(&sealed);
        out
    }

    fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SealBroken> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealBroken)?;
        self.cipher().decrypt(nonce.into(), Payload { msg: body, aad: purpose.as_bytes() }).map_err(|_| SealBroken)
    }
}

/// The key of a workspace. Cheap to clone is not a goal: share it in an `Arc`.
pub struct DataKey(Key, Aes256Gcm);

/// The key of an installation: wraps data keys, seals nothing else.
pub struct MasterKey(Key);

impl DataKey {
    /// A new key.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = [0u8; KEY_BYTES];
        rng.fill_bytes(&mut bytes);
        Self::from_bytes(bytes)
    }

    fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        let key = Key(bytes);
        let cipher = key.cipher();
        Self(key, cipher)
    }

    /// Nonce, then ciphertext and tag: [`SEAL_OVERHEAD_BYTES`] more than `plain`.
    pub fn seal(&self, purpose: &str, plain: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Vec<u8> {
        self.0.seal(purpose, plain, rng)
    }

    /// What [`DataKey::seal`] was given, when key and purpose are the same and no bit has changed.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SealBroken> {
        self.0.open(purpose, sealed)
    }

    /// Seals a block in place for files written in one pass: `nonce` must never repeat under this key (callers use a random file
    /// prefix and a block counter). The tag of 16 bytes is appended.
    pub fn seal_block(&self, nonce: &[u8; NONCE_BYTES], purpose: &[u8], block: &mut Vec<u8>) {
        self.1.encrypt_in_place(nonce.into(), purpose, block).expect("AES-GCM seals up to 64 GiB");
    }

    /// Opens what [`DataKey::seal_block`] sealed; the tag is taken off.
    pub fn open_block(&self, nonce: &[u8; NONCE_BYTES], purpose: &[u8], block: &mut Vec<u8>) -> Result<(), SealBroken> {
        self.1.decrypt_in_place(nonce.into(), purpose, block).map_err(|_| SealBroken)
    }

    /// Eight bytes that tell this key from another one without saying anything about it, so that a file sealed with another key is
    /// not taken for a damaged one.
    pub fn id(&self) -> [u8; 8] {
        use sha2::{Digest, Sha256};
        let mut hasher = Sha256::new();
        hasher.update(b"sluice data key id v1");
        hasher.update(self.0.0);
        hasher.finalize()[..8].try_into().expect("a digest has 32 bytes")
    }

    /// A 64-bit seed for keyed hashes of this workspace, so that fingerprints of one workspace mean nothing in another.
    pub fn fingerprint_seed(&self) -> u64 {
        use sha2::{Digest, Sha256};
        let mut hasher = Sha256::new();
        hasher.update(b"sluice fingerprint seed v1");
        hasher.update(self.0.0);
        u64::from_le_bytes(hasher.finalize()[..8].try_into().expect("a digest has 32 bytes"))
    }

    /// 64 hexadecimal digits that tell `bytes` from others of the same purpose; without this key nobody can try what they are of.
    pub fn keyed_hash(&self, purpose: &str, bytes: &[u8]) -> String {
        use hmac::{Hmac, Mac};
        use sha2::{Digest, Sha256};
        let mut hasher = Sha256::new();
        hasher.update(b"sluice keyed hash v1");
        hasher.update(self.0.0);
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&hasher.finalize()).expect("HMAC takes keys of any length");
        // No purpose has a zero byte, so no two inputs look the same.
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(bytes);
        hex::encode(mac.finalize().into_bytes())
    }
}

impl MasterKey {
    /// From exactly 32 bytes.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Key(bytes))
    }

    /// A new key.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = [0u8; KEY_BYTES];
        rng.fill_bytes(&mut bytes);
        Self::from_bytes(bytes)
    }

    /// The bytes, to be written to the key file once.
    pub fn reveal(&self) -> &[u8; KEY_BYTES] {
        &self.0.0
    }

    /// The data key of a workspace, wrapped for storage; `workspace` is bound in.
    pub fn wrap(&self, workspace: &str, key: &DataKey, rng: &mut (impl CryptoRng + ?Sized)) -> Vec<u8> {
        self.0.seal(&format!("data-key/{workspace}"), &key.0.0, rng)
    }

    /// What [`MasterKey::wrap`] wrapped.
    pub fn unwrap(&self, workspace: &str, wrapped: &[u8]) -> Result<DataKey, SealBroken> {
        let mut bytes = self.0.open(&format!("data-key/{workspace}"), wrapped)?;
        let key = bytes.as_slice().try_into().map(DataKey::from_bytes).map_err(|_| SealBroken);
        bytes.zeroize();
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn sealed_bytes_open_only_with_the_same_key_and_purpose_and_unchanged() {
        let mut rng = StdRng::seed_from_u64(1);
        let (key, other) = (DataKey::generate(&mut rng), DataKey::generate(&mut rng));
        let sealed = key.seal("credential/dst_1/api_key", b"hush", &mut rng);
        assert_eq!(sealed.len(), 4 + SEAL_OVERHEAD_BYTES);
        assert_eq!(key.open("credential/dst_1/api_key", &sealed).as_deref(), Ok(&b"hush"[..]));
        assert_eq!(key.open("credential/dst_2/api_key", &sealed), Err(SealBroken));
        assert_eq!(other.open("credential/dst_1/api_key", &sealed), Err(SealBroken));
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert_eq!(key.open("credential/dst_1/api_key", &bad), Err(SealBroken), "bit of byte {at}");
        }
    }

    #[test]
    fn a_keyed_hash_is_of_its_key_its_purpose_and_its_bytes() {
        let mut rng = StdRng::seed_from_u64(3);
        let (key, other) = (DataKey::generate(&mut rng), DataKey::generate(&mut rng));
        let hash = key.keyed_hash("body", b"hush");
        assert_eq!((hash.len(), &hash), (64, &key.keyed_hash("body", b"hush")));
        for another in [other.keyed_hash("body", b"hush"), key.keyed_hash("bod", b"yhush"), key.keyed_hash("body", b"hush!")] {
            assert_ne!(hash, another);
        }
    }

    #[test]
    fn a_wrapped_data_key_unwraps_for_its_own_workspace_only() {
        let mut rng = StdRng::seed_from_u64(2);
        let master = MasterKey::generate(&mut rng);
        let key = DataKey::generate(&mut rng);
        let wrapped = master.wrap("ws_1", &key, &mut rng);
        let again = master.unwrap("ws_1", &wrapped).expect("the same workspace");
        assert_eq!(again.open("x", &key.seal("x", b"y", &mut rng)).as_deref(), Ok(&b"y"[..]));
        assert!(master.unwrap("ws_2", &wrapped).is_err());
    }
}
