//! Tokens against a platform on loopback that shows every byte.

mod asked;
mod consent;
mod held;
mod platform;
mod refused;
