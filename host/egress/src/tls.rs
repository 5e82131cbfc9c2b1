//! TLS as the gate speaks it: 1.2 or newer, the machine's trust store, and the operator's own authority where he gives one. For HTTP
//! there is no switch that turns verification off; a database connection has modes of its own (`sql/tls.rs`).

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, ConfigBuilder,
    client::{WantsClientCert, danger::ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

/// Certificates of an authority that an operator trusts beside the machine's, for one destination.
#[derive(Debug, Clone, Default)]
pub struct OperatorCa(Vec<CertificateDer<'static>>);

/// The text is not PEM with at least one certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a PEM file with at least one certificate")]
pub struct OperatorCaError;

impl OperatorCa {
    /// Reads PEM text with one or more certificates.
    pub fn from_pem(text: &[u8]) -> Result<Self, OperatorCaError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(text).collect::<Result<_, _>>().map_err(|_| OperatorCaError)?;
        if certificates.is_empty() { Err(OperatorCaError) } else { Ok(Self(certificates)) }
    }
}

/// A machine without a trust store gets an empty one: every handshake then fails with "unknown issuer", and plain stand-ins work.
pub(crate) fn client_config(ca: &OperatorCa) -> ClientConfig {
    let mut config = verified(ca).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// The same before it is said who the client is, and without a protocol: for what is not HTTP.
pub(crate) fn verified(ca: &OperatorCa) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3");
    match verifier(ca, provider) {
        Some(verifier) => builder.dangerous().with_custom_certificate_verifier(verifier),
        None => builder.with_root_certificates(rustls::RootCertStore::empty()),
    }
}

/// Reading the machine's store takes milliseconds, so it is read once.
pub(crate) fn verifier(ca: &OperatorCa, provider: Arc<CryptoProvider>) -> Option<Arc<dyn ServerCertVerifier>> {
    static MACHINE: OnceLock<Option<Arc<Verifier>>> = OnceLock::new();
    if !ca.0.is_empty() {
        return Verifier::new_with_extra_roots(ca.0.iter().cloned(), provider).ok().map(|v| Arc::new(v) as _);
    }
    let machine = MACHINE.get_or_init(|| match Verifier::new(provider) {
        Ok(verifier) => Some(Arc::new(verifier)),
        Err(error) => {
            tracing::warn!(%error, "the machine has no list of certificate authorities; no platform can be reached over TLS");
            None
        }
    });
    machine.clone().map(|v| v as _)
}
