//! Whether a relay's certificate is trusted.
//!
//! As everywhere in TLS: a chain to the system's authorities, or to one that the settings name. And beside it the very
//! certificate that the settings name: `openssl req -x509` makes certificates that may sign others (CA:TRUE), and no chain
//! ends with such a one (RFC 5280, 4.2.1.9), although its owner has said which it is. It is then trusted for the hosts that
//! it names, as long as it is valid, and only from whoever has its key.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::{judge::Happening, relay::Relay};

/// What TLS to this relay needs.
pub(super) async fn tls_config(relay: &Relay) -> Result<Arc<ClientConfig>, Happening> {
    client_config(relay.extra_roots.clone()).await.map_err(Happening::Refused)
}

/// What TLS to a mail server needs, also to one that is no relay: the system's certificates are trusted, and those that are named. Reading
/// the system's takes a while. The error is a sentence for whoever runs the service.
pub async fn client_config(named: Vec<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, String> {
    let more = named.clone();
    let roots = tokio::task::spawn_blocking(move || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(more);
        roots
    });
    let roots = roots.await.map_err(|error| format!("certificates could not be read: {error}"))?;
    if roots.is_empty() {
        let why =
            "this system has no trusted certificates: install the package ca-certificates, or give a file of your own";
        return Err(why.to_owned());
    }
    // Named, because two providers are linked into the program and rustls then knows no default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| error.to_string())?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(ChainOrNamed { chains, named }))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What a person reads who meets a certificate that is not trusted, and what to do.
pub(super) fn advice(why: &CertificateError, host: &str) -> String {
    let what_to_do = match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has to be renewed on the mail server".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "look at this machine's clock and at the certificate's dates".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => format!(
            "the mail server's certificate has to name {host} as its subjectAltName (openssl req -x509 ... -addext \
             subjectAltName=DNS:{host}), or SMTP_URL has to use a name that it has"
        ),
        why if is_authority(why) => {
            "it has signed itself; if it is your mail server's own, name exactly this certificate in SMTP_CA_FILE"
                .to_owned()
        }
        _ => "if it is your own, name its authority's certificate, or this certificate itself, in SMTP_CA_FILE"
            .to_owned(),
    };
    format!("the relay's certificate is not trusted ({why}): {what_to_do}")
}

/// Whether a certificate that may sign others was shown as the relay's own.
fn is_authority(why: &CertificateError) -> bool {
    let CertificateError::Other(other) = why else { return false };
    matches!(other.0.downcast_ref::<webpki::Error>(), Some(webpki::Error::CaUsedAsEndEntity))
}

#[derive(Debug)]
struct ChainOrNamed {
    chains: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for ChainOrNamed {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // That it may sign others is found after its dates, and before its issuer and its names are looked at.
            Err(Error::InvalidCertificate(why))
                if is_authority(&why) && self.named.iter().any(|one| one == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}
