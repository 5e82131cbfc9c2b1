//! The four ways in which a database connection is encrypted, and who the client is. All ways but the first need an admin's word in the
//! grant.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WantsClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use sluice_catalog::{Code, seal::Secret, source::Tls};

use super::SqlError;
use crate::tls::{OperatorCa, verified, verifier};

/// The configuration of a mode, with the client's certificate and key where there are; none for a connection in the clear.
pub(super) fn config(mode: Tls, ca: Option<&str>, client: Option<(&Secret, &Secret)>) -> Result<Option<ClientConfig>, SqlError> {
    let failed = |cause: &str| SqlError::new(Code::SourceTlsFailed, cause);
    let ca = match ca {
        Some(pem) => OperatorCa::from_pem(pem.as_bytes()).map_err(|e| failed(&format!("the authority in the grant is {e}")))?,
        None => OperatorCa::default(),
    };
    let provider = Arc::new(ring::default_provider());
    let builder = match mode {
        Tls::Disable => return Ok(None),
        Tls::VerifyFull => verified(&ca),
        Tls::VerifyCa => {
            let inner = verifier(&ca, Arc::clone(&provider));
            let inner = inner.ok_or_else(|| failed("neither the machine nor the grant has a list of authorities"))?;
            weaker(provider, Arc::new(AnyName(inner)))
        }
        Tls::Require => weaker(Arc::clone(&provider), Arc::new(Anybody(provider))),
    };
    match client {
        None => Ok(Some(builder.with_no_client_auth())),
        Some((certificate, key)) => with_client(builder, certificate, key).map(Some),
    }
}

fn weaker(provider: Arc<CryptoProvider>, verifier: Arc<dyn ServerCertVerifier>) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
}

/// No part of either text is told: a key may stand where the certificate belongs.
fn with_client(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    certificate: &Secret,
    key: &Secret,
) -> Result<ClientConfig, SqlError> {
    let failed = |cause: &str| SqlError::new(Code::SourceClientCertificate, cause);
    let chain = CertificateDer::pem_slice_iter(certificate.reveal()).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| failed("the client certificate is not PEM text with at least one certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(key.reveal());
    let key = key.map_err(|_| failed("the client certificate's key is not a private key as PEM text, or it is encrypted"))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| match error {
        Error::InconsistentKeys(_) => failed("the private key is not the one of the client certificate"),
        _ => failed("the client certificate or its key is of a kind that TLS does not take"),
    })
}

/// Verifies the chain first, as the inner one does, and lets another name pass.
#[derive(Debug)]
struct AnyName(Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
            Err(Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Takes any certificate, but only from somebody who holds its key: whoever listens on the way learns nothing.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
