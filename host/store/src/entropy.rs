//! Randomness as a value: ids, keys and nonces draw from one [`Entropy`], seeded once from the operating system, or by a test.

use std::sync::{Mutex, PoisonError};

use rand::{RngCore, SeedableRng, rngs::StdRng};

/// A shared source of randomness (ChaCha12). Drawing is a short critical section without waits.
pub struct Entropy(Mutex<StdRng>);

impl Entropy {
    /// Seeded by the operating system. The one place in Sluice that asks it.
    pub fn system() -> Self {
        Self(Mutex::new(StdRng::from_os_rng()))
    }

    /// Seeded by a test or a simulation, so that it repeats.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// Lends the generator, for one call of a function that takes one.
    pub fn with<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// 128 random bits, for ids.
    pub fn bits(&self) -> u128 {
        self.with(|rng| (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64()))
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}
