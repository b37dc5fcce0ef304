//! One connection, and how long it is waited for.
//!
//! hyper speaks the protocol. What it does not do is told apart here, by what goes over the socket and when requests
//! begin and end: waiting for a request, taking in its head, answering it, and not getting rid of the answer.

use super::Limits;
use super::activity::Activity;
use super::body::{Answer, Question};
use super::seats::Seat;
use api::Stopping;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower_service::Service;

/// How much of a request's head is kept, and of an answer that waits to be written, in bytes.
const BUFFER: usize = 128 * 1024;

/// A connection that was accepted.
pub(super) struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    seat: Seat,
    router: Router,
    limits: Arc<Limits>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, peer: SocketAddr, seat: Seat, router: Router, limits: Arc<Limits>) -> Self {
        Self { stream, peer, seat, router, limits }
    }

    /// Answers its requests until one of both sides has had enough.
    pub(super) async fn run(self, stop: CancellationToken) {
        let Self { stream, peer, seat, router, limits } = self;
        let activity = Arc::clone(&seat.activity);
        let service = service_fn({
            let (activity, limits, stopping) = (Arc::clone(&activity), Arc::clone(&limits), Stopping(stop.clone()));
            move |request: Request<Incoming>| {
                activity.asked();
                let mut request = request.map(|body| Body::new(Question::new(body, limits.body)));
                request.extensions_mut().insert(ConnectInfo(peer));
                // What is live says good-bye then, so that nobody waits for its end.
                request.extensions_mut().insert(stopping.clone());
                let (answered, mut router) = (Arc::clone(&activity), router.clone());
                let answering = router.call(request);
                async move { answering.await.map(|response| response.map(|body| Answer::new(body, answered))) }
            }
        });
        let socket = TokioIo::new(Socket { stream, activity: Arc::clone(&activity) });
        // Upgrades, for the page of the development mailbox.
        let connection = http1::Builder::new().max_buf_size(BUFFER).serve_connection(socket, service).with_upgrades();
        let mut connection = pin!(connection);
        let mut timer = pin!(sleep_until(Instant::now() + limits.header));
        let mut stopped = pin!(stop.cancelled());
        let mut dismissed = pin!(seat.leave.cancelled());
        let mut stopping = false;
        poll_fn(|context| {
            if dismissed.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            if !stopping && stopped.as_mut().poll(context).is_ready() {
                stopping = true;
                // Browsers open connections in advance and say nothing on them; nobody can wait for their end.
                if activity.need().is_some() {
                    return Poll::Ready(());
                }
                connection.as_mut().graceful_shutdown();
            }
            // An error is about the connection, and there is nobody whom it could be told.
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            // Whatever changed did so just now.
            let Some(deadline) = activity.deadline(&limits) else { return Poll::Pending };
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            timer.as_mut().poll(context)
        })
        .await;
    }
}

/// A socket that tells what goes over it.
struct Socket {
    stream: TcpStream,
    activity: Arc<Activity>,
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.activity.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.activity.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
