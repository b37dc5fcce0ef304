//! Asking other servers for something small over https: the certificates that Amazon signs with, and the addresses at which a subscription
//! is confirmed. Whoever asks has chosen the address; here it is only fetched.

use anyhow::{Context as _, ensure};
use api::{Fetch, Unfetched};
use axum::body::{Body, to_bytes};
use axum::http::uri::PathAndQuery;
use axum::http::{Request, StatusCode, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// The port of https.
const HTTPS: u16 = 443;

/// The way to other servers, whose certificates the system's authorities vouch for.
#[must_use]
pub fn over_https() -> Fetch {
    // The system's certificates are read when somebody needs them, and once.
    let trust = Arc::new(OnceCell::new());
    Fetch::new(move |address| {
        let trust = Arc::clone(&trust);
        async move {
            let fetched = async { fetch(trust.get_or_try_init(system).await?, &address).await };
            fetched.await.map_err(|error| Unfetched(format!("{error:#}")))
        }
    })
}

/// Trusts whom the system trusts.
async fn system() -> anyhow::Result<TlsConnector> {
    let roots = tokio::task::spawn_blocking(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    });
    let roots = roots.await.context("the system's certificates could not be read")?;
    ensure!(!roots.is_empty(), "this system has no trusted certificates: install the package ca-certificates");
    trusting(roots)
}

fn trusting(roots: RootCertStore) -> anyhow::Result<TlsConnector> {
    // Named, because two providers are linked into the program and rustls then knows no default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

async fn fetch(trust: &TlsConnector, address: &str) -> anyhow::Result<Vec<u8>> {
    let address: Uri = address.parse().context("the address is none")?;
    ensure!(address.scheme_str() == Some("https"), "the address is not one of https");
    let host = address.host().context("the address names no host")?;
    let name = ServerName::try_from(host.to_owned()).context("the host cannot be in a certificate")?;
    let stream =
        TcpStream::connect((host, address.port_u16().unwrap_or(HTTPS))).await.context("there is no way there")?;
    let stream = trust.connect(name, stream).await.context("it is not who it should be")?;

    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with whoever waits for the answer.
    let mut driving = JoinSet::new();
    driving.spawn(connection);
    let path = address.path_and_query().map_or("/", PathAndQuery::as_str);
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("SkyMailing/", env!("CARGO_PKG_VERSION")))
        .body(Body::empty())?;
    let answer = sender.send_request(request).await.context("it does not answer")?;
    ensure!(answer.status() == StatusCode::OK, "it answers {}", answer.status());
    let bytes = to_bytes(Body::new(answer.into_body()), Fetch::MOST).await.context("its answer does not come")?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use std::fmt::Write as _;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    /// A server that answers this to whatever it is asked, and who trusts it.
    async fn serving(answer: String) -> (TlsConnector, u16) {
        let pair = KeyPair::generate().expect("a key");
        let names = CertificateParams::new(["localhost".to_owned()]).expect("names");
        let certificate = names.self_signed(&pair).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key))
            .expect("a TLS configuration");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let port = listener.local_addr().expect("it has an address").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever does not trust it hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut asked = [0; 4_096];
                let length = stream.read(&mut asked).await.unwrap_or(0);
                assert!(asked[..length].starts_with(b"GET /a?b=c HTTP/1.1\r\n"), "{asked:?}");
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).expect("a certificate");
        (trusting(roots).expect("a TLS configuration"), port)
    }

    fn answer(status: &str, headers: &str, body: &str) -> String {
        let mut answer = String::new();
        write!(answer, "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
            .expect("it is written");
        answer
    }

    async fn fetched(answer: String) -> Result<Vec<u8>, String> {
        let (trust, port) = serving(answer).await;
        fetch(&trust, &format!("https://localhost:{port}/a?b=c")).await.map_err(|error| format!("{error:#}"))
    }

    #[tokio::test]
    async fn what_is_at_an_address_is_fetched_if_it_is_there_itself_and_small() {
        assert_eq!(fetched(answer("200 OK", "", "here")).await, Ok(b"here".to_vec()));
        let elsewhere = fetched(answer("302 Found", "location: https://localhost/b\r\n", "")).await;
        assert_eq!(elsewhere, Err("it answers 302 Found".to_owned()));
        let absent = fetched(answer("404 Not Found", "", "no")).await;
        assert_eq!(absent, Err("it answers 404 Not Found".to_owned()));
        let long = fetched(answer("200 OK", "", &"a".repeat(Fetch::MOST + 1))).await;
        assert!(long.is_err_and(|error| error.starts_with("its answer does not come")));
        let cut_off = fetched("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhe".to_owned()).await;
        assert!(cut_off.is_err_and(|error| error.starts_with("its answer does not come")));
    }

    #[tokio::test]
    async fn nobody_is_believed_who_cannot_show_who_they_are() {
        let (_, port) = serving(answer("200 OK", "", "here")).await;
        let (stranger, _) = serving(String::new()).await;
        let address = format!("https://localhost:{port}/a?b=c");
        let refused = fetch(&stranger, &address).await.expect_err("it is not trusted");
        assert!(refused.to_string().starts_with("it is not who it should be"), "{refused:#}");
        for wrong in ["http://localhost/a", "localhost", "https:///a", ""] {
            assert!(fetch(&stranger, wrong).await.is_err(), "{wrong}");
        }
    }
}
