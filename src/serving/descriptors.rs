//! Open files: each connection is one, and when the system allows no more, nothing can be sent or recorded either.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the program opens besides connections: the log, listeners, pipes, files that are being read.
const OTHERS: usize = 64;

/// How many open files the system allows this process, as far as it says so.
#[must_use]
pub fn allowed() -> usize {
    let limit = getrlimit(Resource::Nofile);
    limit.current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}

/// Raises what is allowed to what may be asked for without further rights, and returns it.
pub fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
        if let Err(error) = raised {
            tracing::debug!(%error, "the limit of open files stays as it is");
        }
    }
    allowed()
}

/// How many of these HTTP may have, when so many are needed for PostgreSQL and mail servers.
#[must_use]
pub fn for_http(allowed: usize, needed: usize) -> usize {
    allowed.saturating_sub(needed + OTHERS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_leaves_enough_for_everything_else() {
        assert_eq!(for_http(1_024, 26), 934);
        assert_eq!(for_http(64, 26), 1);
        assert_eq!(for_http(usize::MAX, 26), usize::MAX - 90);
    }

    #[test]
    fn the_limit_of_open_files_is_raised_as_far_as_it_goes() {
        let raised = raise();
        assert_eq!(raised, allowed());
        assert_eq!(getrlimit(Resource::Nofile).current, getrlimit(Resource::Nofile).maximum);
    }
}
