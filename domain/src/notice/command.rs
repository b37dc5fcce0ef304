use super::Request;

/// What can be asked of a notice.
#[derive(Clone, Debug)]
pub enum Command {
    /// Send it.
    Request(Request),
}
